import { anything, container, type Item, labels, NAMES, name, podSpec, text, unique } from './objects.ts';
import type { Random } from './random.ts';
import { Raw, writeYaml } from './yaml-style.ts';

/** What a kustomization's fields may refer to. */
export interface Scene {
  readonly random: Random;
  /** Objects that are in the build at this point, by the names that they had in their files. */
  readonly known: readonly Item[];
  /** Adds a file beside the kustomization and returns its relative path. */
  file(stem: string, content: string): string;
  /** Features of 5.8 that earlier releases lack. */
  readonly since58: boolean;
}

const PODS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];
const SCALED = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'];

function pickKnown(scene: Scene, kinds?: readonly string[]): Item | undefined {
  const items = kinds === undefined ? scene.known : scene.known.filter(({ kind }) => kinds.includes(kind));
  return items.length === 0 ? undefined : scene.random.pick(items);
}

function headOf({ apiVersion, kind, metadata }: Item): Record<string, unknown> {
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } };
}

/** A strategic merge patch for an object of that kind. */
function mergeBody(random: Random, kind: string): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  if (random.chance(0.3)) metadata.labels = { ...labels(random), tier: random.pick([null, 'front']) };
  if (random.chance(0.3)) metadata.annotations = { note: random.pick([null, 'patched']), extra: anything(random) };
  if (random.chance(0.05)) metadata.finalizers = ['example.com/c', 'example.com/a'];
  const body: Record<string, unknown> = Object.keys(metadata).length > 0 ? { metadata } : {};
  if (PODS.includes(kind)) {
    const spec: Record<string, unknown> = random.maybe(0.7, () => podSpec(random)) ?? {};
    if (random.chance(0.2)) spec.containers = [{ name: 'main', $patch: 'delete' }];
    if (random.chance(0.15))
      spec.volumes = random.pick<unknown>([null, [], [{ $patch: 'replace' }, { name: 'n', emptyDir: {} }]]);
    if (random.chance(0.1)) spec.initContainers = [{ $patch: 'delete' }];
    if (random.chance(0.2)) spec.serviceAccountName = null;
    body.spec = { template: { spec }, replicas: random.maybe(0.4, () => random.below(9)) };
  } else if (kind === 'Service') {
    body.spec = {
      ports: unique(
        random.list(1, 2, () => ({ port: random.pick([80, 443]), targetPort: 1 })),
        'port',
      ),
      selector: random.maybe(0.3, () => ({ $patch: 'replace', only: 'this' })),
    };
  } else if (kind === 'ConfigMap') {
    body.data = random.pick<unknown>([
      { k: 'patched', A: null },
      { $patch: 'delete' },
      null,
      { new: anything(random) },
    ]);
  } else if (kind === 'Widget') {
    body.spec = {
      parts: random.maybe(0.6, () => random.list(1, 2, () => ({ name: random.pick(['p', 'q', 's']), size: 7 }))),
      value: anything(random),
      deep: random.maybe(0.2, () => random.pick([null, { $patch: 'replace', x: 1 }, { $patch: 'delete' }])),
    };
  } else if (kind === 'CronJob') {
    body.spec = { jobTemplate: { spec: { template: { spec: { containers: [container(random)] } } } } };
  }
  return body;
}

function operations(random: Random, kind: string): unknown[] {
  const simple = [
    { op: 'add', path: '/metadata/annotations', value: { 'a/b': text(random) } },
    { op: 'add', path: '/metadata/labels', value: { only: 'these' } },
    { op: 'replace', path: '/metadata/name', value: random.pick(NAMES) },
    { op: 'add', path: '/metadata/namespace', value: random.pick(['default', 'moved']) },
    { op: 'test', path: '/kind', value: kind },
    { op: 'add', path: '/spec', value: { made: [anything(random)] } },
    { op: 'copy', from: '/metadata/name', path: '/copied' },
    { op: 'add', path: '/extra', value: anything(random) },
  ];
  const inPods = [
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'app:9' },
    { op: 'add', path: '/spec/template/spec/containers/-', value: container(random) },
    { op: 'remove', path: '/spec/template/spec/containers/0' },
    { op: 'replace', path: '/spec/replicas', value: random.below(9) },
    { op: 'add', path: '/spec/template/spec/containers/-1', value: { name: 'before', image: 'nginx' } },
  ];
  const pool = PODS.includes(kind) ? [...inPods, ...simple.slice(0, 3)] : simple;
  const chosen = random.some(pool, 2);
  return chosen.length > 0 ? chosen : [pool[0]];
}

function target(scene: Scene, item: Item): Record<string, unknown> {
  const { random } = scene;
  const { apiVersion, kind, metadata } = item;
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  return {
    group: random.maybe(0.3, () => group),
    version: random.maybe(0.3, () => version),
    kind: random.maybe(0.85, () => random.pick([kind, kind, 'Deploy.*', '.*Set'])),
    name: random.maybe(0.5, () => random.pick([metadata.name, '.*', 'w.*|x1', 'missing'])),
    namespace: random.maybe(0.1, () => random.pick(['default', 'prod', '.*'])),
    labelSelector: random.maybe(0.12, () => random.pick(['app=web', 'app in (web, api)', '!tier', 'app!=db', 'tier'])),
    annotationSelector: random.maybe(0.05, () => random.pick(['note', '!note', 'note=x'])),
  };
}

export function patches(scene: Scene): unknown[] {
  const { random } = scene;
  return random.list(1, 3, () => {
    const item = pickKnown(scene) ?? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg' } };
    const options = random.maybe(0.15, () => ({
      allowNameChange: random.chance(0.6),
      allowKindChange: random.maybe(0.4, () => true),
    }));
    const withTarget = random.chance(0.5);
    const isJson = withTarget && random.chance(0.45);
    let body: string;
    if (isJson) {
      const list = operations(random, item.kind);
      body = random.chance(0.3)
        ? JSON.stringify(list, (_, value) => (value instanceof Raw ? 1 : value))
        : writeYaml(list, random);
    } else {
      const document: Record<string, unknown> = random.chance(0.04)
        ? { $patch: 'delete' }
        : mergeBody(random, item.kind);
      const head =
        withTarget && random.chance(0.6) ? { apiVersion: 'v1', kind: 'Any', metadata: { name: 'any' } } : headOf(item);
      const given = document.metadata as Record<string, unknown> | undefined;
      body = writeYaml({ ...head, ...document, metadata: { ...(head.metadata as object), ...given } }, random);
      if (options !== undefined) body = body.replace(/name: any\b/, 'name: renamed');
      if (!withTarget && random.chance(0.1)) {
        const other = pickKnown(scene, ['ConfigMap', 'Secret']);
        if (other !== undefined) body += `---\n${writeYaml({ ...headOf(other), data: { p: 'q' } }, random)}`;
      }
    }
    const to = withTarget ? target(scene, item) : undefined;
    if (random.chance(0.4)) return { path: scene.file('patch', body), target: to, options };
    return { patch: body, target: to, options };
  });
}

export function patchesStrategicMerge(scene: Scene): unknown[] {
  const { random } = scene;
  return random.list(1, 2, () => {
    const item = pickKnown(scene) ?? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg' } };
    const head = headOf(item);
    const given = mergeBody(random, item.kind);
    const body = writeYaml(
      { ...head, ...given, metadata: { ...(head.metadata as object), ...(given.metadata as object) } },
      random,
    );
    return random.chance(0.5) ? body : scene.file('psm', body);
  });
}

export function patchesJson6902(scene: Scene): unknown[] {
  const { random } = scene;
  return random.list(1, 2, () => {
    const { apiVersion, kind, metadata } = pickKnown(scene) ?? {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cfg' },
    };
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
    const body = writeYaml(operations(random, kind), random);
    const to = { group, version, kind, name: metadata.name };
    return random.chance(0.5) ? { target: to, patch: body } : { target: to, path: scene.file('json', body) };
  });
}

export function images({ random }: Scene): unknown[] {
  return random.list(1, 2, () => ({
    name: random.pick([
      'nginx',
      'app',
      'registry.test:5000/acme/app',
      'my.app',
      'ngin.',
      '(nginx|app)',
      'docker.io/library/nginx',
    ]),
    newName: random.maybe(0.4, () => random.pick(['other', 'r.test:1/x/y', 'nginx'])),
    newTag: random.maybe(0.5, () => random.pick(['v2', '1.10', '5'])),
    digest: random.maybe(0.2, () => 'sha256:ffff'),
    tagSuffix: random.maybe(0.12, () => '-s'),
  }));
}

export function replicas(scene: Scene): unknown[] {
  const item = pickKnown(scene, SCALED);
  if (item === undefined) return [];
  return [{ name: item.metadata.name, count: scene.random.below(9) }];
}

const LABEL_FIELDS = [
  { path: 'spec/labels', create: true },
  { path: 'spec/selector', kind: 'Widget', create: false },
  { path: 'spec/template/metadata/labels', kind: 'Deployment', group: 'apps', version: 'v1', create: true },
  { path: 'spec/parts[]/labels', kind: 'Widget', create: true },
  { path: '/spec/deep/labels', kind: 'Widget' },
];

export function labelEntries({ random }: Scene): unknown[] {
  return random.list(1, 2, () => ({
    pairs: { [random.pick(['team', 'app', 'a.b/c'])]: random.pick(['x', 'y', '5', 'true']) },
    includeSelectors: random.maybe(0.4, () => random.chance(0.7)),
    includeTemplates: random.maybe(0.4, () => random.chance(0.7)),
    fields: random.maybe(0.25, () => random.some(LABEL_FIELDS, 2)),
  }));
}

export function generator(scene: Scene, kind: 'ConfigMap' | 'Secret'): Record<string, unknown> {
  const { random } = scene;
  const own = pickKnown(scene, [kind]);
  const merges = own !== undefined && random.chance(0.35);
  return {
    name: merges ? own.metadata.name : random.chance(0.8) ? scene.file('gen', '').split('.')[0] : random.pick(NAMES),
    namespace: merges ? own.metadata.namespace : random.maybe(0.15, () => random.pick(['prod', 'default'])),
    behavior: merges ? random.pick(['merge', 'replace']) : random.maybe(0.1, () => 'create'),
    literals: random.maybe(0.7, () =>
      unique2(
        random.list(
          1,
          3,
          () =>
            `${random.pick(['k', 'L1', 'L2'])}=${random.pick(['v', '"quoted"', "'q'", 'a=b', '', ' sp ', '$x', "'"])}`,
        ),
      ),
    ),
    files: random.maybe(0.35, () => {
      const content = random.pick([
        'line\n',
        'no end',
        'a\n\nb\n',
        'x \ny',
        '\ttab',
        'ü\n',
        'k: v\n',
        '\u0000\u0001bin',
        'z'.repeat(200),
        'crlf\r\n',
      ]);
      const file = scene.file('data', content);
      return [random.chance(0.5) ? file : `named=${file}`];
    }),
    envs: random.maybe(0.25, () => [
      scene.file(
        'env',
        random.pick(['E1=1\nE2=two words\n', '# c\n\nE1=a=b\r\nE3\n', '\ufeffE1=bom\n', '  E1= spaced \n']),
      ),
    ]),
    type: kind === 'Secret' ? random.maybe(0.3, () => random.pick(['kubernetes.io/tls', 'Opaque'])) : undefined,
    options: random.maybe(0.3, () => generatorOptions(random)),
  };
}

function unique2(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = item.split('=')[0] as string;
    return seen.has(key) ? false : seen.add(key);
  });
}

export function generatorOptions(random: Random): Record<string, unknown> {
  return {
    labels: random.maybe(0.4, () => ({ gen: 'yes', app: 'g' })),
    annotations: random.maybe(0.4, () => ({ note: 'generated' })),
    disableNameSuffixHash: random.maybe(0.5, () => random.chance(0.7)),
    immutable: random.maybe(0.3, () => random.chance(0.7)),
  };
}

const SOURCE_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'kind',
  'data.k',
  'spec.replicas',
  'spec.template.spec.containers.0.image',
  'metadata.labels',
  'spec.template.spec.containers.[name=main].image',
  'spec.ports.0.port',
  'data.[conf.yaml]',
];
/** Paths that every object can have. */
const EVERYWHERE = ['metadata.annotations.copied', 'metadata.annotations.[a.b/c]', 'spec.made', 'spec.new.deep'];
const TARGET_PATHS = [
  'metadata.annotations.copied',
  'metadata.annotations.[a.b/c]',
  'metadata.labels.app',
  'spec.template.metadata.labels.app',
  'spec.template.spec.containers.0.image',
  'spec.template.spec.containers.*.image',
  'spec.template.spec.containers.[name=main].image',
  'spec.template.spec.containers.[name=side].env.[name=A].value',
  'spec.replicas',
  'data.k',
  'metadata.name',
  'spec.made.new',
  'spec.made.0',
  'spec.ports.0.port',
  'spec.parts.*.size',
];

/** A path that probably leads somewhere. */
function sourcePath(random: Random, item: Partial<Item>): string {
  if (PODS.includes(item.kind ?? '')) return 'spec.template.spec.containers.0.name';
  if (item.kind === 'Widget') return random.pick(['spec.deep', 'spec.deep.image', 'apiVersion']);
  return random.pick(['kind', 'apiVersion', 'metadata.name']);
}

export function replacements(scene: Scene): unknown[] {
  const { random } = scene;
  const made = random.list(1, 2, () => {
    const from = pickKnown(scene) ?? { kind: 'ConfigMap', metadata: { name: 'cfg' } };
    const to = pickKnown(scene) ?? { kind: 'ConfigMap', metadata: { name: 'cfg' } };
    const delimited = (): Record<string, unknown> => ({
      delimiter: random.pick([':', '-', '.', '/']),
      index: random.maybe(0.7, () => random.pick([0, 1, 0, -1, 5])),
    });
    const options = {
      ...(random.chance(0.25) ? delimited() : {}),
      create: random.maybe(0.92, () => random.chance(0.97)),
    };
    const value = scene.since58 && random.chance(0.2);
    return {
      source: value
        ? undefined
        : {
            kind: from.kind,
            name: random.maybe(0.98, () => from.metadata.name),
            fieldPath: random.maybe(0.6, () =>
              random.chance(0.75) ? sourcePath(random, from) : random.pick(SOURCE_PATHS),
            ),
            options: random.maybe(0.15, () => ({
              delimiter: random.pick([':', '.', '-']),
              index: random.maybe(0.5, () => random.below(2)),
            })),
          },
      sourceValue: value ? text(random) : undefined,
      targets: random.list(1, 2, () => ({
        select: {
          kind: random.maybe(0.9, () => to.kind),
          name: random.maybe(0.6, () => (scene.since58 && random.chance(0.3) ? '.*' : to.metadata.name)),
        },
        reject: random.maybe(0.2, () => [{ name: name(random), kind: random.maybe(0.3, () => to.kind) }]),
        fieldPaths: random.maybe(0.9, () =>
          random.list(1, 2, () => random.pick(random.chance(0.8) ? EVERYWHERE : TARGET_PATHS)),
        ),
        options: Object.values(options).some((option) => option !== undefined) ? options : undefined,
      })),
    };
  });
  return made.map((entry) =>
    random.chance(0.2) ? { path: scene.file('replacement', writeYaml(entry, random)) } : entry,
  );
}

export function vars(scene: Scene, varName: string): unknown[] {
  const { random } = scene;
  const item = pickKnown(scene);
  if (item === undefined) return [];
  return [
    {
      name: varName,
      objref: { apiVersion: item.apiVersion, kind: item.kind, name: item.metadata.name },
      fieldref: random.maybe(0.4, () => ({
        fieldpath: random.pick(['metadata.name', 'kind', 'metadata.namespace', 'spec.replicas', 'data.k']),
      })),
    },
  ];
}
