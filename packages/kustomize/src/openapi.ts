import type { Loader } from './context.ts';
import type { MergeSchema } from './patch/merge-schema.ts';

/** Types that a kustomization's `openapi` adds to the built-in ones. */
export interface CustomSchema {
  readonly clusterScoped: ReadonlySet<string>;
  mergeSchema(apiVersion: string, kind: string): MergeSchema | undefined;
}

export function readCustomSchema(_openapi: Record<string, string>, _loader: Loader): CustomSchema | undefined {
  return undefined;
}
