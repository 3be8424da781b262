import type { KubeClient, KubeObject } from '@fluvial/kube';
import { messageOf } from './errors.ts';
import type { AccessToken } from './token-cache.ts';

/** No token for an account; the message is the user's. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

const tokenSeconds = 3600;

/** A ServiceAccount of the cluster that the controller runs in. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/**
 * A token that the cluster makes out for an account and for whoever is to take it.
 *
 * @throws {TokenError} the cluster gives none
 */
export async function requestToken(
  { namespace, name }: Account,
  audiences: readonly string[],
  { kube, now }: { readonly kube: KubeClient; readonly now: () => number },
): Promise<AccessToken> {
  const response = await kube.request({
    method: 'POST',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences, expirationSeconds: tokenSeconds },
    },
  });
  const answer = response.json() as { message?: string; status?: { token?: string; expirationTimestamp?: string } };
  const token = answer.status?.token;
  if (response.status >= 300 || !token) {
    throw new TokenError(
      `failed to create a token for ServiceAccount '${namespace}/${name}': ${answer.message ?? `status ${response.status}`}`,
    );
  }
  const end = Date.parse(answer.status?.expirationTimestamp ?? '');
  return { token, expiresAt: Number.isNaN(end) ? now() + tokenSeconds * 1000 : end };
}

/**
 * The ServiceAccount that the controller runs as.
 *
 * @param remedy what to do when it runs as none
 * @throws {TokenError}
 */
export async function ownAccount(kube: KubeClient, signal: AbortSignal, remedy: string): Promise<Account> {
  let review: KubeObject;
  try {
    review = await kube.create(
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } },
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    throw new TokenError(`failed to learn the controller's own ServiceAccount: ${messageOf(error)}`, { cause: error });
  }
  const { userInfo } = (review['status'] ?? {}) as { userInfo?: { username?: string } };
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userInfo?.username ?? '') ?? [];
  if (!namespace || !name) {
    throw new TokenError(`the controller does not run as a ServiceAccount: ${remedy}`);
  }
  return { namespace, name };
}
