import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createBlake3 } from './blake3.ts';
import { ArtifactError } from './errors.ts';
import { quote } from './go-text.ts';

/** Algorithms that an artifact's digest may have. */
export type DigestAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'blake3';

/** A running digest. */
export interface Hasher {
  update(chunk: Uint8Array): void;
  /** `<algorithm>:<hex>`. */
  digest(): string;
}

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = {
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
  blake3: 64,
};

/** Names of {@link DigestAlgorithm}, for flags. */
export const digestAlgorithms = Object.keys(hexLengths) as readonly DigestAlgorithm[];

/** Starts a digest. */
export function createHasher(algorithm: DigestAlgorithm): Hasher {
  if (algorithm === 'blake3') {
    const state = createBlake3();
    return {
      update: (chunk) => state.update(chunk),
      digest: () => `blake3:${Buffer.from(state.digest()).toString('hex')}`,
    };
  }
  const hash = createHash(algorithm);
  return {
    update: (chunk) => {
      hash.update(chunk);
    },
    digest: () => `${algorithm}:${hash.digest('hex')}`,
  };
}

/** `<algorithm>:<hex>` of bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): string {
  const hasher = createHasher(algorithm);
  hasher.update(bytes);
  return hasher.digest();
}

/** `<algorithm>:<hex>` of a file, read in chunks. */
export async function digestOfFile(
  path: string,
  algorithm: DigestAlgorithm = 'sha256',
  signal?: AbortSignal,
): Promise<string> {
  const hasher = createHasher(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024, signal }))
    hasher.update(chunk as Buffer);
  return hasher.digest();
}

/** A digest taken apart. */
export interface ParsedDigest {
  readonly algorithm: DigestAlgorithm;
  readonly hex: string;
}

/**
 * Takes a digest apart; without `algorithm:` it is a SHA-256 of older artifacts.
 *
 * @throws {ArtifactError} `DIGEST_EMPTY`, `DIGEST_INVALID`
 */
export function parseDigest(text: string): ParsedDigest {
  if (text === '') throw new ArtifactError('DIGEST_EMPTY', 'empty digest');
  const colon = text.indexOf(':');
  const algorithm = colon < 0 ? 'sha256' : text.slice(0, colon);
  const hex = text.slice(colon + 1);
  const length = Object.hasOwn(hexLengths, algorithm) ? hexLengths[algorithm as DigestAlgorithm] : undefined;
  if (length === undefined) {
    const why = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*$/.test(algorithm)
      ? 'unsupported digest algorithm'
      : 'invalid checksum digest format';
    throw new ArtifactError('DIGEST_INVALID', `failed to parse digest '${text}': ${why}`);
  }
  if (hex.length !== length) {
    throw new ArtifactError('DIGEST_INVALID', `failed to parse digest '${text}': invalid checksum digest length`);
  }
  if (!/^[0-9a-f]+$/.test(hex)) {
    throw new ArtifactError('DIGEST_INVALID', `failed to parse digest '${text}': invalid checksum digest format`);
  }
  return { algorithm: algorithm as DigestAlgorithm, hex };
}

/**
 * Reads the name of an algorithm, as a flag carries it.
 *
 * @throws {ArtifactError} `DIGEST_INVALID`
 */
export function parseDigestAlgorithm(name: string): DigestAlgorithm {
  if (Object.hasOwn(hexLengths, name)) return name as DigestAlgorithm;
  throw new ArtifactError(
    'DIGEST_INVALID',
    `unsupported digest algorithm ${quote(name)}, must be one of ${digestAlgorithms.join(', ')}`,
  );
}
