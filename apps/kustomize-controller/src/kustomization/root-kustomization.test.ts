import { createMemoryFs } from '@fluvial/kustomize';
import { describe, expect, test } from 'vitest';
import type { KustomizationSpec } from './kustomization-object.ts';
import { makeRootKustomization } from './root-kustomization.ts';

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
const make = (files: Record<string, string>, spec: Partial<KustomizationSpec> = {}, dir = '/r/app') =>
  makeRootKustomization(createMemoryFs(files, '/r'), dir, spec as KustomizationSpec);

describe('makeRootKustomization', () => {
  test('lists manifests below, nested kustomizations as one', () => {
    const { content, file } = make({
      'app/b.yaml': configMap('b'),
      'app/a/x.yml': configMap('x'),
      'app/own/kustomization.yml': 'resources: []',
      'app/own/left.yaml': 'not: a manifest',
      'app/readme.md': 'text',
      'other/z.yaml': configMap('z'),
    });
    expect(file).toBe('kustomization.yaml');
    expect(content).toEqual({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['./a/x.yml', './b.yaml', './own'],
    });
  });

  test('an empty directory is an empty build', () => {
    expect(make({ 'app/readme.md': 'x' }).content).toMatchObject({ resources: [], namespace: '_placeholder' });
  });

  test('the root file is read leniently', () => {
    const { content, file } = make({ 'app/Kustomization': 'Resources: [a.yaml]\nnameprefix: p-\nwhatever: 1\n' });
    expect(file).toBe('Kustomization');
    expect(content).toEqual({ resources: ['a.yaml'], namePrefix: 'p-' });
  });

  test('a root file without resources gets origin annotations', () => {
    const { content } = make({
      'app/kustomization.yaml': 'configMapGenerator: [{name: x}]\nbuildMetadata: [managedByLabel]\n',
    });
    expect(content['buildMetadata']).toEqual(['originAnnotations']);
  });

  test.each<[string, Partial<KustomizationSpec>, Record<string, unknown>]>([
    [
      'names and namespace replace',
      { targetNamespace: 'ns', namePrefix: 'p-', nameSuffix: '-s' },
      { namespace: 'ns', namePrefix: 'p-', nameSuffix: '-s' },
    ],
    [
      'patches are appended',
      { patches: [{ patch: 'p2', target: { kind: 'Pod' } }] },
      { patches: [{ path: 'p1' }, { patch: 'p2', target: { kind: 'Pod' } }] },
    ],
    [
      'the old patch fields, too',
      {
        patchesStrategicMerge: [{ kind: 'X' }],
        patchesJson6902: [{ patch: [{ op: 'remove', path: '/a' }], target: { kind: 'X' } }],
      },
      {
        patchesStrategicMerge: ['kind: X\n'],
        patchesJson6902: [{ patch: '[{"op":"remove","path":"/a"}]', target: { kind: 'X' } }],
      },
    ],
    [
      'an image keeps what the owner leaves out',
      { images: [{ name: 'i', newName: 'other' }] },
      { images: [{ name: 'i', newName: 'other', newTag: '1' }] },
    ],
    [
      'a digest replaces the tag',
      { images: [{ name: 'i', digest: 'sha256:x' }] },
      { images: [{ name: 'i', digest: 'sha256:x' }] },
    ],
    [
      'a repeated image is merged into the first',
      {
        images: [
          { name: 'j', newTag: '1' },
          { name: 'j', newName: 'k' },
        ],
      },
      {
        images: [
          { name: 'i', newTag: '1' },
          { name: 'j', newTag: '1', newName: 'k' },
        ],
      },
    ],
    [
      'missing components are dropped on request',
      { components: ['../parts', '../gone', '../../out'], ignoreMissingComponents: true },
      { components: ['../parts'] },
    ],
    ['build metadata replaces', { buildMetadata: ['originAnnotations'] }, { buildMetadata: ['originAnnotations'] }],
  ])('%s', (_, spec, expected) => {
    const files = {
      'app/kustomization.yaml':
        'resources: [a.yaml]\npatches: [{path: p1}]\nimages: [{name: i, newTag: "1"}]\nnamespace: before\n',
      'parts/kustomization.yaml': 'kind: Component',
    };
    expect(make(files, spec).content).toMatchObject(expected);
  });

  test.each(['/abs', 'https://example.com/x', 'git@host:x', 'github.com/a/b', 'file:///x'])(
    'refuses the component %s',
    (path) => {
      expect(() => make({ 'app/a.yaml': configMap('a') }, { components: [path] })).toThrow(
        `component path '${path}' must be local and relative`,
      );
    },
  );

  test.each([
    [
      'a syntax error in the root file',
      { 'app/kustomization.yaml': 'resources: [a\n' },
      /^error converting YAML to JSON: yaml: /,
    ],
    [
      'a manifest without a name',
      { 'app/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n' },
      /^failed to decode Kubernetes YAML from \/r\/app\/a\.yaml: missing metadata\.name in object \{\{v1 ConfigMap\} \{\{ \} map\[a:b\] map\[\]\}\}$/,
    ],
    [
      'a list',
      { 'app/a.yaml': '- a\n' },
      /^failed to decode Kubernetes YAML from \/r\/app\/a\.yaml: missing Resource metadata$/,
    ],
    [
      'a map that is no manifest',
      { 'app/a.yaml': 'foo: bar\n' },
      /^failed to decode Kubernetes YAML from \/r\/app\/a\.yaml: missing Resource metadata$/,
    ],
    [
      'a manifest without a kind',
      { 'app/a.yaml': 'apiVersion: v1\nmetadata: {name: x}\n' },
      /^failed to decode Kubernetes YAML from \/r\/app\/a\.yaml: missing kind in object \{\{v1 \} \{\{x \} map\[\] map\[\]\}\}$/,
    ],
    [
      'a broken manifest',
      { 'app/a.yaml': 'a: [\n' },
      /^failed to decode Kubernetes YAML from \/r\/app\/a\.yaml: yaml: /,
    ],
  ])('%s', (_, files, message) => {
    expect(() => make(files)).toThrow(message);
  });

  test('takes names that read as something else', () => {
    const { content } = make({ 'app/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: off}\n' });
    expect(content['resources']).toEqual(['./a.yaml']);
  });

  test('a path that is a file', () => {
    expect(() => make({ app: 'x' })).toThrow('open /r/app: not a directory');
  });
});
