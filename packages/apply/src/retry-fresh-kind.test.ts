import { ApiError, KubeError } from '@fluvial/kube';
import { describe, expect, test } from 'vitest';
import { retryFreshKind } from './retry-fresh-kind.ts';

describe('retryFreshKind', () => {
  test.each([
    new KubeError('NO_MATCH', 'no matches for kind "Thing"'),
    new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' }),
  ])('tries again: %s', async (error) => {
    let left = 2;
    expect(await retryFreshKind(() => (left-- > 0 ? Promise.reject(error) : Promise.resolve('served')))).toBe('served');
  });

  test('an object that is missing, and anything else, is an answer', async () => {
    const missing = new ApiError({
      code: 404,
      reason: 'NotFound',
      message: 'x',
      details: { name: 'a', kind: 'things' },
    });
    await expect(retryFreshKind(() => Promise.reject(missing))).rejects.toBe(missing);
  });
});
