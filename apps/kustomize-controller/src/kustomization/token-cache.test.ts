import { describe, expect, test } from 'vitest';
import { createTokenCache } from './token-cache.ts';

function setUp(maxSize = 2, maxAgeMs = 3_600_000) {
  let time = 0;
  let fetched = 0;
  const cache = createTokenCache({ maxSize, maxAgeMs, now: () => time });
  return {
    at(ms: number) {
      time = ms;
    },
    get: (key: string, lifeMs = 1000, refresh = false) =>
      cache
        .get(
          key,
          async () => {
            fetched += 1;
            return { token: `${key}${fetched}`, expiresAt: time + lifeMs };
          },
          { refresh },
        )
        .then(({ token }) => token),
  };
}

describe('createTokenCache', () => {
  test('keeps a token for four fifths of its life', async () => {
    const { get, at } = setUp();
    expect(await get('a')).toBe('a1');
    at(799);
    expect(await get('a')).toBe('a1');
    at(800);
    expect(await get('a')).toBe('a2');
  });

  test('keeps none longer than the operator allows', async () => {
    const { get, at } = setUp(2, 100);
    expect(await get('a')).toBe('a1');
    at(100);
    expect(await get('a')).toBe('a2');
  });

  test('fetches once for all who ask, and again for one that was refused', async () => {
    const { get } = setUp();
    expect(await Promise.all([get('a'), get('a')])).toEqual(['a1', 'a1']);
    expect(await get('a', 1000, true)).toBe('a2');
  });

  test('drops the one unused for longest', async () => {
    const { get } = setUp();
    await get('a');
    await get('b');
    await get('a');
    await get('c');
    expect([await get('a'), await get('b')]).toEqual(['a1', 'b4']);
  });

  test('keeps none at size 0', async () => {
    const { get } = setUp(0);
    expect([await get('a'), await get('a')]).toEqual(['a1', 'a2']);
  });
});
