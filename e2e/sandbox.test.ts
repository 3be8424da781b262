import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programPath, runProgram } from './lib/program.ts';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { configMaps, findObject, kustomizations, ociRepositories, waitForReady } from './lib/wait-for.ts';

let dir: string;
let sandbox: SandboxProcess;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fluvial-sandbox-'));
  sandbox = await startSandboxProcess({ dir });
});
afterAll(async () => {
  await sandbox.stop({ keep: true });
  rmSync(dir, { recursive: true, force: true });
});

describe('flux dev', () => {
  test('writes what other programs need, for this user alone', () => {
    const file = JSON.parse(readFileSync(path.join(dir, 'sandbox.json'), 'utf8'));
    expect(file).toEqual({
      kubeconfig: path.join(dir, 'kubeconfig'),
      registry: sandbox.registry,
      pid: sandbox.program.child.pid,
    });
    expect(statSync(path.join(dir, 'kubeconfig')).mode & 0o777).toBe(0o600);
    expect(sandbox.registry).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('refuses a folder that another sandbox has, and names the remedy', async () => {
    const { exitCode, stderr } = await runProgram(programPath('flux'), ['dev', `--dir=${dir}`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is in use by process');
    expect(stderr).toContain('--dir');
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('comes back with its state after %s', async (signal) => {
    const name = signal.toLowerCase();
    await pushFiles(`${sandbox.registry}/e2e/${name}:latest`, { 'one.yaml': configMap(name, 'kept') });
    await sandbox.kube.apply(
      { ...ociRepositories, metadata: { name, namespace: 'default' }, spec: source(sandbox.registry, name) },
      { fieldManager: 'e2e' },
    );
    await sandbox.kube.apply(
      { ...kustomizations, metadata: { name, namespace: 'default' }, spec: kustomization(name) },
      { fieldManager: 'e2e' },
    );
    const before = await waitForReady(sandbox.kube, kustomizations, 'default', name);
    const applied = await sandbox.kube.get(configMaps, name, 'default');

    const end = await sandbox.stop({ signal, keep: true });
    if (signal === 'SIGTERM') {
      expect(end.exitCode).toBe(0);
      expect(existsSync(path.join(dir, 'sandbox.json'))).toBe(false);
    }
    const { registry, kubeconfig } = sandbox;
    sandbox = await startSandboxProcess({ dir });
    expect({ registry: sandbox.registry, kubeconfig: sandbox.kubeconfig }).toEqual({ registry, kubeconfig });
    const after = await waitForReady(sandbox.kube, kustomizations, 'default', name);
    expect(after.metadata.uid).toBe(before.metadata.uid);
    const found = await findObject(sandbox.kube, configMaps, 'default', name);
    // What was applied need not be applied again.
    expect(found?.metadata.resourceVersion).toBe(applied.metadata.resourceVersion);
  });
});

function source(registry: string, name: string) {
  return { interval: '10m', url: `oci://${registry}/e2e/${name}`, ref: { tag: 'latest' } };
}

function kustomization(name: string) {
  return {
    interval: '10m',
    prune: true,
    path: './',
    targetNamespace: 'default',
    sourceRef: { kind: 'OCIRepository', name },
  };
}
