import { createHash, type Hash } from 'node:crypto';
import type { Digest } from './descriptor.ts';
import { OciError } from './errors.ts';

const lengths: Readonly<Record<string, number>> = Object.freeze({ sha256: 64, sha512: 128 });

/** Digest of bytes, `sha256:<hex>`. */
export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Tells whether a text is a digest of a kind that can be verified: sha256 or sha512, in lower-case hex. */
export function isDigest(text: unknown): text is Digest {
  if (typeof text !== 'string') return false;
  const match = /^(sha256|sha512):([0-9a-f]+)$/.exec(text);
  return match !== null && match[2]!.length === lengths[match[1]!];
}

/**
 * Starts the hash that a digest names.
 *
 * @throws {OciError} `DIGEST_INVALID`
 */
export function hashOf(digest: Digest): { algorithm: string; hash: Hash } {
  if (!isDigest(digest)) throw new OciError('DIGEST_INVALID', `unsupported digest: ${String(digest).slice(0, 200)}`);
  const algorithm = digest.slice(0, digest.indexOf(':'));
  return { algorithm, hash: createHash(algorithm) };
}

/** Digest of bytes by the algorithm of another digest. */
export function digestLike(bytes: Uint8Array, digest: Digest): Digest {
  const { algorithm, hash } = hashOf(digest);
  return `${algorithm}:${hash.update(bytes).digest('hex')}`;
}
