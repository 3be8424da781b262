import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { build, createMemoryFs } from './index.ts';

const kubectl = process.env.FLUVIAL_KUBECTL;
const runs = Number(process.env.FLUVIAL_RUNS ?? 50);

const name = fc.constantFrom('web', 'api', 'cfg');
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const container = fc.record({
  name: fc.constantFrom('a', 'b'),
  image: fc.constantFrom('nginx', 'nginx:1', 'host:5000/app@sha256:aa'),
  envFrom: optional(fc.tuple(fc.record({ configMapRef: fc.record({ name }) }))),
  ports: optional(
    fc.tuple(fc.record({ containerPort: fc.constant(80), protocol: optional(fc.constantFrom('TCP', 'UDP')) })),
  ),
});
const podSpec = fc.record({
  serviceAccountName: optional(name),
  containers: fc.uniqueArray(container, { maxLength: 2, selector: (item) => item.name }),
  volumes: optional(fc.tuple(fc.record({ name: fc.constant('v'), secret: fc.record({ secretName: name }) }))),
});
const metadata = fc.record({ name, labels: optional(fc.record({ app: name })) });
const resource = fc.oneof(
  fc.record({
    apiVersion: fc.constant('apps/v1'),
    kind: fc.constant('Deployment'),
    metadata,
    spec: fc.record({ replicas: optional(fc.nat(5)), template: fc.record({ spec: podSpec }) }),
  }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constantFrom('ConfigMap', 'Secret', 'ServiceAccount'),
    metadata,
    data: optional(fc.record({ k: fc.string() })),
  }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Service'),
    metadata,
    spec: fc.record({ selector: optional(fc.record({ app: name })) }),
  }),
);
type Resource = { apiVersion: string; kind: string; metadata: { name: string } };

const fields = fc.record({
  namespace: optional(fc.constantFrom('prod', 'dev')),
  namePrefix: optional(fc.constantFrom('p-', 'q-')),
  nameSuffix: optional(fc.constant('-s')),
  labels: optional(fc.tuple(fc.record({ pairs: fc.record({ team: name }), includeSelectors: fc.boolean() }))),
  commonAnnotations: optional(fc.record({ note: fc.string() })),
  images: optional(fc.tuple(fc.record({ name: fc.constant('nginx'), newTag: fc.constant('v9') }))),
  configMapGenerator: optional(
    fc.tuple(fc.record({ name: fc.constantFrom('cfg', 'gen'), literals: fc.tuple(fc.constantFrom('a=b', 'c=d')) })),
  ),
});
const layer = fc.record({
  fields,
  resources: fc.uniqueArray(resource, { maxLength: 4, selector: (item) => `${item.kind}/${item.metadata.name}` }),
});
const patch = fc.record({
  spec: fc.record({
    replicas: optional(fc.nat(9)),
    template: fc.record({
      spec: fc.record({ containers: fc.tuple(container), serviceAccountName: fc.constant(null) }),
    }),
  }),
});
const tree = fc.tuple(fc.array(layer, { minLength: 1, maxLength: 3 }), optional(patch));

/** Layers stack: each includes the next one; the patch is the outermost layer's, on every Deployment. */
function filesOf([layers, patched]: [{ fields: object; resources: object[] }[], object | undefined]): Record<
  string,
  string
> {
  const files: Record<string, string> = {};
  layers.forEach(({ fields: own, resources }, i) => {
    const list = resources.map((_, j) => `r${j}.json`);
    if (i + 1 < layers.length) list.push(`../l${i + 1}`);
    const kustomization: Record<string, unknown> = { resources: list, ...own };
    if (i === 0 && patched !== undefined) {
      const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'any' }, ...patched };
      kustomization.patches = [{ target: { kind: 'Deployment' }, patch: JSON.stringify(body) }];
    }
    files[`l${i}/kustomization.yaml`] = JSON.stringify(kustomization);
    resources.forEach((item, j) => {
      files[`l${i}/r${j}.json`] = JSON.stringify(item as Resource);
    });
  });
  return files;
}

// Set FLUVIAL_KUBECTL to a kubectl 1.35 (kustomize 5.7.1), FLUVIAL_RUNS to the number of overlays.
test.skipIf(kubectl === undefined)('build agrees with kubectl kustomize on random overlays', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fluvial-kustomize-'));
  let count = 0;
  try {
    fc.assert(
      fc.property(tree, (input) => {
        const files = filesOf(input);
        const root = join(directory, String(count++));
        for (const [path, content] of Object.entries(files)) {
          mkdirSync(dirname(join(root, path)), { recursive: true });
          writeFileSync(join(root, path), content);
        }
        const args = ['kustomize', '--load-restrictor=LoadRestrictionsNone', join(root, 'l0')];
        const original = spawnSync(kubectl as string, args);
        let mine: string | undefined;
        try {
          mine = build(createMemoryFs(files), '/l0', { order: 'legacy' }).yaml();
        } catch (error) {
          if ((error as Error).name !== 'KustomizeError') throw error;
        }
        expect(mine).toBe(original.status === 0 ? original.stdout.toString() : undefined);
      }),
      { numRuns: runs },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
