import type { TokenCacheMetrics, TokenUse } from '@fluvial/runtime';

/** Something that lets one in for a time. */
export interface Expiring {
  /** Milliseconds of the wall clock. */
  readonly expiresAt: number;
}

/** An access token and when it ends. */
export interface AccessToken extends Expiring {
  readonly token: string;
}

/** Access tokens by what they are for. One that is asked for by many is fetched once. */
export interface TokenCache {
  /**
   * @param key names everything that shapes the token: the same key always holds the same type
   * @param options.refresh the last one was refused
   */
  get<T extends Expiring>(
    key: string,
    fetch: () => Promise<T>,
    options: { readonly use: TokenUse; readonly refresh?: boolean },
  ): Promise<T>;
  /** Forgets what was counted for an object that is gone. */
  forgetObject(object: Omit<TokenUse, 'operation'>): void;
}

export interface TokenCacheOptions {
  /** 0 keeps none. */
  readonly maxSize: number;
  readonly maxAgeMs: number;
  readonly now: () => number;
  /** Default: nothing is counted; nor is it where none are kept. */
  readonly metrics?: TokenCacheMetrics | undefined;
}

/** A token is used for this part of its life: who gets it has time left to use it. */
const usedShare = 0.8;

export function createTokenCache({ maxSize, maxAgeMs, now, metrics }: TokenCacheOptions): TokenCache {
  const tokens = new Map<string, { readonly token: Expiring; readonly until: number }>();
  const fetches = new Map<string, Promise<Expiring>>();
  const counted = maxSize > 0 ? metrics : undefined;

  function keep(key: string, token: Expiring, startedAt: number): void {
    tokens.delete(key);
    if (maxSize === 0) return;
    const lifeMs = Math.max(0, token.expiresAt - startedAt);
    tokens.set(key, { token, until: startedAt + Math.min(lifeMs * usedShare, maxAgeMs) });
    if (tokens.size > maxSize) {
      tokens.delete(tokens.keys().next().value as string);
      counted?.evicted();
    }
    counted?.kept(tokens.size);
  }

  async function fetchAndKeep(key: string, fetch: () => Promise<Expiring>): Promise<Expiring> {
    const startedAt = now();
    try {
      const token = await fetch();
      keep(key, token, startedAt);
      counted?.requested('success');
      return token;
    } catch (error) {
      counted?.requested('failure');
      throw error;
    } finally {
      fetches.delete(key);
    }
  }

  async function find(
    key: string,
    fetch: () => Promise<Expiring>,
    { use, refresh = false }: { readonly use: TokenUse; readonly refresh?: boolean },
  ): Promise<Expiring> {
    const known = tokens.get(key);
    if (known && !refresh && now() < known.until) {
      // The map's order is that of the last use.
      tokens.delete(key);
      tokens.set(key, known);
      counted?.used('cache_hit', use);
      counted?.requested('success');
      return known.token;
    }
    counted?.used('cache_miss', use);
    let running = fetches.get(key);
    if (running === undefined) {
      running = fetchAndKeep(key, fetch);
      fetches.set(key, running);
    }
    return running;
  }

  return {
    // What a key holds is what its own fetch gave.
    get: find as TokenCache['get'],
    forgetObject: (object) => metrics?.forgetObject(object),
  };
}
