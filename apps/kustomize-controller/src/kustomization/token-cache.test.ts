import { createMetrics } from '@fluvial/runtime';
import { describe, expect, test } from 'vitest';
import { createTokenCache } from './token-cache.ts';

function setUp(maxSize = 2, maxAgeMs = 3_600_000) {
  let time = 0;
  let fetched = 0;
  const { registry, tokenCache } = createMetrics();
  const cache = createTokenCache({ maxSize, maxAgeMs, now: () => time, metrics: tokenCache() });
  const owner = { kind: 'Kustomization', name: 'app', namespace: 'ns' };
  const use = { ...owner, operation: 'decrypt_with_aws' };
  return {
    owner,
    forget: () => cache.forgetObject(owner),
    fail: (key: string) => cache.get(key, () => Promise.reject(new Error('refused')), { use }),
    async metrics() {
      const text = await registry.metrics();
      return text.split('\n').filter((line) => /^gotk_token/.test(line));
    },
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
          { refresh, use },
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

  test('counts what was asked for, by whom, and forgets who is gone', async () => {
    const { get, fail, forget, metrics } = setUp();
    await get('a');
    await get('a');
    await get('b');
    await get('c');
    await expect(fail('d')).rejects.toThrow('refused');
    const labels = 'kind="Kustomization",name="app",namespace="ns",operation="decrypt_with_aws"';
    const totals = [
      'gotk_token_cached_items 2',
      'gotk_token_cache_requests_total{status="success"} 4',
      'gotk_token_cache_requests_total{status="failure"} 1',
      'gotk_token_cache_evictions_total 1',
    ];
    expect(await metrics()).toEqual([
      `gotk_token_cache_events_total{event_type="cache_miss",${labels}} 4`,
      `gotk_token_cache_events_total{event_type="cache_hit",${labels}} 1`,
      ...totals,
    ]);
    forget();
    expect(await metrics()).toEqual(totals);
  });
});
