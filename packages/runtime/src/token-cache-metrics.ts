import { Counter, Gauge, type Registry } from 'prom-client';

/** The object that a token is for, and what it is for. */
export interface TokenUse {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Such as `fetch_kubeconfig` or `decrypt_with_aws`. */
  readonly operation: string;
}

/** What a cache of access tokens counts; names and labels as Flux's. */
export interface TokenCacheMetrics {
  /** Somebody asked for a token that was there, or was not. */
  used(event: 'cache_hit' | 'cache_miss', use: TokenUse): void;
  /** The request was answered with a token, or could not be. */
  requested(status: 'success' | 'failure'): void;
  /** A token made room for another one. */
  evicted(): void;
  /** Tokens that are kept now. */
  kept(count: number): void;
  /** Drops the series of an object that is gone. */
  forgetObject(object: Omit<TokenUse, 'operation'>): void;
}

export function createTokenCacheMetrics(registry: Registry): TokenCacheMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'gotk_token_cache_events_total',
    help: 'Tokens that an object asked the cache for, by whether they were there.',
    labelNames: ['event_type', 'kind', 'name', 'namespace', 'operation'],
    registers,
  });
  const items = new Gauge({ name: 'gotk_token_cached_items', help: 'Tokens that are cached.', registers });
  const requests = new Counter({
    name: 'gotk_token_cache_requests_total',
    help: 'Requests to the cache of tokens, by outcome.',
    labelNames: ['status'],
    registers,
  });
  const evictions = new Counter({
    name: 'gotk_token_cache_evictions_total',
    help: 'Tokens that made room in the cache for others.',
    registers,
  });
  /** Operations of each object: what has to be dropped with it. */
  const operations = new Map<string, Set<string>>();
  const idOf = ({ kind, namespace, name }: Omit<TokenUse, 'operation'>) => `${kind}/${namespace}/${name}`;

  return {
    used(event_type, { kind, name, namespace, operation }) {
      const id = idOf({ kind, name, namespace });
      const known = operations.get(id) ?? new Set();
      operations.set(id, known.add(operation));
      events.inc({ event_type, kind, name, namespace, operation });
    },
    requested: (status) => requests.inc({ status }),
    evicted: () => evictions.inc(),
    kept: (count) => items.set(count),
    forgetObject({ kind, name, namespace }) {
      const id = idOf({ kind, name, namespace });
      for (const operation of operations.get(id) ?? []) {
        for (const event_type of ['cache_hit', 'cache_miss'])
          events.remove({ event_type, kind, name, namespace, operation });
      }
      operations.delete(id);
    },
  };
}
