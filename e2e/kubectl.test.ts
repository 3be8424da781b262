import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findKubectl } from './lib/kubectl.ts';
import { runProgram } from './lib/program.ts';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';

const kubectl = findKubectl() ?? '';
const why = kubectl === '' ? ' (skipped: neither FLUVIAL_KUBECTL nor KUBEBUILDER_ASSETS has a kubectl)' : '';
const revision = `main@sha1:${'0123456789'.repeat(4)}`;
const source = 'https://example.com/podinfo.git';

/** A session with the real kubectl, in its order: each test goes on from the one before. */
describe.skipIf(kubectl === '')(`kubectl against flux dev${why}`, () => {
  let sandbox: SandboxProcess;
  let manifests: string;

  beforeAll(async () => {
    sandbox = await startSandboxProcess();
    await pushFiles(
      `${sandbox.registry}/e2e/podinfo:latest`,
      { 'settings.yaml': configMap('settings', 'x'), 'deployment.yaml': deployment },
      { source, revision },
    );
    manifests = podinfo(sandbox.registry);
  });
  afterAll(() => sandbox.stop());

  /** What it printed: the output, and after a failure the error as well. Ages are masked. */
  async function k(args: readonly string[], options: { stdin?: string; editor?: string } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await runProgram(kubectl, [...args], {
      env: {
        KUBECONFIG: sandbox.kubeconfig,
        HOME: sandbox.dir,
        KUBECTL_KUBERC: 'false',
        ...(options.editor === undefined ? {} : { KUBE_EDITOR: options.editor }),
      },
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
    return (exitCode === 0 ? stdout : `${stdout}${stderr}`).replace(/(?<=\s)\d+(\.\d+)?(ms|s|m)\b/g, 'AGE').trim();
  }
  const inFlux = (line: string) => k(['-n', 'flux-system', ...line.split(' ')]);

  test('apply creates, then leaves alone', async () => {
    expect(await k(['apply', '-f', '-'], { stdin: manifests })).toBe(
      'ocirepository.source.toolkit.fluxcd.io/podinfo created\nkustomization.kustomize.toolkit.fluxcd.io/podinfo created',
    );
    expect(await inFlux('wait --for=condition=Ready ocirepository/podinfo ks/podinfo --timeout=30s')).toBe(
      'ocirepository.source.toolkit.fluxcd.io/podinfo condition met\nkustomization.kustomize.toolkit.fluxcd.io/podinfo condition met',
    );
    expect(await k(['apply', '-f', '-'], { stdin: manifests })).toBe(
      'ocirepository.source.toolkit.fluxcd.io/podinfo unchanged\nkustomization.kustomize.toolkit.fluxcd.io/podinfo unchanged',
    );
  });

  test('get prints the columns of the kinds', async () => {
    const [head, row] = (await inFlux('get ocirepo')).split('\n');
    expect(head).toMatch(/^NAME +URL +READY +STATUS +AGE$/);
    expect(row).toMatch(/^podinfo +oci:\/\/\S+ +True +stored artifact for digest 'latest@sha256:[0-9a-f]{64}' +AGE$/);
    const [, applied] = (await inFlux('get ks -o wide')).split('\n');
    expect(applied).toMatch(/^podinfo +AGE +True +Applied revision: latest@sha256:[0-9a-f]{64}$/);
    expect(
      await k(['get', 'deployment,configmap', '-l', 'kustomize.toolkit.fluxcd.io/name=podinfo', '-o', 'name']),
    ).toBe('deployment.apps/podinfo\nconfigmap/settings');
    expect(await k(['rollout', 'status', 'deployment/podinfo'])).toBe('deployment "podinfo" successfully rolled out');
    expect((await k(['get', 'deployment', 'podinfo'])).split('\n')[1]).toMatch(/^podinfo +2\/2 +2 +2 +AGE$/);
  });

  test('get prints objects as YAML, JSON and by path', async () => {
    expect(await inFlux('get ks podinfo -o yaml')).toContain('\nkind: Kustomization\nmetadata:\n');
    const object = JSON.parse(await inFlux('get ocirepository podinfo -o json')) as { spec: { interval: string } };
    expect(object.spec.interval).toBe('10m');
    expect(await inFlux('get ks podinfo -o jsonpath={.status.inventory.entries[*].id}')).toBe(
      'default_settings__ConfigMap default_podinfo_apps_Deployment',
    );
    expect(await inFlux('get ks -o custom-columns=A:.metadata.name,B:.spec.prune')).toMatch(/^A +B\npodinfo +true$/);
  });

  test('describe shows where the artifact comes from', async () => {
    const text = await inFlux('describe ocirepository podinfo');
    for (const [key, value] of [
      ['created', '2026-01-01T00:00:00Z'],
      ['revision', revision],
      ['source', source],
    ] as const) {
      expect(text).toMatch(new RegExp(`^ +org\\.opencontainers\\.image\\.${key}: +${value.replace('+', '\\+')}$`, 'm'));
    }
    expect(text).toMatch(/^ +Normal +NewArtifact +AGE.* source-controller +stored artifact with revision/m);
  });

  test('events tells of the stored artifact and its origin', async () => {
    const text = await inFlux('events --for OCIRepository/podinfo');
    expect(text).toMatch(/Normal +NewArtifact +OCIRepository\/podinfo +stored artifact with revision 'latest@sha256:/);
    expect(text).toContain(`origin source '${source}', origin revision '${revision}'`);
  });

  test('label, annotate, patch, edit and replace change the object', async () => {
    const ks = 'kustomization.kustomize.toolkit.fluxcd.io/podinfo';
    expect(await inFlux('label ks podinfo team=a')).toBe(`${ks} labeled`);
    expect(await inFlux('annotate ks podinfo note=b')).toBe(`${ks} annotated`);
    expect(await inFlux('patch ks podinfo --type=merge -p {"spec":{"interval":"5m"}}')).toBe(`${ks} patched`);
    expect(await inFlux('patch ks podinfo --type=json -p [{"op":"remove","path":"/metadata/labels/team"}]')).toBe(
      `${ks} patched`,
    );
    expect(
      await k(['-n', 'flux-system', 'edit', 'ks', 'podinfo'], { editor: "sed -i 's/interval: 5m/interval: 6m/'" }),
    ).toBe(`${ks} edited`);
    const live = JSON.parse(await inFlux('get ks podinfo -o json')) as { spec: { interval: string } };
    expect(live.spec.interval).toBe('6m');
    live.spec.interval = '7m';
    expect(await k(['replace', '-f', '-'], { stdin: JSON.stringify(live) })).toBe(`${ks} replaced`);
    expect(
      await inFlux('get ks podinfo -o jsonpath={.spec.interval}/{.metadata.labels}/{.metadata.annotations.note}'),
    ).toBe('7m//b');
  });

  test('explain and api-resources know the kinds', async () => {
    expect(await k(['explain', 'ocirepository.spec.ref.semver'])).toContain('FIELD: semver <string>');
    expect(await k(['explain', 'deployment.spec.replicas'])).toContain('FIELD: replicas <integer>');
    expect((await k(['api-resources', '--api-group=apps', '-o', 'name'])).split('\n')).toContain('deployments.apps');
  });

  test('errors read as those of a cluster', async () => {
    expect(await inFlux('get ks none')).toBe(
      'Error from server (NotFound): kustomizations.kustomize.toolkit.fluxcd.io "none" not found',
    );
    expect(await inFlux('get nothing')).toBe('error: the server doesn\'t have a resource type "nothing"');
    expect(await k(['create', '-f', '-'], { stdin: manifests })).toContain(
      'ocirepositories.source.toolkit.fluxcd.io "podinfo" already exists',
    );
    const unknown = manifests.replace('prune: true', 'prune: true\n  pruned: true');
    expect(await k(['create', '-f', '-'], { stdin: unknown })).toContain(
      'strict decoding error: unknown field "spec.pruned"',
    );
  });

  test('delete goes through the finalizers and takes what was applied along', async () => {
    expect(await k(['delete', '-f', '-'], { stdin: manifests })).toBe(
      'ocirepository.source.toolkit.fluxcd.io "podinfo" deleted from flux-system namespace\nkustomization.kustomize.toolkit.fluxcd.io "podinfo" deleted from flux-system namespace',
    );
    expect(await k(['get', 'deployment', 'podinfo'])).toBe(
      'Error from server (NotFound): deployments.apps "podinfo" not found',
    );
  });

  test('the example of the repository applies as it stands', async () => {
    const file = path.join(fileURLToPath(new URL('../', import.meta.url)), 'examples/podinfo/app');
    expect(await k(['apply', '--dry-run=server', '-k', file])).toContain(
      'deployment.apps/podinfo created (server dry run)',
    );
  });
});

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
  replicas: 2
  selector:
    matchLabels: {app: podinfo}
  template:
    metadata:
      labels: {app: podinfo}
    spec:
      containers:
      - name: podinfo
        image: ghcr.io/stefanprodan/podinfo:6.1.5
`;

function podinfo(registry: string): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: podinfo
  namespace: flux-system
spec:
  interval: 10m
  url: oci://${registry}/e2e/podinfo
  ref:
    tag: latest
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: podinfo
  namespace: flux-system
spec:
  interval: 10m
  targetNamespace: default
  prune: true
  wait: true
  sourceRef:
    kind: OCIRepository
    name: podinfo
  path: ./
`;
}
