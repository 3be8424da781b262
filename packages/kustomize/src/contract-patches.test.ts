import { describe, expect, test } from 'vitest';
import { type Files, failure, indent, yaml } from './testing/builds.ts';

// What the contract says of patches, line by line.

describe('strategic merge', () => {
  const pod = (text: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n${indent(text, 2)}\n`;
  const merged = (base: string, patch: string): string => {
    const files = {
      'kustomization.yaml': 'resources: [x.yaml]\npatches: [{path: p.yaml}]\n',
      'x.yaml': pod(base),
      'p.yaml': pod(patch),
    };
    const text = yaml(files);
    return text
      .slice(text.indexOf('spec:') + 6)
      .replaceAll(/^ {2}/gm, '')
      .trimEnd();
  };

  test.each([
    ['scalars are replaced', 'a: 1', 'a: 2', 'a: 2'],
    ['a number in the place of a quoted text stays a text', 'a: "1"', 'a: 2', 'a: "2"'],
    ['null deletes', 'a: 1\nb: 2', 'a: null\nc: null', 'b: 2'],
    ['an empty map changes nothing', 'a: {b: c}', 'a: {}', 'a:\n  b: c'],
    ['other lists are replaced', 'tolerations: [{key: a}]', 'tolerations: [{key: b}]', 'tolerations:\n- key: b'],
    ['an empty list leaves merged lists alone', 'volumes: [{name: a}]', 'volumes: []', 'volumes:\n- name: a'],
    ['an empty list empties others', 'args: [a]', 'args: []', 'args: []'],
    ['a map is deleted', 'a: {b: c}\nd: e', 'a: {$patch: delete}', 'd: e'],
    ['a map is replaced', 'a: {b: c}', 'a: {$patch: replace, d: e}', 'a:\n  d: e'],
    [
      'an element is deleted',
      'volumes: [{name: a}, {name: b}]',
      'volumes: [{name: a, $patch: delete}]',
      'volumes:\n- name: b',
    ],
    ['a list is replaced', 'volumes: [{name: a}]', 'volumes: [{$patch: replace}, {name: b}]', 'volumes:\n- name: b'],
    ['retain keys is no directive', 'a: {b: c}', 'a: {$retainKeys: [b]}', 'a:\n  $retainKeys:\n  - b\n  b: c'],
    ['empty members vanish on the way', 'volumes:\n- name: a\n  emptyDir:\nb: 1', 'b: 2', 'b: 2\nvolumes:\n- name: a'],
  ])('%s', (_, base, patch, result) => {
    expect(merged(base, patch)).toBe(result);
  });

  test('kinds of nodes have to agree', () => {
    const files = {
      'kustomization.yaml': 'resources: [x.yaml]\npatches: [{path: p.yaml}]\n',
      'x.yaml': pod('a: {b: c}'),
      'p.yaml': pod('a: 5'),
    };
    expect(failure(files)).toContain('wrong node kind: expected MappingNode but got ScalarNode: node contents:\n5');
    expect(failure({ ...files, 'p.yaml': pod('a: {$patch: other}') })).toContain("unknown patch strategy 'other'");
  });

  test('a patch on the annotations as a whole takes the hash suffix along', () => {
    const text = yaml({
      'kustomization.yaml': `configMapGenerator: [{name: c}]
patches: [{target: {kind: ConfigMap}, patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {$patch: replace, a: b}}}"}]
`,
    });
    expect(text).toBe('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    a: b\n  name: c\n');
  });
});

describe('JSON 6902', () => {
  const patched = (operation: string): Files => ({
    'kustomization.yaml': `resources: [x.yaml]\npatches: [{target: {kind: Thing}, patch: '[${operation}]'}]\n`,
    'x.yaml':
      'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\nspec: {a: b, l: [1, 2], m: 12345678901234567890}\n',
  });

  test.each([
    ['{"op":"replace","path":"/spec/new","value":1}', '  new: 1\n'],
    ['{"op":"add","path":"/spec/l/-","value":3}', '  - 2\n  - 3\n'],
    ['{"op":"add","path":"/spec/l/0","value":0}', '  l:\n  - 0\n  - 1\n'],
    ['{"op":"remove","path":"/spec/l/-1"}', '  l:\n  - 1\n  m:'],
    ['{"op":"copy","from":"/spec/none","path":"/spec/c"}', '  c: null\n'],
    ['{"op":"add","path":"/spec/x~1y~0z","value":1}', '  x/y~z: 1\n'],
    ['{"op":"add","path":"/metadata/annotations/k","value":"v"}', '  annotations:\n    k: v\n'],
    ['{"op":"test","path":"/spec/a","value":"b"}', '  m: 12345678901234567000\n'],
  ])('%s', (operation, part) => {
    expect(yaml(patched(operation))).toContain(part);
  });

  test.each([
    [
      '{"op":"replace","path":"/spec/l/9","value":1}',
      'replace operation does not apply: doc is missing key: /spec/l/9: missing value',
    ],
    [
      '{"op":"add","path":"/no/where","value":1}',
      'add operation does not apply: doc is missing path: "/no/where": missing value',
    ],
    [
      '{"op":"replace","path":"/no/where","value":1}',
      'replace operation does not apply: doc is missing path: /no/where: missing value',
    ],
    [
      '{"op":"remove","path":"/spec/no"}',
      "error in remove for path: '/spec/no': Unable to remove nonexistent key: no: missing value",
    ],
    [
      '{"op":"add","path":"/spec/l/9","value":1}',
      "error in add for path: '/spec/l/9': Unable to access invalid index: 9: invalid index referenced",
    ],
    [
      '{"op":"move","from":"/no/where","path":"/x"}',
      'move operation does not apply: doc is missing from path: /no/where: missing value',
    ],
    ['{"op":"odd","path":"/x"}', 'Unexpected kind: odd'],
    ['{"op":"add","value":1}', 'add operation failed to decode path: missing value'],
    ['{"op":"test","path":"/spec/a","value":"c"}', 'testing value /spec/a failed: test failed'],
  ])('%s', (operation, message) => {
    expect(failure(patched(operation))).toContain(message);
  });

  test('numbers become doubles, which shows in texts', () => {
    const files = patched('{"op":"add","path":"/spec/q","value":1234567}');
    const text = yaml({
      ...files,
      'x.yaml':
        'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x, annotations: {a: 12345678}}\nspec: {m: 12345678}\n',
    });
    expect(text).toContain('    a: "1.2345678e+07"\n');
    expect(text).toContain('  m: 12345678\n  q: 1234567\n');
  });
});
