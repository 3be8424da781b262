import { describe, expect, test } from 'vitest';
import { build, createMemoryFs } from './index.ts';
import { type Files, failure, indent, spec, yaml } from './testing/builds.ts';

// The examples and golden vectors of the engine's contract, each as a build; scalars and patches have files of their own.

describe('golden vectors', () => {
  test('V1: the order of a strategic merge', () => {
    const head = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n';
    const built = yaml({
      'kustomization.yaml': 'resources: [d.yaml]\npatches: [{path: p.yaml}]\n',
      'd.yaml': `${head}spec:
  template:
    spec:
      containers:
      - {name: first, image: f}
      - {name: app, image: 'app:1', args: [x, y], env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      tolerations: [{key: k1}]
`,
      'p.yaml': `${head}spec:
  template:
    spec:
      containers:
      - {name: sidecar, image: 'side:1'}
      - {name: app, args: [z], env: [{name: B, value: two}, {name: C, value: "3"}]}
      tolerations: [{key: k2}]
`,
    });
    expect(built.slice(built.indexOf('spec:'))).toBe(`spec:
  template:
    spec:
      containers:
      - image: side:1
        name: sidecar
      - args:
        - z
        env:
        - name: B
          value: two
        - name: C
          value: "3"
        - name: A
          value: "1"
        image: app:1
        name: app
      - image: f
        name: first
      tolerations:
      - key: k2
`);
  });

  test('V2: names and references', () => {
    const { resources } = build(
      createMemoryFs({
        'kustomization.yaml': `resources: [all.yaml]
namespace: prod
namePrefix: p-
nameSuffix: -s
configMapGenerator: [{name: cfg, literals: [a=b]}]
labels: [{pairs: {team: x}, includeSelectors: true}]
replacements:
- source: {kind: ConfigMap, name: cfg}
  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.annotations.cfg], options: {create: true}}]
`,
        'all.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      serviceAccountName: sa
      containers: [{name: c, envFrom: [{configMapRef: {name: cfg}}]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: ServiceAccount, name: sa}
- {kind: ServiceAccount, name: default, namespace: other}
- {kind: ServiceAccount, name: foreign, namespace: elsewhere}
---
apiVersion: v1
kind: Namespace
metadata: {name: n1}
`,
      }),
      '/',
    );
    const of = (kind: string): unknown => resources.find(({ object }) => object.kind === kind)?.object;
    const labels = { team: 'x' };
    expect(of('ConfigMap')).toMatchObject({ metadata: { name: 'p-cfg-s-4h2mbtbbt6', namespace: 'prod' } });
    expect(of('Deployment')).toMatchObject({
      metadata: { name: 'p-web-s', annotations: { cfg: 'p-cfg-s' } },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: 'p-sa-s',
            containers: [{ envFrom: [{ configMapRef: { name: 'p-cfg-s-4h2mbtbbt6' } }] }],
          },
        },
      },
    });
    expect(of('RoleBinding')).toMatchObject({
      roleRef: { name: 'view' },
      subjects: [
        { name: 'p-sa-s', namespace: 'prod' },
        { name: 'default', namespace: 'prod' },
        { name: 'foreign', namespace: 'elsewhere' },
      ],
    });
    expect(of('Namespace')).toMatchObject({ metadata: { name: 'prod' } });
  });

  test('hash suffixes', () => {
    const built = yaml({
      'kustomization.yaml':
        'configMapGenerator: [{name: a}, {name: b, literals: [a=b]}]\nsecretGenerator: [{name: c}]\n',
    });
    expect(built.match(/name: .*/g)).toEqual(['name: a-6ct58987ht', 'name: b-4h2mbtbbt6', 'name: c-46f8b28mk5']);
  });

  test('a component between base and root', () => {
    const files = {
      'kustomization.yaml': 'namePrefix: top-\nresources: [base]\ncomponents: [c]\n',
      'base/kustomization.yaml': 'namePrefix: b-\nresources: [x.yaml]\n',
      'base/x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      'c/kustomization.yaml': 'kind: Component\nnamePrefix: c1-\n',
    };
    expect(yaml(files)).toContain('name: top-c1-b-a\n');
  });
});

describe('objects', () => {
  const thing = (metadata: string, rest = ''): string =>
    `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x${metadata}}\n${rest}`;
  const built = (kustomization: string, metadata: string, rest = ''): string =>
    yaml({ 'kustomization.yaml': `resources: [x.yaml]\n${kustomization}`, 'x.yaml': thing(metadata, rest) });

  test('annotations are texts, labels are not', () => {
    const text = built(
      '',
      ', annotations: {a: 5, b: true, c: null, internal.config.kubernetes.io/id: x}, labels: {l: 5}',
    );
    expect(text).toContain('  annotations:\n    a: "5"\n    b: "true"\n    c: "null"\n  labels:\n    l: 5\n');
  });

  test('empty annotations vanish, empty labels stay', () => {
    expect(built('', ', annotations: {}, labels: {}')).toContain('metadata:\n  labels: {}\n  name: x\n');
    expect(built('', ', annotations: {config.k8s.io/id: x}')).toContain('metadata:\n  name: x\n');
  });

  test('prefixes stack outward', () => {
    const files = {
      'o/kustomization.yaml': 'resources: [../b]\nnamePrefix: o-\n',
      'b/kustomization.yaml': 'resources: [x.yaml]\nnamePrefix: b-\n',
      'b/x.yaml': 'kind: ConfigMap\nmetadata: {name: app}\n',
    };
    expect(yaml(files, '/o')).toContain('name: o-b-app\n');
  });

  test.each([
    ['{name: app, newName: x}', 'app:1@sha256:a', 'x:1@sha256:a'],
    ['{name: app, newTag: v2}', 'app:1@sha256:a', 'app:v2'],
    ['{name: app, digest: "sha256:b"}', 'app:1', 'app@sha256:b'],
    ['{name: app, newTag: v2, digest: "sha256:b"}', 'app:1', 'app:v2@sha256:b'],
    ['{name: "host:5000/app", newTag: v2}', 'host:5000/app', 'host:5000/app:v2'],
    ['{name: a.p, newTag: v2}', 'axp', 'axp:v2'],
    ['{name: app, tagSuffix: -x}', 'app:1.0', 'app:1.0-x-x'],
  ])('images: %s', (entry, image, result) => {
    const text = built(`images: [${entry}]\n`, '', `spec: {template: {spec: {containers: [{image: "${image}"}]}}}\n`);
    expect(text).toContain(`- image: ${result}\n`);
  });

  test.each([
    ['a.b.c', '{a: {b: {c: old}}}', 'a:\n  b:\n    c: new'],
    ['[a.b/c]', '{a.b/c: old}', 'a.b/c: new'],
    ['a\\.b', '{a.b: old}', 'a.b: new'],
    [
      'l.[name=x].v',
      '{l: [{name: my-x, v: 1}, {name: y, v: old}]}',
      'l:\n- name: my-x\n  v: new\n- name: "y"\n  v: old',
    ],
    ['l.[=x]', '{l: [x, y]}', 'l:\n- new\n- "y"'],
    ['l.1', '{l: [x, y]}', 'l:\n- x\n- new'],
    ['l.*', '{l: [x, y]}', 'l:\n- new\n- new'],
    ['json.a', '{json: \'{"b":1,"a":"old"}\'}', 'json: \'{"a":"new","b":1}\''],
    ['yaml.a', '{yaml: "a: old\\nb: 1"}', 'yaml: |-\n  a: new\n  b: 1'],
  ])('replacements at %s', (path, before, after) => {
    const source = before.replace('v: 1', 'v: "1"');
    const text = spec(
      Object.entries({ s: source }).map(([, value]) => value)[0] as string,
      `replacements:\n- sourceValue: new\n  targets: [{select: {kind: Thing}, fieldPaths: ['spec.${path}']}]\n`,
    );
    expect(text).toBe(`${after}\n`);
  });

  test.each([
    ['delimiter: "/", index: 0', 'new/b/c'],
    ['delimiter: "/", index: 1', 'a/new/c'],
    ['delimiter: "/", index: -1', 'new/a/b/c'],
    ['delimiter: "/", index: 9', 'a/b/c/new'],
  ])('replacements with %s', (options, result) => {
    const targets = `[{select: {kind: Thing}, fieldPaths: [spec.k], options: {${options}}}]`;
    expect(spec('k: a/b/c', `replacements: [{sourceValue: new, targets: ${targets}}]\n`)).toBe(`k: ${result}\n`);
  });

  test('what a replacement creates has no type', () => {
    const targets = '[{select: {kind: Thing}, fieldPaths: [spec.k, spec.m], options: {create: true}}]';
    expect(spec('k: old', `replacements: [{sourceValue: "5", targets: ${targets}}]\n`)).toBe('k: "5"\nm: 5\n');
  });

  test('transformations are noted in order', () => {
    const text = built(
      'namePrefix: p-\ncommonAnnotations: {a: b}\nbuildMetadata: [transformerAnnotations, originAnnotations]\n',
      '',
    );
    expect(text).toContain(`    alpha.config.kubernetes.io/transformations: |
      - configuredIn: kustomization.yaml
        configuredBy:
          apiVersion: builtin
          kind: PrefixTransformer
      - configuredIn: kustomization.yaml
        configuredBy:
          apiVersion: builtin
          kind: AnnotationsTransformer
    config.kubernetes.io/origin: |
      path: x.yaml
`);
  });

  test('vars keep the type of what they name', () => {
    const files = {
      'kustomization.yaml': `resources: [all.yaml]
namePrefix: p-
vars:
- {name: NAME, objref: {apiVersion: v1, kind: ConfigMap, name: c}}
- {name: PORT, objref: {apiVersion: v1, kind: ConfigMap, name: c}, fieldref: {fieldPath: data.port}}
`,
      'all.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {port: 80}
---
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{args: ["$(NAME)", "x-$(PORT)", "$$(NAME)", "$(OTHER)"], env: [{name: A, value: "$(PORT)"}]}]}
`,
    };
    const text = yaml(files);
    expect(text).toContain('  - args:\n    - p-c\n    - x-80\n    - $(NAME)\n    - $(OTHER)\n');
    expect(text).toContain('      value: 80\n');
  });
});

describe('generators', () => {
  const generated = (entry: string, files: Record<string, string> = {}): string =>
    yaml({
      'kustomization.yaml': `configMapGenerator:\n- name: c\n  options: {disableNameSuffixHash: true}\n${indent(entry, 2)}\n`,
      ...files,
    });

  test('literals lose one pair of quotes', () => {
    expect(generated(`literals: ['a="x"', "b='y'", 'c="z', 'd= e ', 'f=g=h']`)).toContain(
      `data:\n  a: x\n  b: "y"\n  c: '"z'\n  d: ' e '\n  f: g=h\n`,
    );
  });

  test('env files', () => {
    const env = '\ufeffa=1\n  # no\n\n  b = "2" \nc\r\nd=x=y';
    expect(generated('envs: [e]', { e: env })).toContain('data:\n  a: "1"\n  \'b \': \' "2" \'\n  c: ""\n  d: x=y\n');
  });

  test('files are kept byte for byte, and as base64 if they are no text', () => {
    const built = build(
      createMemoryFs({
        'kustomization.yaml': 'configMapGenerator: [{name: c, files: [t.txt, named=b.bin]}]\n',
        't.txt': 'a\r\nb\n',
        'b.bin': Uint8Array.from([0xff, 0x00]),
      }),
      '/',
    ).resources[0]?.object;
    expect(built).toMatchObject({ data: { 't.txt': 'a\r\nb\n' }, binaryData: { named: '/wA=' } });
  });

  test('secrets are base64 in lines of 70', () => {
    const secret = (value: string): unknown =>
      build(createMemoryFs({ 'kustomization.yaml': `secretGenerator: [{name: s, literals: ["k=${value}"]}]` }), '/')
        .resources[0]?.object.data;
    expect(secret('v')).toEqual({ k: 'dg==' });
    expect(secret('x'.repeat(51))).toEqual({ k: 'eHh4'.repeat(17) });
    expect(secret('x'.repeat(54))).toEqual({ k: `${'eHh4'.repeat(18).slice(0, 70)}\nh4\n` });
  });

  test('merge unites, replace does not', () => {
    const files = {
      'base/kustomization.yaml':
        'configMapGenerator: [{name: c, literals: [a=1, b=1], options: {labels: {l: x}}}]\nnamePrefix: p-\n',
    };
    const over = (behavior: string): unknown =>
      build(
        createMemoryFs({
          ...files,
          'kustomization.yaml': `resources: [base]\nconfigMapGenerator: [{name: c, behavior: ${behavior}, literals: [b=2]}]\n`,
        }),
        '/',
      ).resources[0]?.object;
    expect(over('merge')).toMatchObject({ data: { a: '1', b: '2' }, metadata: { labels: { l: 'x' } } });
    expect(over('replace')).toMatchObject({ data: { b: '2' }, metadata: { labels: { l: 'x' } } });
    expect((over('replace') as { data: object }).data).not.toHaveProperty('a');
    const alone = { 'kustomization.yaml': 'configMapGenerator: [{name: c, behavior: merge}]\n' };
    expect(failure(alone)).toContain('does not exist; cannot merge or replace');
    const twice = { 'kustomization.yaml': 'configMapGenerator: [{name: c}, {name: c, behavior: create}]\n' };
    expect(failure(twice)).toContain("exists; can not use behavior: 'create', behavior must be merge or replace");
  });
});

describe('traps', () => {
  const named = (apiVersion: string, kind: string, name = 'x'): string =>
    `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n`;

  test('a namespace moves what is not known to be cluster-scoped', () => {
    const built = build(
      createMemoryFs({
        'kustomization.yaml': 'resources: [all.yaml]\nnamespace: prod\n',
        'all.yaml': [
          named('v1', 'ConfigMap'),
          named('v1', 'Namespace'),
          named('rbac.authorization.k8s.io/v1', 'ClusterRole'),
          named('gateway.networking.k8s.io/v1', 'GatewayClass'),
          named('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'),
        ].join(''),
      }),
      '/',
    ).resources.map(({ object }) => object.metadata);
    const moved = { name: 'x', namespace: 'prod' };
    expect(built).toEqual([moved, { name: 'prod' }, { name: 'x' }, moved, moved]);
  });

  test('an object without a namespace and one in default collide', () => {
    const files = {
      'kustomization.yaml': 'resources: [all.yaml]\n',
      'all.yaml': `${named('v1', 'ConfigMap')}${named('v1', 'ConfigMap', 'x, namespace: default')}`,
    };
    expect(failure(files)).toContain(
      'may not add resource with an already registered id: ConfigMap.v1.[noGrp]/x.default',
    );
  });

  test('replicas find what had the name before', () => {
    const files = {
      'kustomization.yaml': 'resources: [base]\nreplicas: [{name: x, count: 3}]\n',
      'base/kustomization.yaml': 'resources: [d.yaml]\nnamePrefix: p-\n',
      'base/d.yaml': named('apps/v1', 'Deployment'),
    };
    expect(yaml(files)).toContain('  name: p-x\nspec:\n  replicas: 3\n');
  });

  test('patches without a match fail, unless they have a target', () => {
    const patched = (target: string): Files => ({
      'kustomization.yaml': `resources: [x.yaml]\npatches: [{patch: '{apiVersion: v1, kind: Secret, metadata: {name: y}}'${target}}]\n`,
      'x.yaml': named('v1', 'ConfigMap'),
    });
    expect(yaml(patched(', target: {kind: Secret}'))).toContain('name: x\n');
    expect(failure(patched(''))).toContain(
      'no resource matches strategic merge patch "Secret.v1.[noGrp]/y.[noNs]": no matches for Id Secret.v1.[noGrp]/y.[noNs]; failed to find unique target for patch Secret.v1.[noGrp]/y.[noNs]',
    );
  });

  test('local configuration can be a source and is not put out', () => {
    const files = {
      'kustomization.yaml': `resources: [all.yaml]
replacements: [{source: {kind: Local, fieldPath: v}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.k]}]}]
`,
      'all.yaml': `kind: Local\nmetadata: {name: l, annotations: {config.kubernetes.io/local-config: "true"}}\nv: new\n${named('v1', 'ConfigMap')}data: {k: old}\n`,
    };
    expect(yaml(files)).toBe('apiVersion: v1\ndata:\n  k: new\nkind: ConfigMap\nmetadata:\n  name: x\n');
  });

  test('the kustomization file is YAML 1.1, resources are not', () => {
    const files = {
      'kustomization.yaml': 'resources: [x.yaml]\ncommonLabels: {flag: yes}\n',
      'x.yaml': 'kind: A\nmetadata: {name: x}\nflag: yes\n',
    };
    expect(failure(files)).toContain(
      'json: cannot unmarshal bool into Go struct field Kustomization.commonLabels of type string',
    );
    expect(yaml({ ...files, 'kustomization.yaml': 'resources: [x.yaml]\n' })).toContain('flag: "yes"\n');
  });

  test('legacy order', () => {
    const files = {
      'kustomization.yaml':
        'resources: [all.yaml]\nsortOptions: {order: legacy, legacySortOptions: {orderFirst: [B], orderLast: [A]}}\n',
      'all.yaml': ['A', 'C', 'B', 'Namespace'].map((kind) => named('v1', kind)).join(''),
    };
    expect(yaml(files).match(/kind: .*/g)).toEqual(['kind: B', 'kind: C', 'kind: Namespace', 'kind: A']);
  });
});
