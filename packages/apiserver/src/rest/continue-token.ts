import { badRequest } from '../errors.ts';

/** Where a list goes on. */
export interface ContinueToken {
  /** -1: go on with whatever is there now. */
  readonly revision: number;
  /** The first key that may come, below the list's own prefix. */
  readonly start: string;
}

const VERSION = 'meta.k8s.io/v1';

/** Upstream's form: JSON in unpadded URL-safe base64, `start` being the last key sent with a zero byte behind it. */
export function writeToken({ revision, start }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision, start })).toString('base64url');
}

/** @throws {StatusError} 400 for a token that no server gave. */
export function readToken(text: string): ContinueToken {
  const bad = /[^\w-]/.exec(text);
  if (bad !== null) throw invalidToken(`illegal base64 data at input byte ${bad.index}`);
  if (text.length % 4 === 1) throw invalidToken(`illegal base64 data at input byte ${text.length - 1}`);
  const token = parse(Buffer.from(text, 'base64url').toString('utf8'));
  const version = typeof token['v'] === 'string' ? token['v'] : '';
  if (version !== VERSION) throw invalidToken(`server does not recognize this encoded version ${version}`);
  const revision = Number(token['rv'] ?? 0);
  if (revision === 0) throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`);
  const start = typeof token['start'] === 'string' ? token['start'] : '';
  if (start === '') throw invalidToken(`encoded start key empty (version ${VERSION})`);
  if (`/${start}`.split('/').some((part) => part === '.' || part === '..')) throw invalidToken(start);
  return { revision, start };
}

function parse(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as { [key: string]: unknown };
  } catch {
    const first = [...text.trimStart()][0];
    if (first === undefined) throw invalidToken('unexpected end of JSON input');
    if (first !== '{') throw invalidToken(`invalid character '${first}' looking for beginning of value`);
  }
  throw invalidToken('the token is not one that this server gave');
}

function invalidToken(why: string) {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
