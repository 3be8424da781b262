import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { createLogger } from '@fluvial/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KustomizationObject } from './kustomization/kustomization-object.ts';
import { startWorld, type World } from './testing/world.ts';

const sourceRef = { kind: 'OCIRepository', name: 'app' };
const configMapKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const deploymentKind = { apiVersion: 'apps/v1', kind: 'Deployment' };
const configMap = (name: string, x = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "${x}"}\n`;
const deployment = (name: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  selector: {matchLabels: {a: ${name}}}\n  template:\n    metadata: {labels: {a: ${name}}}\n    spec: {containers: [{name: c, image: x}]}\n`;
const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');
const isReady = (revision: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'True' && (object.status?.lastAppliedRevision ?? '').startsWith(`${revision}@`);
const isWaiting = (object: KustomizationObject) => getCondition(object as never, 'Healthy')?.status === 'Unknown';
const failed = (reason: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'False' && ready(object)?.reason === reason;

const lines: string[] = [];
const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });

/** A world per group of flags. */
function useWorld(...argv: string[]): { readonly current: World } {
  let world: World | undefined;
  beforeAll(async () => {
    world = await startWorld({ simulator: false, argv, log });
  });
  afterAll(() => world?.close());
  return {
    get current() {
      return world as World;
    },
  };
}

describe('gates that are switched on', () => {
  const gates = [
    'CancelHealthCheckOnNewRevision',
    'AdditiveCELDependencyCheck',
    'DisableFailFastBehavior',
    'DirectSourceFetch',
    'GroupChangeLog',
    'DisableConfigWatchers',
  ];
  const world = useWorld(
    `--feature-gates=${gates.map((gate) => `${gate}=true`).join(',')}`,
    '--no-cross-namespace-refs',
  );

  test('CancelHealthCheckOnNewRevision: a new revision ends the wait, and tells', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'd.yaml': deployment('d') });
    await world.current.kustomization(ns, 'app', { sourceRef, wait: true, timeout: '5m' });
    await world.current.until(ns, 'app', isWaiting);
    await world.current.source(ns, 'app', '2', { 'a.yaml': configMap('a') });
    await world.current.until(ns, 'app', isReady('2'));
    expect(await world.current.eventsOf(ns, 'app')).toContain(
      `Normal HealthCheckCanceled | Health checks canceled due to new reconciliation triggered by OCIRepository/${ns}/app`,
    );
  });

  test('CancelHealthCheckOnNewRevision: so does a change of the spec', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'd.yaml': deployment('d') });
    await world.current.kustomization(ns, 'app', { sourceRef, wait: true, timeout: '5m' });
    await world.current.until(ns, 'app', isWaiting);
    await world.current.kustomization(ns, 'app', { sourceRef, wait: false, timeout: '5m' });
    await world.current.until(ns, 'app', isReady('1'));
    expect(await world.current.eventsOf(ns, 'app')).toContain(
      `Normal HealthCheckCanceled | Health checks canceled due to new reconciliation triggered by Kustomization/${ns}/app`,
    );
  });

  test('AdditiveCELDependencyCheck: readyExpr does not replace readiness', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'a/a.yaml': configMap('a'), 'b/b.yaml': configMap('b') });
    await world.current.kustomization(ns, 'dep', { sourceRef, path: './none' });
    await world.current.kustomization(ns, 'app', {
      sourceRef,
      path: './a',
      dependsOn: [{ name: 'dep', readyExpr: 'true' }],
    });
    const waiting = await world.current.until(ns, 'app', failed('DependencyNotReady'));
    expect(ready(waiting)?.message).toBe(`dependency '${ns}/dep' is not ready`);
    await world.current.kustomization(ns, 'dep', { sourceRef, path: './b' });
    await world.current.until(ns, 'app', isReady('1'));
  });

  test('DisableFailFastBehavior: what failed is told when the others are through, too', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'd.yaml': deployment('d'), 'e.yaml': deployment('e') });
    await world.current.kustomization(ns, 'app', { sourceRef, wait: true, timeout: '5m', retryInterval: '1h' });
    await world.current.until(ns, 'app', isWaiting);
    const progressing = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    const patch = (name: string, status: unknown) =>
      world.current.kube.patch(deploymentKind, name, ns, { type: 'merge', subresource: 'status', body: { status } });
    await patch('d', { conditions: [progressing] });
    await patch('e', {
      observedGeneration: 1,
      ...{ replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
      conditions: [
        { type: 'Available', status: 'True' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ],
    });
    const object = await world.current.until(ns, 'app', failed('HealthCheckFailed'));
    expect(ready(object)?.message).toMatch(
      new RegExp(
        `^health check failed after \\S+: failed early due to stalled resources: \\[Deployment/${ns}/d status: 'Failed'\\]$`,
      ),
    );
  });

  test('DirectSourceFetch: a missing source is told in the words of the server', async () => {
    const ns = await world.current.namespace();
    await world.current.kustomization(ns, 'app', { sourceRef });
    const object = await world.current.until(ns, 'app', failed('ArtifactFailed'));
    expect(ready(object)?.message).toBe('ocirepositories.source.toolkit.fluxcd.io "app" not found');
  });

  test('GroupChangeLog: the log tells changes by what was done', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') });
    await world.current.kustomization(ns, 'app', { sourceRef });
    await world.current.until(ns, 'app', isReady('1'));
    const line = lines.find(
      (text) => text.includes('server-side apply completed') && text.includes(`ConfigMap/${ns}/a`),
    );
    expect(JSON.parse(line ?? '{}').output).toEqual({ created: [`ConfigMap/${ns}/a`, `ConfigMap/${ns}/b`] });
  });

  test('DisableConfigWatchers: a labelled ConfigMap wakes nobody', async () => {
    const ns = await world.current.namespace();
    const values = (v: string) =>
      ({
        ...configMapKind,
        metadata: { name: 'values', namespace: ns, labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
        data: { v },
      }) as KubeObject;
    await world.current.kube.create(values('one'));
    await world.current.source(ns, 'app', '1', { 'a.yaml': configMap('a', `\${v}`) });
    await world.current.kustomization(ns, 'app', {
      sourceRef,
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'values' }] },
    });
    const before = await world.current.until(ns, 'app', isReady('1'));
    await world.current.kube.apply(values('two'), { fieldManager: 'test', force: true });
    // Another one that comes and goes meanwhile shows that the controller had its chance.
    await world.current.kustomization(ns, 'other', { sourceRef, namePrefix: 'other-' });
    await world.current.until(ns, 'other', (object) => ready(object)?.status !== undefined);
    const after = await world.current.until(ns, 'app', () => true);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test('--no-cross-namespace-refs: a source of others is refused, and the spec is not observed', async () => {
    const ns = await world.current.namespace();
    const others = await world.current.namespace();
    await world.current.source(others, 'app', '1', { 'a.yaml': configMap('a') });
    await world.current.kustomization(ns, 'app', { sourceRef: { ...sourceRef, namespace: others } });
    const object = await world.current.until(ns, 'app', failed('AccessDenied'));
    const message = `can't access 'OCIRepository/${others}/app', cross-namespace references have been blocked`;
    expect(ready(object)?.message).toBe(message);
    expect(getCondition(object as never, 'Stalled')).toMatchObject({ status: 'True', reason: 'AccessDenied', message });
    expect(object.status?.observedGeneration).toBe(-1);
    expect(await world.current.eventsOf(ns, 'app')).toEqual([`Warning AccessDenied | ${message}`]);
  });
});

describe('gates as they are', () => {
  const world = useWorld();

  test('an ExternalArtifact is refused', async () => {
    const ns = await world.current.namespace();
    await world.current.kustomization(ns, 'app', { sourceRef: { kind: 'ExternalArtifact', name: 'x' } });
    const object = await world.current.until(ns, 'app', failed('AccessDenied'));
    expect(ready(object)?.message).toBe(
      `can't access 'ExternalArtifact/${ns}/x', ExternalArtifact feature gate is disabled`,
    );
    expect(object.status?.observedGeneration).toBe(-1);
  });

  test('an expression that gives no boolean is a wrong configuration, and observed', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'a/a.yaml': configMap('a'), 'b/b.yaml': configMap('b') });
    await world.current.kustomization(ns, 'dep', { sourceRef, path: './b' });
    await world.current.until(ns, 'dep', isReady('1'));
    const dependsOn = [{ name: 'dep', readyExpr: 'size(dep.status.conditions)' }];
    await world.current.kustomization(ns, 'app', { sourceRef, path: './a', dependsOn });
    const object = await world.current.until(ns, 'app', failed('InvalidCELExpression'));
    expect(ready(object)?.message).toBe(
      'Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate dependency dep: CEL expression output type mismatch: expected bool, got int',
    );
    expect(object.status?.observedGeneration).toBe(1);
  });

  test('an expression sees all of an object, of whatever kind, as it is now', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.current.kustomization(ns, 'app', {
      sourceRef,
      wait: true,
      timeout: '30s',
      retryInterval: '1h',
      healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', failed: "data.x == '2'", current: 'status.done' }],
    });
    await world.current.until(ns, 'app', isWaiting);
    await world.current.kube.patch(configMapKind, 'a', ns, { type: 'merge', body: { data: { x: '2' } } });
    const object = await world.current.until(ns, 'app', failed('HealthCheckFailed'));
    expect(ready(object)?.message).toContain(`stalled resources: [ConfigMap/${ns}/a status: 'Failed']`);
  });

  test('also of a workload, of which less is kept', async () => {
    const ns = await world.current.namespace();
    await world.current.source(ns, 'app', '1', { 'd.yaml': deployment('d') });
    await world.current.kustomization(ns, 'app', {
      sourceRef,
      wait: true,
      timeout: '5m',
      healthCheckExprs: [
        { apiVersion: 'apps/v1', kind: 'Deployment', current: "spec.template.spec.containers[0].image == 'y'" },
      ],
    });
    await world.current.until(ns, 'app', isWaiting);
    await world.current.kube.patch(deploymentKind, 'd', ns, {
      type: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'y' }] } } } },
    });
    await world.current.until(ns, 'app', isReady('1'));
  });
});
