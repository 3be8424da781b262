import type { OCIRepository } from '@fluvial/api';
import { describe, expect, test } from 'vitest';
import { mustVerify, planFetch } from './plan-fetch.ts';

type Spec = OCIRepository['spec'];
type Status = NonNullable<OCIRepository['status']>;
const spec = (more: Partial<Spec> = {}): Spec => ({ interval: '1m', url: 'oci://x/y', ...more }) as Spec;
const stored = (more: Partial<Status> = {}): Status => ({ artifact: { revision: 'a@1' }, ...more }) as Status;

describe('planFetch', () => {
  test.each([
    ['no artifact', spec(), {}, { step: 'fetch', why: 'no-artifact' }],
    ['the same revision', spec(), stored(), { step: 'keep' }],
    [
      'another revision',
      spec(),
      stored({ artifact: { revision: 'b@2' } } as Partial<Status>),
      { step: 'fetch', why: 'new-revision' },
    ],
    ['new ignore rules', spec({ ignore: 'x' }), stored(), { step: 'fetch', why: 'new-rules' }],
    ['ignore rules gone', spec(), stored({ observedIgnore: 'x' }), { step: 'fetch', why: 'new-rules' }],
    ['empty rules where there were none', spec({ ignore: '' }), stored(), { step: 'fetch', why: 'new-rules' }],
    ['the same rules', spec({ ignore: 'x' }), stored({ observedIgnore: 'x' }), { step: 'keep' }],
    [
      'another operation',
      spec({ layerSelector: { operation: 'copy' } }),
      stored({ observedLayerSelector: { operation: 'extract' } }),
      { step: 'fetch', why: 'new-rules' },
    ],
    [
      'the same selector',
      spec({ layerSelector: { mediaType: 'm' } }),
      stored({ observedLayerSelector: { mediaType: 'm' } }),
      { step: 'keep' },
    ],
    ['a selector where there was none', spec({ layerSelector: {} }), stored(), { step: 'fetch', why: 'new-rules' }],
  ])('%s', (_, wanted, status, plan) => {
    expect(planFetch(wanted, status as Status, 'a@1')).toEqual(plan);
  });
});

describe('mustVerify', () => {
  const object = (condition: Record<string, unknown> | undefined, revision = 'a@1'): OCIRepository =>
    ({
      metadata: { name: 'x', generation: 2 },
      spec: spec({ verify: { provider: 'cosign' } }),
      status: {
        artifact: { revision },
        conditions: condition === undefined ? [] : [{ type: 'SourceVerified', ...condition }],
      },
    }) as unknown as OCIRepository;
  test.each([
    ['never verified', object(undefined), true],
    ['verified at this generation', object({ status: 'True', observedGeneration: 2 }), false],
    ['verified at an older generation', object({ status: 'True', observedGeneration: 1 }), true],
    ['failed before', object({ status: 'False', observedGeneration: 2 }), true],
    ['another revision', object({ status: 'True', observedGeneration: 2 }, 'b@2'), true],
  ])('%s', (_, wanted, expected) => {
    expect(mustVerify(wanted, 'a@1')).toBe(expected);
  });
});
