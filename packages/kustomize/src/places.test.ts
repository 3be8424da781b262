import { describe, expect, test } from 'vitest';
import { build, createMemoryFs, KustomizeError } from './index.ts';

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n';

function place(files: Record<string, string>, dir = '/'): unknown {
  try {
    build(createMemoryFs(files), dir);
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error;
    const { file, field, line } = error;
    return [file, field, line];
  }
  throw new Error('expected a KustomizeError');
}

const root = (text: string, files: Record<string, string> = {}): unknown =>
  place({ 'app/kustomization.yaml': text, 'app/x.yaml': configMap, ...files }, '/app');

const FILE = 'app/kustomization.yaml';

describe('an error tells its place', () => {
  test.each([
    ['syntax', 'resources:\n- x.yaml\nbad: a: b\n', [FILE, undefined, 3]],
    ['an unknown field', '# c\nresources: [x.yaml]\nodd: 1\n', [FILE, 'odd', 3]],
    ['a wrong type', 'resources: [x.yaml]\n\nnamePrefix: [a]\n', [FILE, 'namePrefix', 3]],
    ['an inner unknown field', 'resources: [x.yaml]\npatches:\n- odd: 1\n', [FILE, 'patches', 2]],
    ['nothing at all', '# nothing\n', [FILE, undefined, undefined]],
    ['a missing file', 'resources:\n- x.yaml\n- y.yaml\n', [FILE, 'resources[1]', 3]],
    ['a missing component', 'resources: [x.yaml]\ncomponents: [../c]\n', [FILE, 'components[0]', 2]],
    ['a patch', 'resources: [x.yaml]\npatches:\n- path: p.yaml\n', [FILE, 'patches[0]', 3]],
    ['a generator', 'configMapGenerator:\n- name: a\n- literals: [a=b]\n', [FILE, 'configMapGenerator[1]', 3]],
    ['replicas', 'resources: [x.yaml]\nreplicas: [{name: a, count: 1}]\n', [FILE, 'replicas[0]', 2]],
    ['replacements', 'resources: [x.yaml]\nreplacements: [{}]\n', [FILE, 'replacements', 2]],
    ['configurations', 'resources: [x.yaml]\nconfigurations:\n- c.yaml\n', [FILE, 'configurations[0]', 3]],
    ['Helm', 'helmCharts: [{name: x}]\n', [FILE, 'helmCharts', 1]],
    ['transformers', 'resources: [x.yaml]\ntransformers: [nope]\n', [FILE, 'transformers', 2]],
    ['vars', 'resources: [x.yaml]\nvars: [{name: A}, {name: A}]\n', [FILE, 'vars', 2]],
  ])('%s', (_, text, expected) => {
    expect(root(text)).toEqual(expected);
  });

  test('in the file of a resource', () => {
    const at = (text: string): unknown => root('resources: [y.yaml]\n', { 'app/y.yaml': text });
    expect(at(`${configMap}---\na: b\nc: d: e\n`)).toEqual(['app/y.yaml', undefined, 7]);
    expect(at(`${configMap}---\n# no kind\nmetadata: {name: y}\n`)).toEqual(['app/y.yaml', undefined, 7]);
    expect(at(`${configMap}---\n${configMap}`)).toEqual(['app/y.yaml', undefined, 6]);
    expect(at(`${configMap}--- no\n${configMap}`)).toEqual(['app/y.yaml', undefined, 5]);
  });

  test('in the kustomization that it is about, not in those above', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../c]\ncomponents: [../d]\n',
      'c/kustomization.yaml': 'resources: [x.yaml]\n',
      'c/x.yaml': configMap,
      'd/kustomization.yaml': 'kind: Component\n\npatches:\n- {}\n',
    };
    expect(place(files, '/a')).toEqual(['d/kustomization.yaml', 'patches[0]', 4]);
    expect(place({ ...files, 'd/kustomization.yaml': 'resources: [x]\n' }, '/a')).toEqual([
      'd/kustomization.yaml',
      'kind',
      undefined,
    ]);
  });

  test('in an object that stands for a file', () => {
    const rootKustomization = { content: { resources: ['nope.yaml'] } };
    const run = (): unknown => build(createMemoryFs({ 'app/x.yaml': configMap }), '/app', { rootKustomization });
    expect(run).toThrow(expect.objectContaining({ file: FILE, field: 'resources[0]', line: undefined }));
  });
});

test('every resource knows its line', () => {
  const lines = (text: string): unknown =>
    build(createMemoryFs({ 'kustomization.yaml': 'resources: [x.yaml]\n', 'x.yaml': text }), '/').resources.map(
      ({ object, origin }) => [(object.metadata as { name: string }).name, origin.index, origin.line],
    );
  const item = (name: string): string => `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: ${name}}\n`;
  const one = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
  expect(lines(`---\n# first\n${one('a')}---\n\n---\n${one('b')}`)).toEqual([
    ['a', 0, 3],
    ['b', 1, 9],
  ]);
  expect(lines(`# all\napiVersion: v1\nkind: List\nitems:\n${item('a')}# next\n${item('b')}`)).toEqual([
    ['a', 0, 5],
    ['b', 1, 9],
  ]);
  expect(lines(`kind: ConfigMapList\nitems:\n${item('a')}${item('b')}---\n${one('c')}`)).toEqual([
    ['c', 0, 10],
    ['a', 1, 3],
    ['b', 2, 6],
  ]);
  const json = { kind: 'List', items: ['a', 'b'].map((name) => ({ kind: 'ConfigMap', metadata: { name } })) };
  expect(lines(JSON.stringify(json, null, 2))).toEqual([
    ['a', 0, 4],
    ['b', 1, 10],
  ]);
});
