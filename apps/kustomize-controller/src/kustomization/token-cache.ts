/** An access token and when it ends, milliseconds of the wall clock. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** Access tokens by what they are for. One that is asked for by many is fetched once. */
export interface TokenCache {
  /** @param refresh the last one was refused */
  get(key: string, fetch: () => Promise<AccessToken>, options?: { refresh?: boolean }): Promise<AccessToken>;
}

export interface TokenCacheOptions {
  /** 0 keeps none. */
  readonly maxSize: number;
  readonly maxAgeMs: number;
  readonly now: () => number;
}

/** A token is used for this part of its life: who gets it has time left to use it. */
const usedShare = 0.8;

export function createTokenCache({ maxSize, maxAgeMs, now }: TokenCacheOptions): TokenCache {
  const tokens = new Map<string, { readonly token: AccessToken; readonly until: number }>();
  const fetches = new Map<string, Promise<AccessToken>>();

  async function fetchAndKeep(key: string, fetch: () => Promise<AccessToken>): Promise<AccessToken> {
    const startedAt = now();
    const token = await fetch();
    tokens.delete(key);
    if (maxSize > 0) {
      const lifeMs = Math.max(0, token.expiresAt - startedAt);
      tokens.set(key, { token, until: startedAt + Math.min(lifeMs * usedShare, maxAgeMs) });
      if (tokens.size > maxSize) tokens.delete(tokens.keys().next().value as string);
    }
    return token;
  }

  return {
    async get(key, fetch, { refresh = false } = {}) {
      const known = tokens.get(key);
      if (known && !refresh && now() < known.until) {
        // The map's order is that of the last use.
        tokens.delete(key);
        tokens.set(key, known);
        return known.token;
      }
      const running = fetches.get(key);
      if (running) return running;
      const mine = fetchAndKeep(key, fetch).finally(() => fetches.delete(key));
      fetches.set(key, mine);
      return mine;
    },
  };
}
