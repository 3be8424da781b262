import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { asArray, asObject, asString, parseJsonBody } from '../json.ts';
import type { Store } from '../storage/store.ts';
import type { Clock, JsonObject, UserInfo } from '../types.ts';

/** Issuer of the tokens, and their audience unless another is asked for. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

const ADMIN: UserInfo = { username: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Who a token belongs to, and for which of the asked audiences; or why it is none. */
export type TokenAnswer =
  | { readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly error: string };

export interface TokenOrder {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly seconds: number;
  /** What the token dies with, besides its account: kind in lower case, name and uid (none of a node that is gone). */
  readonly bound: readonly { readonly kind: string; readonly name: string; readonly uid: string | undefined }[];
}

/** Tokens of the server: the admin's, and JWTs of service accounts. */
export interface Tokens {
  answer(token: string, audiences?: readonly string[]): TokenAnswer;
  issue(order: TokenOrder): string;
}

export function createTokens(admin: string, store: Store, clock: Clock): Tokens {
  const sign = (text: string) => createHmac('sha256', admin).update(text).digest('base64url');
  const seconds = () => Math.floor(clock().getTime() / 1000);
  return {
    answer(token, audiences = [ISSUER]) {
      if (equalTexts(token, admin)) return { user: ADMIN, audiences };
      const [head = '', payload = '', proof = '', ...rest] = token.split('.');
      const claims = rest.length > 0 || proof === '' ? {} : claimsOf(payload);
      if (claims['iss'] !== ISSUER) return { error: 'invalid bearer token' };
      if (!equalTexts(proof, sign(`${head}.${payload}`)))
        return { error: '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]' };
      if (Number(claims['exp']) < seconds()) return { error: '[invalid bearer token, token has expired]' };
      const given = asArray(claims['aud']).map(asString);
      const common = audiences.filter((audience) => given.includes(audience));
      if (common.length === 0) {
        const why = `token audiences [${quoted(given)}] is invalid for the target audiences [${quoted(audiences)}]`;
        return { error: `[invalid bearer token, ${why}]` };
      }
      const holder = holderOf(store, claims);
      return typeof holder === 'string'
        ? { error: `[invalid bearer token, ${holder}]` }
        : { user: holder, audiences: common };
    },
    issue({ namespace, name, uid, audiences, seconds: lasts, bound }) {
      const now = seconds();
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${part({ alg: 'HS256', kid: 'fluvial' })}.${part({
        aud: audiences,
        exp: now + lasts,
        iat: now,
        iss: ISSUER,
        jti: randomUUID(),
        'kubernetes.io': {
          namespace,
          ...Object.fromEntries(bound.map(({ kind, name: of, uid: id }) => [kind, { name: of, uid: id }])),
          serviceaccount: { name, uid },
        },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${name}`,
      })}`;
      return `${text}.${sign(text)}`;
    },
  };
}

function claimsOf(payload: string): JsonObject {
  try {
    return asObject(parseJsonBody(Buffer.from(payload, 'base64url').toString('utf8')));
  } catch {
    return {};
  }
}

const INVALIDATED = 'service account token has been invalidated';

/** The account of a token while it is the same one that the token was made for; or why it is not. */
function holderOf(store: Store, claims: JsonObject): UserInfo | string {
  const about = asObject(claims['kubernetes.io']);
  const namespace = asString(about['namespace']);
  const { name, uid } = asObject(about['serviceaccount']);
  const account = store.bucket('/serviceaccounts').get(`${namespace}/${asString(name)}`)?.object;
  if (account === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (account.metadata.uid !== uid)
    return `service account UID (${account.metadata.uid}) does not match claim (${asString(uid)})`;
  const extra: { [key: string]: string[] } = {
    'authentication.kubernetes.io/credential-id': [`JTI=${asString(claims['jti'])}`],
  };
  for (const kind of ['secret', 'pod', 'node']) {
    const bound = about[kind] === undefined ? undefined : asObject(about[kind]);
    if (bound === undefined) continue;
    const [of, id] = [asString(bound['name']), asString(bound['uid'])];
    // The node of a pod says where it was, no more.
    if (kind !== 'node' || about['pod'] === undefined) {
      const found = store.bucket(`/${kind}s`).get(kind === 'node' ? of : `${namespace}/${of}`)?.object;
      if (found === undefined) return INVALIDATED;
      if (found.metadata.uid !== id)
        return `${kind} UID (${found.metadata.uid}) does not match service account ${kind} ref claim (${id})`;
    }
    if (kind === 'secret') continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [of];
    if (id !== '') extra[`authentication.kubernetes.io/${kind}-uid`] = [id];
  }
  return { ...serviceAccount(namespace, asString(name)), uid: asString(uid), extra };
}

export function serviceAccount(namespace: string, name: string): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(' ');
}

function equalTexts(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
