import type { HttpOptions, Session } from './session.ts';

/** One small story, told to both servers: what the session records must be equal. */
export interface Case {
  /** Unique in its group. */
  readonly name: string;
  run(session: Session): Promise<void>;
}

export interface Group {
  readonly name: string;
  readonly cases: readonly Case[];
  /** Its cases touch what others see (cluster-wide objects of fixed names): they run one after the other, alone. */
  readonly serial?: boolean;
}

/** `[method, path, body, options]`: see `Session.http`. */
export type Exchange = readonly [method: string, path: string, body?: unknown, options?: HttpOptions];

/** A case that is nothing but requests, one after the other. */
export function exchange(name: string, requests: readonly Exchange[]): Case {
  return {
    name,
    async run(session) {
      for (const [method, path, body, options] of requests) {
        await session.http(method, path, { ...options, ...(body === undefined ? {} : { body }) });
      }
    },
  };
}

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';
export const YAML = 'application/yaml';
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
export const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
