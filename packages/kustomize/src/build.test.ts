import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { build, createDirectoryFs, createMemoryFs, KustomizeError } from './index.ts';

const configMap = (name: string, extra = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${extra}`;

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

function onDisk(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'fluvial-kustomize-'));
  directories.push(directory);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

function failure(run: () => unknown): KustomizeError {
  try {
    run();
  } catch (error) {
    if (error instanceof KustomizeError) return error;
    throw error;
  }
  throw new Error('expected a KustomizeError');
}

describe('build', () => {
  test('tells objects, texts, origins, inputs and warnings', () => {
    const fs = createMemoryFs({
      'app/kustomization.yaml': 'resources: [../base]\ncommonLabels: {a: b}\nconfigMapGenerator: [{name: g}]\n',
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `# first\n${configMap('one')}---\n${configMap('two')}`,
    });
    const result = build(fs, '/app');
    expect(result.resources.map(({ object, origin }) => [(object.metadata as { name: string }).name, origin])).toEqual([
      ['one', { file: 'base/all.yaml', index: 0, line: 2 }],
      ['two', { file: 'base/all.yaml', index: 1, line: 7 }],
      [
        'g-6ct58987ht',
        { file: '', index: 0, line: 0, configuredIn: 'app/kustomization.yaml', generator: 'ConfigMapGenerator' },
      ],
    ]);
    expect(result.yaml()).toBe(result.resources.map((resource) => resource.text()).join('---\n'));
    expect(result.inputs.filter(({ digest }) => digest !== 'absent').map(({ path }) => path)).toEqual([
      '/app/kustomization.yaml',
      '/base/all.yaml',
      '/base/kustomization.yaml',
    ]);
    expect(result.inputs.some(({ path, digest }) => path === '/app/Kustomization' && digest === 'absent')).toBe(true);
    expect(result.warnings).toHaveLength(1);
  });

  test('takes an object for the root kustomization', () => {
    const fs = createMemoryFs({ 'app/x.yaml': configMap('x'), 'app/kustomization.yaml': 'broken: [' });
    const rootKustomization = { content: { resources: ['x.yaml'], namePrefix: 'p-', namespace: 'n' } };
    expect(build(fs, '/app', { rootKustomization }).yaml()).toBe(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: p-x\n  namespace: "n"\n',
    );
  });

  test('shares nothing between builds', () => {
    const fs = createMemoryFs({
      'kustomization.yaml': 'resources: [x.yaml]\nnamePrefix: p-\n',
      'x.yaml': configMap('x'),
    });
    const first = build(fs, '/');
    (first.resources[0]?.object.metadata as { name: string }).name = 'changed';
    expect(build(fs, '/').yaml()).toContain('name: p-x\n');
  });

  test('lets a JSON patch add the first annotation', () => {
    const fs = createMemoryFs({
      'kustomization.yaml':
        'resources: [x.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    - {op: add, path: /metadata/annotations/a~1b, value: c}\n',
      'x.yaml': configMap('x'),
    });
    expect(build(fs, '/').yaml()).toContain('  annotations:\n    a/b: c\n');
  });

  test('orders as asked', () => {
    const fs = createMemoryFs({
      'kustomization.yaml': 'resources: [x.yaml]\n',
      'x.yaml': `${configMap('x')}---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n`,
    });
    const kinds = (order: 'none' | 'legacy'): unknown[] =>
      build(fs, '/', { order }).resources.map(({ object }) => object.kind);
    expect(kinds('none')).toEqual(['ConfigMap', 'Namespace']);
    expect(kinds('legacy')).toEqual(['Namespace', 'ConfigMap']);
  });
});

describe('build refuses', () => {
  const outside: [string, string][] = [
    ['resources', 'resources: [../../../../etc/passwd]'],
    ['absolute resources', 'resources: [/etc/passwd]'],
    ['files', 'configMapGenerator: [{name: x, files: [/proc/self/environ]}]'],
    ['envs', 'secretGenerator: [{name: x, envs: [../../etc/passwd]}]'],
    ['patches', 'resources: [x.yaml]\npatches: [{path: /etc/passwd}]'],
    ['patchesStrategicMerge', 'resources: [x.yaml]\npatchesStrategicMerge: [/etc/passwd]'],
    ['patchesJson6902', 'resources: [x.yaml]\npatchesJson6902: [{target: {kind: A, name: b}, path: /etc/passwd}]'],
    ['components', 'components: [../../etc]'],
    ['openapi', 'resources: [x.yaml]\nopenapi: {path: /etc/passwd}'],
    ['replacements', 'resources: [x.yaml]\nreplacements: [{path: /etc/passwd}]'],
    ['crds', 'resources: [x.yaml]\ncrds: [/etc/passwd]'],
    ['configurations', 'resources: [x.yaml]\nconfigurations: [/etc/passwd]'],
    ['generators', 'generators: [/etc/passwd]'],
    ['transformers', 'resources: [x.yaml]\ntransformers: [/etc/passwd]'],
    ['a symlink to a file', 'resources: [passwd.yaml]'],
    ['a symlink to a directory', 'resources: [etc/passwd]'],
  ];

  test.each(outside)('paths that leave the root: %s', (_, kustomization) => {
    const root = onDisk({ 'app/kustomization.yaml': kustomization, 'app/x.yaml': configMap('x') });
    symlinkSync('/etc/passwd', join(root, 'app/passwd.yaml'));
    symlinkSync('/etc', join(root, 'app/etc'));
    const error = failure(() => build(createDirectoryFs(root), join(root, 'app')));
    expect(error.message).not.toContain('root:x:0');
    expect(error.message).toMatch(/is not in or below|not a valid directory/);
  });

  test('fifos and other special files', () => {
    const root = onDisk({ 'kustomization.yaml': 'resources: [null.yaml]\n' });
    symlinkSync('/dev/zero', join(root, 'null.yaml'));
    failure(() => build(createDirectoryFs(root), root));
  });

  test('cycles', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../a]\n',
      'c/kustomization.yaml': 'resources: [.]\n',
    };
    expect(failure(() => build(createMemoryFs(files), '/a')).message).toContain('cycle detected');
    expect(failure(() => build(createMemoryFs(files), '/c')).message).toContain('cycle detected');
    const root = onDisk({ 'a/kustomization.yaml': 'resources: [loop]\n' });
    symlinkSync('.', join(root, 'a/loop'));
    expect(failure(() => build(createDirectoryFs(root), join(root, 'a'))).message).toContain('cycle detected');
  });

  test('chains that are too deep and builds that are too large', () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 300; i++) files[`d${i}/kustomization.yaml`] = `resources: [../d${i + 1}]\n`;
    files['d300/kustomization.yaml'] = 'configMapGenerator: [{name: x}]\n';
    expect(failure(() => build(createMemoryFs(files), '/d0')).code).toBe('LIMIT');
    const many = { 'kustomization.yaml': 'resources: [x.yaml]\n', 'x.yaml': `${configMap('x')}---\n${configMap('y')}` };
    expect(failure(() => build(createMemoryFs(many), '/', { maxResources: 1 })).code).toBe('LIMIT');
  });

  test.each([
    'https://169.254.169.254/x.yaml',
    'http://127.0.0.1:9090/',
    'file:///etc',
    'github.com/org/repo//path?ref=v1',
    'git::https://host/org/repo',
    'git@host:org/repo.git',
  ])('remote resources without a loader: %s', (url) => {
    const fs = createMemoryFs({ 'kustomization.yaml': `resources: ["${url}"]\n` });
    expect(failure(() => build(fs, '/')).message).toContain('remote resources are not allowed');
  });

  test('Helm charts', () => {
    const fs = createMemoryFs({ 'kustomization.yaml': 'helmCharts: [{name: x}]\n' });
    const error = failure(() => build(fs, '/'));
    expect(error.code).toBe('REFUSED');
    expect(error.message).toContain('must specify --enable-helm');
  });

  test('runaway patterns in linear time', () => {
    const fs = createMemoryFs({
      'kustomization.yaml':
        'resources: [x.yaml]\npatches: [{target: {name: "(a+)+$"}, patch: "[{\\"op\\": \\"remove\\", \\"path\\": \\"/x\\"}]"}]\nimages: [{name: "(a|a)*", newTag: x}]\n',
      'x.yaml': configMap(`${'a'.repeat(5000)}!`, `spec: {containers: [{image: "${'a'.repeat(5000)}!"}]}\n`),
    });
    build(fs, '/');
  });
});

test('build keeps __proto__ as data', () => {
  const fs = createMemoryFs({
    'kustomization.yaml':
      'resources: [x.yaml]\npatches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {__proto__: {polluted: yes}, constructor: c}}"}]\n',
    'x.yaml': configMap('x', 'data: {a: b}\n'),
  });
  const [resource] = build(fs, '/').resources;
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(resource?.text()).toContain('__proto__:\n    polluted: "yes"');
});

test('a remote loader supplies files and repositories', () => {
  const fs = createMemoryFs({
    'kustomization.yaml': 'resources: ["https://h/x.yaml", "https://h/org/repo//app?ref=v1"]\n',
  });
  const remote = {
    readFile(url: string) {
      if (url !== 'https://h/x.yaml')
        throw new KustomizeError('RESOURCE_INVALID', 'HTTP Error: status code 404 (Not Found)');
      return Buffer.from(configMap('x'));
    },
    readRepository: () => ({
      fs: createMemoryFs({ 'app/kustomization.yaml': 'resources: [y.yaml]\n', 'app/y.yaml': configMap('y') }),
      dir: '/app',
    }),
  };
  expect(build(fs, '/', { remote }).resources.map(({ object }) => (object.metadata as { name: string }).name)).toEqual([
    'x',
    'y',
  ]);
});

describe('build survives hostile YAML', () => {
  const built = (content: string): unknown =>
    build(createMemoryFs({ 'kustomization.yaml': 'resources: [x.yaml]\n', 'x.yaml': configMap('x', content) }), '/');

  test('alias bombs and depth', () => {
    let bomb = 'data:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 12; i++)
      bomb += `  a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    failure(() => built(bomb));
    failure(() => built(`data: ${'['.repeat(100_000)}`));
  });

  test('duplicate keys, and merge keys that carry __proto__', () => {
    expect(failure(() => built('data: {a: b}\ndata: {c: d}\n')).message).toContain('already defined');
    built('data: {<<: {__proto__: {polluted: "1"}, constructor: c}, k: v}\n');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test('build ends components that go too deep, and at its time limit', () => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 10_000; i++) files[`c${i}/kustomization.yaml`] = `kind: Component\ncomponents: [../c${i + 1}]\n`;
  files['kustomization.yaml'] = 'components: [c0]\n';
  expect(failure(() => build(createMemoryFs(files), '/')).code).toBe('LIMIT');
  const small = createMemoryFs({ 'kustomization.yaml': 'configMapGenerator: [{name: x}]\n' });
  expect(failure(() => build(small, '/', { maxMs: -1 })).code).toBe('ABORTED');
});
