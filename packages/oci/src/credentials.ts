/** How to log in to a registry. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  /** User and password, sent as Basic or exchanged for a token, as the registry asks. */
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token for the OAuth2 token endpoint (docker's `identitytoken`). */
  | { readonly kind: 'identity-token'; readonly token: string; readonly username?: string }
  /** A bearer token for the registry itself, sent as it is (docker's `registrytoken`). */
  | { readonly kind: 'registry-token'; readonly token: string };

/** What credentials are asked for: `registry` is `host[:port]` as in a parsed reference, `repository` without the host. */
export interface CredentialTarget {
  readonly registry: string;
  readonly repository?: string;
}

/** Finds credentials for a registry. Answers `anonymous` when it knows none; throws only when what it knows is broken. */
export interface Keychain {
  resolve(target: CredentialTarget): Promise<Credentials>;
}

/** No credentials. */
export const anonymous: Credentials = Object.freeze({ kind: 'anonymous' });

/** Never knows credentials. */
export const anonymousKeychain: Keychain = Object.freeze({ resolve: async () => anonymous });

/** Always answers the same credentials. */
export function staticKeychain(credentials: Credentials): Keychain {
  return { resolve: async () => credentials };
}

/** Asks keychains in order; the first that is not anonymous wins. */
export function multiKeychain(...keychains: readonly Keychain[]): Keychain {
  return {
    async resolve(target) {
      for (const keychain of keychains) {
        const credentials = await keychain.resolve(target);
        if (credentials.kind !== 'anonymous') return credentials;
      }
      return anonymous;
    },
  };
}

/**
 * Reads what `--creds` takes: `user:password` (split at the first colon), or, without a colon, a registry token.
 */
export function parseCredentials(text: string): Credentials {
  const colon = text.indexOf(':');
  if (colon < 0) return { kind: 'registry-token', token: text };
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
}
