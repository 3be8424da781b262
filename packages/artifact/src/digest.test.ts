import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createHasher, digestOf, parseDigest, parseDigestAlgorithm } from './digest.ts';

// Input: the bytes 0, 1, …, 250, 0, 1, … of this length. Answers: the BLAKE3 specification's test vectors.
const blake3Vectors: readonly (readonly [number, string])[] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [2048, 'e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a'],
  [2049, '5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030'],
  [102400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
];

describe('digestOf', () => {
  test.each(blake3Vectors)('blake3 of %i bytes', (length, hex) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
    expect(digestOf(bytes, 'blake3')).toBe(`blake3:${hex}`);
    const hasher = createHasher('blake3');
    for (let at = 0; at < length; at += 700) hasher.update(bytes.subarray(at, at + 700));
    expect(hasher.digest()).toBe(`blake3:${hex}`);
  });

  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('%s', (algorithm) => {
    expect(digestOf(Buffer.from('abc'), algorithm)).toBe(
      `${algorithm}:${createHash(algorithm).update('abc').digest('hex')}`,
    );
  });
});

describe('parseDigest', () => {
  const hex = 'a'.repeat(64);
  test('takes algorithm and hex, SHA-256 without a prefix', () => {
    expect(parseDigest(`sha256:${hex}`)).toEqual({ algorithm: 'sha256', hex });
    expect(parseDigest(hex)).toEqual({ algorithm: 'sha256', hex });
    expect(parseDigest(`sha512:${hex}${hex}`).algorithm).toBe('sha512');
  });
  test.each([
    ['', 'empty digest'],
    ['md5:abc', "failed to parse digest 'md5:abc': unsupported digest algorithm"],
    ['__proto__:abc', "failed to parse digest '__proto__:abc': invalid checksum digest format"],
    ['sha256:abc', "failed to parse digest 'sha256:abc': invalid checksum digest length"],
    [`sha256:${'G'.repeat(64)}`, 'invalid checksum digest format'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseDigest(text)).toThrow(message);
  });
  test('parseDigestAlgorithm names the choices', () => {
    expect(parseDigestAlgorithm('blake3')).toBe('blake3');
    expect(() => parseDigestAlgorithm('md5')).toThrow(
      'unsupported digest algorithm "md5", must be one of sha1, sha256',
    );
  });
});
