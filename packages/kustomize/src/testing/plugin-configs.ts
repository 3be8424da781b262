import { images, type Scene } from './fields.ts';
import type { Random } from './random.ts';
import { writeYaml } from './yaml-style.ts';

/** A file of field specs: custom resources take part in everything. */
export function CONFIGURATION(random: Random): string {
  const all = {
    nameReference: [
      { kind: 'ConfigMap', version: 'v1', fieldSpecs: [{ path: 'spec/configRef/name', kind: 'Widget' }] },
      {
        kind: 'Secret',
        fieldSpecs: [
          { path: 'spec/secretName', kind: 'Widget' },
          { path: 'spec/ca/secretName', group: 'cert-manager.io' },
        ],
      },
      { kind: 'Widget', group: 'example.com', fieldSpecs: [{ path: 'metadata/annotations/a', kind: 'Service' }] },
    ],
    images: [{ path: 'spec/deep/image', kind: 'Widget' }],
    replicas: [{ path: 'spec/size', kind: 'Widget', create: true }],
    namePrefix: [{ path: 'spec/secretName', kind: 'Widget' }],
    nameSuffix: [{ path: 'spec/value', kind: 'Widget' }],
    namespace: [{ path: 'spec/ns', kind: 'Widget', create: true }],
    commonLabels: [{ path: 'spec/selector', kind: 'Widget', create: true }],
    labels: [{ path: 'spec/labelled', kind: 'Widget', create: true }],
    commonAnnotations: [{ path: 'spec/annotated', kind: 'Widget', create: true }],
    varReference: [
      { path: 'spec/value', kind: 'Widget' },
      { path: 'data', kind: 'ConfigMap' },
    ],
  };
  const chosen = random.some(Object.entries(all), 5);
  return writeYaml(Object.fromEntries(chosen.length > 0 ? chosen : Object.entries(all).slice(0, 2)), random);
}

const ref = { 'x-kubernetes-object-ref-api-version': 'v1', 'x-kubernetes-object-ref-kind': 'ConfigMap' };

/** OpenAPI definitions as `crds` reads them. */
export const CRDS = JSON.stringify({
  'com.example.v1.Widget': {
    Schema: {
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object' },
        spec: { $ref: 'com.example.v1.WidgetSpec' },
      },
    },
    Dependencies: [],
  },
  'com.example.v1.WidgetSpec': {
    Schema: { properties: { configRef: { type: 'object', ...ref, 'x-kubernetes-object-ref-name-key': 'name' } } },
    Dependencies: [],
  },
});

/** A swagger with a merge key for a custom resource. */
export const SCHEMA = JSON.stringify({
  definitions: {
    'com.example.v1.Widget': {
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
        spec: {
          properties: {
            parts: {
              type: 'array',
              items: { type: 'object' },
              'x-kubernetes-patch-merge-key': 'name',
              'x-kubernetes-patch-strategy': 'merge',
            },
          },
          type: 'object',
        },
      },
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }],
    },
  },
});

const metadata = { name: 'any' };
const LABELS = [{ path: 'metadata/labels', create: true }];

/** The configuration of a built-in transformer. */
export function transformer(scene: Scene): unknown {
  const { random } = scene;
  const specs = [{ path: 'metadata/name' }];
  const base = { apiVersion: 'builtin', metadata };
  return random.pick<() => unknown>([
    () => ({ ...base, kind: 'LabelTransformer', labels: { plugged: 'yes' }, fieldSpecs: LABELS }),
    () => ({
      ...base,
      kind: 'AnnotationsTransformer',
      annotations: { plugged: '5' },
      fieldSpecs: [{ path: 'metadata/annotations', create: true }],
    }),
    () => ({ ...base, kind: 'PrefixTransformer', prefix: 'plug-', fieldSpecs: specs }),
    () => ({ ...base, kind: 'SuffixTransformer', suffix: '-plug', fieldSpecs: specs }),
    () => ({
      ...base,
      kind: 'NamespaceTransformer',
      metadata: { name: 'any', namespace: 'plugged' },
      unsetOnly: random.maybe(0.5, () => true),
      setRoleBindingSubjects: random.maybe(0.6, () => random.pick(['none', 'defaultOnly', 'allServiceAccounts'])),
      fieldSpecs: random.maybe(0.5, () => [{ path: 'metadata/name', kind: 'Namespace', create: true }]),
    }),
    () => ({
      ...base,
      kind: 'ImageTagTransformer',
      imageTag: images(scene)[0],
      fieldSpecs: [{ path: 'spec/deep/image', kind: 'Widget' }],
    }),
    () => ({
      ...base,
      kind: 'PatchTransformer',
      patch: '[{"op": "add", "path": "/plugged", "value": true}]',
      target: { kind: random.pick(['Widget', 'ConfigMap', 'Service']) },
    }),
  ])();
}

/** A validator that changes nothing. */
export const VALIDATOR = {
  apiVersion: 'builtin',
  kind: 'AnnotationsTransformer',
  metadata,
  annotations: {},
  fieldSpecs: LABELS,
};
