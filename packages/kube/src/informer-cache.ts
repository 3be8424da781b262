import { createInformer } from './create-informer.ts';
import type { Informer, InformerOptions, InformerProblem } from './informer.ts';
import type { KubeClient } from './kube-client.ts';
import type { KindRef, KubeObject } from './types.ts';

/** What tells two informers apart. */
export type InformerScope = Pick<InformerOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;

/**
 * Shares informers: one per kind, namespace, selector and form, however many ask for it. Each starts when first asked
 * for and ends with the cache.
 */
export interface InformerCache {
  /** The shared informer, started. Options other than the scope count for the first who asks. */
  informer<T extends KubeObject = KubeObject>(kind: KindRef, options?: InformerOptions<T>): Informer<T>;
  /** The informer if somebody has asked for it before. */
  existing<T extends KubeObject = KubeObject>(kind: KindRef, scope?: InformerScope): Informer<T> | undefined;
  /** Resolves when all informers there are have their first list. */
  synced(): Promise<void>;
  readonly size: number;
  /** Ends all of them. */
  stop(): void;
}

/** `signal` ends the cache as `stop` does. `onProblem` is told the problems of all informers. */
export function createInformerCache(
  client: KubeClient,
  options: {
    signal?: AbortSignal;
    /** Used where the one who asks sets nothing. */
    defaults?: Omit<InformerOptions, 'transform' | 'indexes'>;
    onProblem?: (kind: KindRef, problem: InformerProblem) => void;
  } = {},
): InformerCache {
  const informers = new Map<string, Informer<KubeObject>>();
  const ended = new AbortController();
  const signal = options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal]);
  return {
    informer<T extends KubeObject>(kind: KindRef, own: InformerOptions<T> = {}): Informer<T> {
      const key = scopeKey(kind, { ...options.defaults, ...own });
      const found = informers.get(key);
      if (found !== undefined) return found as unknown as Informer<T>;
      const ref = { apiVersion: kind.apiVersion, kind: kind.kind };
      const made = createInformer<T>(client, ref, {
        ...(options.defaults as InformerOptions<T> | undefined),
        ...own,
        onProblem: (problem) => {
          options.onProblem?.(ref, problem);
          own.onProblem?.(problem);
        },
      });
      informers.set(key, made as unknown as Informer<KubeObject>);
      made.start(signal);
      return made;
    },
    existing<T extends KubeObject>(kind: KindRef, scope: InformerScope = {}): Informer<T> | undefined {
      return informers.get(scopeKey(kind, { ...options.defaults, ...scope })) as unknown as Informer<T> | undefined;
    },
    async synced(): Promise<void> {
      await Promise.all([...informers.values()].map((informer) => informer.synced));
    },
    get size() {
      return informers.size;
    },
    stop() {
      ended.abort(new Error('the informer cache was stopped'));
    },
  };
}

function scopeKey(kind: KindRef, scope: InformerScope): string {
  const { namespace = '', labelSelector = '', fieldSelector = '', metadataOnly = false } = scope;
  return [kind.apiVersion, kind.kind, namespace, labelSelector, fieldSelector, metadataOnly].join('\n');
}
