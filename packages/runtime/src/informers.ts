import { createInformer, type Informer, type InformerProblem, type KubeClient, type KubeObject } from '@fluvial/kube';
import type { KindRef, Lister } from './controller.ts';

/** What tells one informer from another of the same kind. */
export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly metadataOnly?: boolean;
}

export interface SharedInformersOptions {
  readonly kube: KubeClient;
  /** Freezes cached objects, so that a write to the cache throws. Default false: it costs time on every change. */
  readonly freeze?: boolean;
  readonly onProblem?: (kind: KindRef, problem: InformerProblem) => void;
}

/** One informer per kind and scope for everything in the process. */
export class SharedInformers {
  readonly #options: SharedInformersOptions;
  readonly #informers = new Map<
    string,
    { readonly kind: KindRef; readonly scope: InformerScope; readonly informer: Informer }
  >();
  #signal: AbortSignal | undefined;

  constructor(options: SharedInformersOptions) {
    this.#options = options;
  }

  /** The informer of a kind, made on first use and started at once when the others have been. */
  of<T extends KubeObject = KubeObject>(kind: KindRef, scope: InformerScope = {}): Informer<T> {
    const id = `${kind.apiVersion}|${kind.kind}|${scope.namespace ?? ''}|${scope.labelSelector ?? ''}|${scope.metadataOnly ?? false}`;
    let shared = this.#informers.get(id);
    if (shared === undefined) {
      const informer = createInformer(this.#options.kube, kind, {
        ...scope,
        stripManagedFields: true,
        freeze: this.#options.freeze ?? false,
        onProblem: (problem) => this.#options.onProblem?.(kind, problem),
      });
      shared = { kind, scope, informer };
      this.#informers.set(id, shared);
      if (this.#signal) informer.start(this.#signal);
    }
    return shared.informer as unknown as Informer<T>;
  }

  /** Any whole-object informer of the kind that exists already, the widest first. */
  find<T extends KubeObject = KubeObject>(kind: KindRef): Informer<T> | undefined {
    let best: { scope: InformerScope; informer: Informer } | undefined;
    for (const shared of this.#informers.values()) {
      if (shared.kind.apiVersion !== kind.apiVersion || shared.kind.kind !== kind.kind || shared.scope.metadataOnly)
        continue;
      if (best === undefined || width(shared.scope) < width(best.scope)) best = shared;
    }
    return best?.informer as unknown as Informer<T> | undefined;
  }

  /** Starts all informers, also those that are made later; they end with the signal. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const { informer } of this.#informers.values()) informer.start(signal);
  }

  /** Resolves when every informer known now has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(({ informer }) => informer.synced));
  }
}

function width(scope: InformerScope): number {
  return (scope.namespace ? 1 : 0) + (scope.labelSelector ? 1 : 0);
}

/** Narrows an informer to what a reconcile may see of it. */
export function listerOf<T extends KubeObject>(informer: Informer<T>): Lister<T> {
  return {
    get: (namespace, name) => informer.get(namespace === '' ? undefined : namespace, name),
    list: () => informer.list(),
    byIndex: (index, value) => informer.byIndex(index, value),
  };
}
