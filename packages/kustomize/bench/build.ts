/**
 * Builds large trees with this package and, if FLUVIAL_KUBECTL names a kubectl (the command finds one by itself), with the
 * original beside it.
 *
 *     npm run bench -- kustomize
 *
 * Prints milliseconds: a cold process each (this package bundled into one file), and this package warm in one process.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { build, createDirectoryFs } from '../src/index.ts';

const deployment = (i: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: d${i}
spec:
  selector:
    matchLabels:
      app: d${i}
  template:
    metadata:
      labels:
        app: d${i}
    spec:
      serviceAccountName: d${i}
      containers:
      - name: c
        image: nginx:1
        env:
        - name: A
          valueFrom:
            configMapKeyRef:
              name: c${i}
              key: a
`;
const rest = (i: number): string => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: d${i}
---
apiVersion: v1
kind: Service
metadata:
  name: d${i}
spec:
  selector:
    app: d${i}
  ports:
  - port: 80
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: c${i}
data:
  a: "${i}"
`;

type Files = Record<string, string>;

function overlay(applications: number): Files {
  const files: Files = {};
  let resources = 'resources:\n';
  for (let i = 0; i < applications; i++) {
    files[`a/f${i}.yaml`] = `${deployment(i)}---\n${rest(i)}`;
    resources += `- f${i}.yaml\n`;
  }
  let patches = 'patches:\n';
  for (let i = 0; i < 50; i++) {
    patches += `- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: d${i}
    spec:
      replicas: 3
`;
  }
  files['a/kustomization.yaml'] =
    `${resources}namePrefix: p-\nlabels:\n- pairs:\n    team: x\n  includeSelectors: true\nimages:\n- name: nginx\n  newTag: "2"\n${patches}`;
  return files;
}

function deep(bases: number): Files {
  const files: Files = {};
  for (let i = 0; i < bases; i++) {
    const next = i + 1 < bases ? `- ../b${i + 1}\n` : '';
    const dir = i === 0 ? 'a' : `b${i}`;
    files[`${dir}/kustomization.yaml`] = `resources:\n- all.yaml\n${next}namePrefix: p-\n`;
    files[`${dir}/all.yaml`] = `${deployment(i)}---\n${rest(i)}`;
  }
  return files;
}

const root = mkdtempSync(join(tmpdir(), 'fluvial-kustomize-bench-'));
try {
  const script = join(root, 'main.mjs');
  await bundle({
    stdin: {
      contents: "import { main } from './main.ts'; process.exitCode = main(process.argv.slice(2), process);",
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
      loader: 'ts',
    },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@fluvial/source'],
  });
  const trees: [string, Files][] = [
    ['4 objects', overlay(1)],
    ['4000 objects, 50 patches', overlay(1000)],
    ['190 nested bases, 760 objects', deep(190)],
  ];
  for (const [name, files] of trees) {
    if (name === '4 objects')
      files['a/kustomization.yaml'] = (files['a/kustomization.yaml'] as string).replace(/patches:[\s\S]*/, '');
    const tree = join(root, name.replaceAll(/\W+/g, '-'));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    }
    const dir = join(tree, 'a');
    const ours = cold([process.execPath, script, 'build', '--load-restrictor=LoadRestrictionsNone', dir]);
    const kubectl = process.env.FLUVIAL_KUBECTL;
    const original = kubectl ? cold([kubectl, 'kustomize', '--load-restrictor=LoadRestrictionsNone', dir]) : undefined;
    const warmMs = warm(tree, dir);
    const row = {
      tree: name,
      coldMs: ours.ms,
      warmMs,
      ...(original === undefined
        ? {}
        : {
            originalColdMs: original.ms,
            coldRatio: round(ours.ms / original.ms),
            warmRatio: round(warmMs / original.ms),
            equal: ours.output === original.output,
          }),
    };
    console.log(JSON.stringify(row));
  }
} finally {
  rmSync(root, { recursive: true });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function cold([command, ...args]: string[]): { ms: number; output: string } {
  let ms = Number.POSITIVE_INFINITY;
  let output = '';
  // Best of three, unless one alone takes its time.
  const until = performance.now() + 10_000;
  for (let i = 0; i < 3 && (i === 0 || performance.now() < until); i++) {
    const start = performance.now();
    const result = spawnSync(command as string, args, { maxBuffer: 1 << 30 });
    ms = Math.min(ms, performance.now() - start);
    output = result.stdout.toString();
    if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr.toString().slice(0, 500)}`);
  }
  return { ms: round(ms), output };
}

function warm(tree: string, dir: string): number {
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 3000;
  for (let i = 0; i < 200 && (i < 5 || performance.now() < until); i++) {
    const start = performance.now();
    build(createDirectoryFs(tree), dir).yaml();
    best = Math.min(best, performance.now() - start);
  }
  return round(best);
}
