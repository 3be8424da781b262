import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flattenMetadata, unflattenMetadata } from './flatten.ts';

test('unflattenMetadata reads what a file says of its keys', () => {
  const flat = {
    age__list_1__map_recipient: 'age1b',
    age__list_0__map_recipient: 'age1a',
    age__list_0__map_enc: 'first\\nsecond',
    kms__list_0__map_context__map_team: 'x',
    shamir_threshold: '2',
  };
  expect(unflattenMetadata(Object.entries(flat))).toEqual({
    age: [{ recipient: 'age1a', enc: 'first\nsecond' }, { recipient: 'age1b' }],
    kms: [{ context: { team: 'x' } }],
    shamir_threshold: '2',
  });
});

test('unflattenMetadata gives back what flattenMetadata took apart', () => {
  const key = fc.stringMatching(/^[a-z]{1,6}(_[a-z]{1,4})?$/).filter((name) => !/_(map|list)$/.test(name));
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string().filter((text) => !text.includes('\\n')),
      fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
      fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, node, { maxKeys: 5 }), (block) => {
      expect(unflattenMetadata(flattenMetadata(block))).toEqual(block);
    }),
  );
});

test.each([
  [['a', 'a__map_b']],
  [['a__map_b', 'a']],
  [['a__list_0', 'a__map_b']],
  [['a__list_x']],
  [['a__list_-1']],
  [['a__list_0', 'a__list_0__map_b']],
])('unflattenMetadata refuses what contradicts itself: %j', (keys) => {
  expect(() => unflattenMetadata(keys.map((key) => [key, '']))).toThrow('flattened metadata contradicts itself');
});

test('unflattenMetadata builds no large lists, and no prototypes', () => {
  expect(() => unflattenMetadata([['a__list_4000000000', '']])).toThrow('more than 200 keys');
  const block = unflattenMetadata([
    ['__proto__', 'x'],
    ['a__map___proto__', 'y'],
  ]);
  expect(Object.getPrototypeOf(block)).toBeNull();
  expect(Object.keys(block)).toContain('__proto__');
});
