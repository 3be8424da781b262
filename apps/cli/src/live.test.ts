import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubeClient, type KubeClient, type KubeObject } from '@fluvial/kube';
import { createOciClient } from '@fluvial/oci';
import { type Sandbox, startSandbox } from '@fluvial/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runForTest, splitLine, temporaryFolder } from './testing/run-transcript.ts';

// A real API server and a real registry of this process; no controllers, so status is what the tests write.
const folder = temporaryFolder({
  'app/deploy.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n',
  'app/readme.md': 'hello\n',
  'other/deploy.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n',
});
let sandbox: Sandbox;
let kube: KubeClient;
let env: Record<string, string>;

beforeAll(async () => {
  sandbox = await startSandbox({ dir: join(folder.path, 'state') });
  sandbox.announce();
  env = { HOME: folder.path, KUBECONFIG: join(folder.path, 'state', 'kubeconfig') };
  const { loadKubeConfig } = await import('@fluvial/kube');
  kube = createKubeClient(await loadKubeConfig({ env }));
});

afterAll(async () => {
  await kube?.close();
  await sandbox?.close();
  folder.remove();
});

const flux = (line: string, stdin = ''): Promise<Outcome> =>
  runForTest(splitLine(line), { cwd: folder.path, env, stdin });

const source = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };
const kustomization = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
const hex = '0123456789abcdef'.repeat(4);

async function setStatus(kind: { apiVersion: string; kind: string }, name: string, status: unknown): Promise<void> {
  await kube.patch(kind, name, 'flux-system', { type: 'merge', subresource: 'status', body: { status } });
}

function ready(message: string, status = 'True') {
  const lastTransitionTime = '2026-01-02T03:04:05Z';
  return [{ type: 'Ready', status, reason: 'Test', message, lastTransitionTime, observedGeneration: 1 }];
}

describe('flux on a cluster', () => {
  test('get, export, suspend, resume, trace, tree, events, delete', async () => {
    const empty = await flux('get sources oci');
    expect(empty).toEqual({
      exit: 1,
      stdout: '',
      stderr: '✗ no OCIRepository objects found in "flux-system" namespace\n',
    });

    const spec = { interval: '600s', url: 'oci://registry.test/app', ref: { tag: '1.0.0' } };
    await kube.create({ ...source, metadata: { name: 'app', namespace: 'flux-system' }, spec });
    await setStatus(source, 'app', {
      observedGeneration: 1,
      conditions: ready(`stored artifact for digest '1.0.0@sha256:${hex}'`),
      artifact: {
        digest: `sha256:${hex}`,
        lastUpdateTime: '2026-01-02T03:04:05Z',
        path: 'x',
        url: 'http://x',
        size: 1536,
        revision: `1.0.0@sha256:${hex}`,
        metadata: { 'org.opencontainers.image.revision': 'main@sha1:abc' },
      },
    });
    const ks = { interval: '10m', path: './', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } };
    await kube.create({ ...kustomization, metadata: { name: 'app', namespace: 'flux-system' }, spec: ks });
    await setStatus(kustomization, 'app', {
      observedGeneration: 1,
      conditions: ready('Applied revision'),
      lastAppliedRevision: `1.0.0@sha256:${hex}`,
      inventory: { entries: [{ id: 'flux-system_one__ConfigMap', v: 'v1' }] },
    });

    expect((await flux('get sources oci')).stdout).toBe(
      [
        `NAME\tREVISION             \tSUSPENDED\tREADY\t${'MESSAGE'.padEnd(50)} `,
        "app \t1.0.0@sha256:01234567\tFalse    \tTrue \tstored artifact for digest '1.0.0@sha256:01234567'\t",
        '',
      ].join('\n'),
    );
    const all = await flux('get all --no-header --status-selector ready=true');
    expect(all.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'ocirepository/app',
      '',
      'kustomization/app',
      '',
      '',
    ]);
    expect((await flux('get ks --status-selector ready')).stderr).toBe(
      '✗ expected status selector in type=status or type!=status format, but found: ready\n',
    );
    expect((await flux('get ks -l app!=two')).stderr).toBe(
      '✗ unable to parse label selector: "!=" is not a valid label selector operator\n',
    );

    expect((await flux('export source oci app')).stdout).toBe(
      [
        '---',
        'apiVersion: source.toolkit.fluxcd.io/v1',
        'kind: OCIRepository',
        'metadata:',
        '  name: app',
        '  namespace: flux-system',
        'spec:',
        '  interval: 10m0s',
        '  provider: generic',
        '  ref:',
        '    tag: 1.0.0',
        '  timeout: 1m0s',
        '  url: oci://registry.test/app',
        '',
      ].join('\n'),
    );

    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'app',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    };
    const one: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'flux-system', labels },
    };
    await kube.create(one);
    const trace = await flux('trace cm one');
    expect(trace.stderr).toBe('');
    expect(trace.stdout).toContain('Kustomization:   app\n');
    expect(trace.stdout).toContain('Origin Revision: main@sha1:abc\n\nStatus:          Last reconciled at 2026-01-0');
    expect((await flux('trace widget one')).stderr).toBe('✗ the server doesn\'t have a resource type "widget"\n');
    expect((await flux('trace cm none')).stderr).toBe('✗ x: configmaps "none" not found\n');
    expect((await flux('tree ks app')).stdout).toBe('Kustomization/flux-system/app\n└── ConfigMap/flux-system/one\n\n');
    expect((await flux('stats')).stdout).toContain('1.5 KiB');

    const involvedObject = { ...kustomization, name: 'app', namespace: 'flux-system' };
    const time = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z/, 'Z');
    await kube.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace: 'flux-system' },
      involvedObject,
      type: 'Normal',
      reason: 'Test',
      message: 'done',
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
    expect((await flux('events --for ks/app')).stdout.split('\n')[1]).toBe(
      '60m      \tNormal\tTest  \tKustomization/app\tdone   \t',
    );
    expect((await flux('events --types=Warning')).stderr).toBe('✗ No events found in flux-system namespace.\n');

    expect((await flux('suspend ks app none')).stderr).toBe(
      '► suspending kustomization app in flux-system namespace\n✔ kustomization suspended\n✗ Kustomization none not found in flux-system namespace\n',
    );
    expect((await flux('reconcile ks app')).stderr).toBe('✗ resource is suspended\n');
    expect((await flux('resume ks app --wait=false')).stderr).toBe(
      '► resuming kustomization app in flux-system namespace\n✔ kustomization resumed\n',
    );
    expect((await kube.get(kustomization, 'app', 'flux-system'))['spec']).not.toHaveProperty('suspend');

    expect(await flux('delete ks app', 'n\n')).toEqual({ exit: 1, stdout: '', stderr: '✗ aborting\n' });
    expect((await flux('delete ks app', 'y\n')).stderr).toBe(
      '► deleting kustomization app in flux-system namespace\n✔ kustomization deleted\n',
    );
    expect((await flux('export ks app')).stderr).toBe('✗ kustomizations.kustomize.toolkit.fluxcd.io "app" not found\n');
  });

  test('create and reconcile wait for the controller', async () => {
    const created = flux('create source oci late --url=oci://registry.test/late --tag=1 --timeout=30s');
    await until(async () => (await kube.find(source, 'late', 'flux-system')) !== undefined);
    await setStatus(source, 'late', {
      observedGeneration: 1,
      conditions: ready('ok'),
      artifact: {
        digest: `sha256:${hex}`,
        lastUpdateTime: '2026-01-02T03:04:05Z',
        path: 'x',
        url: 'http://x',
        revision: '1@sha256:ab',
      },
    });
    expect((await created).stderr).toBe(
      [
        '► applying OCIRepository',
        '✔ OCIRepository created',
        '◎ waiting for OCIRepository reconciliation',
        '✔ OCIRepository reconciliation completed',
        '✔ fetched revision: 1@sha256:ab',
        '',
      ].join('\n'),
    );

    const reconciled = flux('reconcile source oci late --timeout=30s');
    let requested: string | undefined;
    await until(async () => {
      const { annotations } = (await kube.get(source, 'late', 'flux-system')).metadata;
      requested = annotations?.['reconcile.fluxcd.io/requestedAt'];
      return requested !== undefined;
    });
    expect(requested).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    await setStatus(source, 'late', { lastHandledReconcileAt: requested });
    expect((await reconciled).stderr.split('\n').slice(-2)).toEqual(['✔ fetched revision 1@sha256:ab', '']);
  });

  test('what never comes ends at the deadline', async () => {
    const { exit, stderr } = await flux(
      'create source oci never --url=oci://registry.test/never --tag=1 --timeout=300ms',
    );
    expect(exit).toBe(1);
    expect(stderr.split('\n').at(-2)).toBe('✗ context deadline exceeded');
  });

  test('__complete offers names, sub-commands and flags', async () => {
    expect((await flux('__complete get sources oci la')).stdout).toBe('late\n:4\n');
    expect((await flux('__complete push ""')).stdout).toBe('artifact\tPack a folder and push it as an artifact\n:4\n');
    expect((await flux('__complete create source oci x --provider=')).stdout).toBe(
      '--provider=generic\n--provider=aws\n--provider=azure\n--provider=gcp\n:4\n',
    );
    expect((await flux('__complete -n flux-')).stdout).toBe('flux-system\n:4\n');
  });

  test('create secret stores what it says', async () => {
    expect((await flux('create secret oci auth --url=registry.test --username=u --password=p')).stderr).toBe(
      "► oci secret 'auth' created in 'flux-system' namespace\n",
    );
    const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret' }, 'auth', 'flux-system');
    expect(secret['type']).toBe('kubernetes.io/dockerconfigjson');
    const config = Buffer.from((secret['data'] as Record<string, string>)['.dockerconfigjson']!, 'base64').toString();
    expect(JSON.parse(config).auths['registry.test'].auth).toBe('dTpw');
  });
});

describe('artifacts', () => {
  test('push, list, tag, diff, pull', async () => {
    const repository = `${sandbox.registry.address}/app`;
    const pushed = await flux(
      `push artifact oci://${repository}:1.0.0 --path=app --source=https://git.test/app --revision=main@sha1:abc --reproducible`,
    );
    expect(pushed.exit).toBe(0);
    expect(pushed.stderr).toMatch(
      /^► pushing artifact to [^\n]+:1\.0\.0\n✔ artifact successfully pushed to [^\n]+@sha256:[0-9a-f]{64}\n$/,
    );
    const again = await flux(
      `push artifact oci://${repository}:1.0.1 --path=app --source=https://git.test/app --revision=main@sha1:abc --reproducible -o json`,
    );
    const info = JSON.parse(again.stdout) as { digest: string; tag: string };
    expect(pushed.stderr).toContain(info.digest);
    expect(info.tag).toBe('1.0.1');

    expect((await flux(`tag artifact oci://${repository}:1.0.0 --tag=latest,stable`)).stderr).toBe(
      `► tagging artifact\n✔ artifact tagged as ${repository}:latest\n✔ artifact tagged as ${repository}:stable\n`,
    );
    const listed = await flux(`list artifacts oci://${repository} --filter-semver=1.x`);
    expect(listed.stdout.split('\n').map((line) => line.split('\t')[0]!.trim())).toEqual([
      'ARTIFACT',
      `${repository}:1.0.1`,
      `${repository}:1.0.0`,
      '',
    ]);

    expect((await flux(`diff artifact oci://${repository}:stable --path=app`)).stderr).toBe('✔ no changes detected\n');
    expect(await flux(`diff artifact oci://${repository}:stable --path=other`)).toEqual({
      exit: 1,
      stdout: '',
      stderr: '✗ the remote artifact contents differs from the local one\n',
    });

    const out = temporaryFolder();
    try {
      expect((await flux(`pull artifact oci://${repository}:stable -o ${out.path}`)).exit).toBe(0);
      expect(readFileSync(join(out.path, 'readme.md'), 'utf8')).toBe('hello\n');
    } finally {
      out.remove();
    }
    expect((await flux(`pull artifact oci://${repository}:none -o app`)).stderr).toContain('MANIFEST_UNKNOWN');
  });

  test('pull keeps what is no archive out of folders', async () => {
    const repository = `${sandbox.registry.address}/raw`;
    const client = createOciClient();
    try {
      const layer = await client.pushBlob(repository, Buffer.from('plain text'), { mediaType: 'text/plain' });
      const config = await client.pushBlob(repository, Buffer.from('{}'), { mediaType: 'application/json' });
      const manifest = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config,
        layers: [layer],
      };
      const bytes = Buffer.from(JSON.stringify(manifest));
      await client.pushManifest(`${repository}:1`, bytes, { mediaType: manifest.mediaType });
    } finally {
      await client.close();
    }
    const { exit, stderr } = await flux(`pull artifact oci://${repository}:1 -o app`);
    expect(exit).toBe(1);
    expect(stderr).toContain('✗ open app: is a directory');
  });
});

describe('build and diff', () => {
  test('a local folder against the cluster', async () => {
    writeFileSync(
      join(folder.path, 'ks.yaml'),
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec:\n  interval: 1m\n  prune: true\n  targetNamespace: default\n  sourceRef: {kind: OCIRepository, name: app}\n',
    );
    const built = await flux('build ks web --path=app --kustomization-file=ks.yaml --dry-run');
    expect(built.stderr).toBe('');
    expect(built.stdout).toContain('  name: one\n  namespace: default\n---\n');
    const line = 'diff ks web --path=app --kustomization-file=ks.yaml --ignore-not-found';
    const fresh = await flux(line);
    expect(fresh.stdout).toBe('► ConfigMap/default/one created\n');
    expect(fresh.stderr).toBe('⚠️ identified at least one change, exiting with non-zero exit code\n');
    expect(fresh.exit).toBe(1);
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'default' },
      data: { a: '1' },
    };
    await kube.create<KubeObject>(object, { fieldManager: 'kubectl' });
    const drifted = await flux(line);
    expect(drifted.stdout).toContain(
      '► ConfigMap/default/one drifted\n\nmetadata\n+ one map entry added:\n  labels:\n',
    );
    expect((await flux('diff ks web --path=absent')).exit).toBe(2);
  });
});

async function until(probe: () => Promise<boolean>): Promise<void> {
  while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 20));
}
