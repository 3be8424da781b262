import type { KubeObject } from '@fluvial/kube';
import { parseYaml } from '@fluvial/yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from './lib/program.ts';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { configMaps, kustomizations, ociRepositories, waitFor, waitForReady } from './lib/wait-for.ts';

const kubectl = process.env['FLUVIAL_KUBECTL'];
let sandbox: SandboxProcess;

beforeAll(async () => {
  sandbox = await startSandboxProcess();
  const files = {
    'kustomize/kustomization.yaml': 'resources: [deployment.yaml, settings.yaml]\n',
    'kustomize/settings.yaml': configMap('settings', 'x'),
    'kustomize/deployment.yaml': deployment,
  };
  for (const tag of ['latest', '1.2.0', '0.9.0']) {
    await pushFiles(`${sandbox.registry}/stefanprodan/manifests/podinfo:${tag}`, rooted(files), {
      source: 'https://github.com/stefanprodan/podinfo',
      revision: `${tag}@sha1:b3b00fe35424a45d373bf4c7214178bc36fd7872`,
    });
  }
});
afterAll(() => sandbox.stop());

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
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

// The folder that is pushed is the kustomization itself.
function rooted(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name.replace('kustomize/', ''), text]));
}

/** As people wrote it in 2022. */
function manifests(registry: string): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: OCIRepository
metadata:
  name: podinfo
  namespace: flux-system
spec:
  interval: 10m
  url: oci://${registry}/stefanprodan/manifests/podinfo
  ref:
    tag: latest
---
apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: podinfo
  namespace: flux-system
spec:
  interval: 10m
  targetNamespace: default
  sourceRef:
    kind: OCIRepository
    name: podinfo
  path: ./
`;
}

function staging(): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: podinfo-staging
  namespace: flux-system
spec:
  interval: 10m
  targetNamespace: staging
  prune: true
  wait: true
  timeout: 2m
  retryInterval: 5m
  sourceRef:
    kind: OCIRepository
    name: podinfo
  path: ./
  patches:
    - patch: |
        - op: add
          path: /metadata/annotations/env
          value: staging
      target:
        kind: Deployment
        name: podinfo
`;
}

/** Through the real kubectl where there is one, else through our own client: the server must take both. */
async function applyText(text: string): Promise<void> {
  if (kubectl === undefined) {
    for (const object of parseYaml(text) as KubeObject[])
      await sandbox.kube.create(object, { fieldManager: 'kubectl' });
    return;
  }
  const { exitCode, stderr } = await runProgram(kubectl, ['apply', '-f', '-'], {
    env: { KUBECONFIG: sandbox.kubeconfig },
    stdin: text,
  });
  expect(exitCode, stderr).toBe(0);
}

describe('manifests of 2022', () => {
  test('an OCIRepository and a Kustomization without prune become Ready', async () => {
    await applyText(manifests(sandbox.registry));
    await waitForReady(sandbox.kube, ociRepositories, 'flux-system', 'podinfo');
    await waitForReady(sandbox.kube, kustomizations, 'flux-system', 'podinfo');
    await sandbox.kube.get({ apiVersion: 'apps/v1', kind: 'Deployment' }, 'podinfo', 'default');
  });

  test('the staging Kustomization waits for health and carries its JSON patch', async () => {
    await sandbox.kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'staging' } });
    await applyText(staging());
    await waitForReady(sandbox.kube, kustomizations, 'flux-system', 'podinfo-staging');
    const found = await sandbox.kube.get({ apiVersion: 'apps/v1', kind: 'Deployment' }, 'podinfo', 'staging');
    expect(found.metadata.annotations?.['env']).toBe('staging');
  });

  test('a semver range follows the newest tag in it', async () => {
    await sandbox.kube.patch(
      { ...ociRepositories, apiVersion: 'source.toolkit.fluxcd.io/v1beta2' },
      'podinfo',
      'flux-system',
      {
        type: 'merge',
        fieldManager: 'e2e',
        body: { spec: { ref: { tag: null, semver: '>=1.0.0' } } },
      },
    );
    await waitForReady(sandbox.kube, ociRepositories, 'flux-system', 'podinfo', { message: /1\.2\.0@sha256:/ });
  });

  test('what one Kustomization without prune no longer has stays', async () => {
    await pushFiles(
      `${sandbox.registry}/stefanprodan/manifests/podinfo:1.3.0`,
      rooted({ 'kustomize/deployment.yaml': deployment }),
    );
    const end = await sandbox.flux(['reconcile', 'kustomization', 'podinfo', '--with-source', '-n', 'flux-system']);
    expect(end.exitCode, end.stderr).toBe(0);
    await waitFor('the new revision', async () => {
      const { status } = await sandbox.kube.get(kustomizations, 'podinfo', 'flux-system');
      return (status as { lastAppliedRevision: string }).lastAppliedRevision.startsWith('1.3.0@') ? true : undefined;
    });
    await sandbox.kube.get(configMaps, 'settings', 'default');
  });
});
