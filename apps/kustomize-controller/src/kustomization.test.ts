import { checkConditions, getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KustomizationObject } from './kustomization/kustomization-object.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ simulator: false });
});
afterAll(() => world.close());

const configMap = (name: string, data: Record<string, string> = { x: '1' }, metadata = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${metadata}data:\n${Object.entries(data)
    .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`)
    .join('')}`;
const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: c, image: "example.com/c:1"}]}
`;
const immutable = (x: string) => `${configMap('a', { x })}immutable: true\n`;
/** Plays the kubelet. */
const makeAvailable = (name: string, namespace: string) =>
  world.kube.patch({ apiVersion: 'apps/v1', kind: 'Deployment' }, name, namespace, {
    type: 'merge',
    subresource: 'status',
    body: {
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        conditions: [
          { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
          { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
        ],
      },
    },
  });
/** How often the object has been reconciled. */
const runsOf = async (name: string, namespace: string) => {
  const { values } = (await world.manager.metrics.registry
    .getSingleMetric('gotk_reconcile_duration_seconds')
    ?.get()) ?? {
    values: [],
  };
  const count = values.find(
    ({ labels, ...sample }) =>
      labels['name'] === name &&
      labels['namespace'] === namespace &&
      (sample as { metricName?: string }).metricName?.endsWith('_count'),
  );
  return count?.value ?? 0;
};
const isWaiting = (object: KustomizationObject) => getCondition(object as never, 'Healthy')?.status === 'Unknown';
const sourceRef = { kind: 'OCIRepository', name: 'app' };
const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');
const isReady = (revision?: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'True' &&
  object.status?.observedGeneration === object.metadata.generation &&
  (revision === undefined || (object.status?.lastAppliedRevision ?? '').startsWith(`${revision}@`));
const failed = (reason: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'False' && ready(object)?.reason === reason;
const find = (kind: string, name: string, namespace: string) =>
  world.kube.find<KubeObject>({ apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind }, name, namespace);
const lint = (object: KustomizationObject) => expect(checkConditions(object as never)).toEqual([]);

describe('Kustomization', () => {
  test('applies an artifact, follows a new revision and prunes what is gone', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') });
    await world.kustomization(ns, 'app', { sourceRef });
    const first = await world.until(ns, 'app', isReady('1'));
    lint(first);
    expect(first.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    expect(first.status).toMatchObject({
      observedGeneration: 1,
      inventory: {
        entries: [
          { id: `${ns}_a__ConfigMap`, v: 'v1' },
          { id: `${ns}_b__ConfigMap`, v: 'v1' },
        ],
      },
      history: [{ lastReconciledStatus: 'ReconciliationSucceeded', totalReconciliations: 1 }],
    });
    expect(ready(first)?.message).toBe(`Applied revision: ${first.status?.lastAppliedRevision}`);
    expect((await find('ConfigMap', 'a', ns))?.metadata.labels).toEqual({
      'kustomize.toolkit.fluxcd.io/name': 'app',
      'kustomize.toolkit.fluxcd.io/namespace': ns,
    });

    await world.source(ns, 'app', '2', { 'a.yaml': configMap('a', { x: '2' }), 'c.yaml': configMap('c') });
    const second = await world.until(ns, 'app', isReady('2'));
    lint(second);
    expect(second.status?.history).toHaveLength(2);
    expect(await find('ConfigMap', 'b', ns)).toBeUndefined();
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: '2' });
    const events = await world.eventsOf(ns, 'app');
    expect(events.filter((event) => !event.includes('finished'))).toEqual([
      `Normal Progressing | ConfigMap/${ns}/a configured\nConfigMap/${ns}/c created`,
      `Normal Progressing | ConfigMap/${ns}/a created\nConfigMap/${ns}/b created`,
      `Normal Progressing | ConfigMap/${ns}/b deleted`,
    ]);
    expect(events.find((event) => event.includes('finished'))).toMatch(
      /^Normal ReconciliationSucceeded \| Reconciliation finished in .*, next run in 1h0m0s$/,
    );
  });

  test('a run without a change asks nothing about the objects', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a'), 'd.yaml': deployment('d') });
    await world.kustomization(ns, 'app', { sourceRef, wait: true });
    await world.until(ns, 'app', isWaiting);
    await makeAvailable('d', ns);
    await world.until(ns, 'app', isReady('1'));
    // The workload's own status settles, and is learnt once.
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const runs = await runsOf('app', ns);
      world.server.resetRequestCounts();
      world.manager.wake(
        { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
        { namespace: ns, name: 'app' },
      );
      while ((await runsOf('app', ns)) === runs) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const about = [...world.server.requestCounts.keys()].filter((key) => /configmaps|deployments/.test(key));
    expect(about).toEqual([]);
  });

  test('corrects drift', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef });
    await world.until(ns, 'app', isReady('1'));
    await world.kube.patch({ apiVersion: 'v1', kind: 'ConfigMap' }, 'a', ns, {
      type: 'merge',
      body: { data: { x: 'drifted' } },
    });
    await world.kube.patch({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'app', ns, {
      type: 'merge',
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } },
    });
    await world.until(ns, 'app', (object) => object.status?.lastHandledReconcileAt === 'now');
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: '1' });
  });

  test('says what is missing until it is there', async () => {
    const ns = await world.namespace();
    await world.kustomization(ns, 'app', { sourceRef, retryInterval: '1s' });
    const missing = await world.until(ns, 'app', failed('ArtifactFailed'));
    lint(missing);
    expect(ready(missing)?.message).toBe('OCIRepository.source.toolkit.fluxcd.io "app" not found');
    await world.source(ns, 'app', '1', { 'deploy/a.yaml': configMap('a') });
    await world.until(ns, 'app', isReady('1'));
    await world.kustomization(ns, 'app', { sourceRef, path: './depoly' });
    const wrong = await world.until(ns, 'app', failed('ArtifactFailed'));
    expect(ready(wrong)?.message).toMatch(
      /^kustomization path not found: stat \/tmp\/kustomization-[0-9a-f]{10}\/depoly: no such file or directory$/,
    );
    expect(getCondition(wrong as never, 'Reconciling')?.reason).toBe('ProgressingWithRetry');
    expect(await world.eventsOf(ns, 'app')).toContain(`Warning ArtifactFailed | ${ready(wrong)?.message}`);
  });

  test('a chain of 20 runs through without a timer between its links', async () => {
    const ns = await world.namespace();
    const links = Array.from({ length: 20 }, (_, index) => `link-${index}`);
    for (const [index, name] of links.entries()) {
      await world.kustomization(ns, name, {
        sourceRef,
        namePrefix: `${name}-`,
        ...(index === 0 ? {} : { dependsOn: [{ name: `link-${index - 1}` }] }),
      });
    }
    await world.until(ns, 'link-5', failed('ArtifactFailed'));
    const startedAt = Date.now();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    for (const name of links) await world.until(ns, name, isReady('1'));
    // One safety-net timer alone would be 2 s a link.
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });

  test('a dependency that is not ready is named', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef, dependsOn: [{ name: 'base' }] });
    const waiting = await world.until(ns, 'app', failed('DependencyNotReady'));
    expect(ready(waiting)?.message).toBe(
      `dependency '${ns}/base' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found`,
    );
    expect(await world.eventsOf(ns, 'app')).toContain(
      'Normal DependencyNotReady | Dependencies do not meet ready condition, retrying in 2s',
    );
    await world.kustomization(ns, 'base', { sourceRef });
    await world.until(ns, 'app', isReady('1'));
  });

  test('substitutes variables, strictly', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a', { x: `\${one}-\${two:=second}` }) });
    await world.kustomization(ns, 'app', { sourceRef, postBuild: { substitute: { other: 'x' } } });
    const strict = await world.until(ns, 'app', failed('BuildFailed'));
    expect(ready(strict)?.message).toBe(
      `post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: variable not set (strict mode): "one"`,
    );
    await world.kube.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'vars', namespace: ns, labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
      data: { one: 'first' },
    });
    await world.kustomization(ns, 'app', {
      sourceRef,
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] },
    });
    await world.until(ns, 'app', isReady('1'));
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: 'first-second' });
    // The labelled ConfigMap is watched.
    await world.kube.patch({ apiVersion: 'v1', kind: 'ConfigMap' }, 'vars', ns, {
      type: 'merge',
      body: { data: { one: 'new' } },
    });
    await world.until(ns, 'app', (object) => object.status?.history?.length === 2);
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: 'new-second' });
  });

  test('waits for health and says what it waits for', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'd.yaml': deployment('web') });
    await world.kustomization(ns, 'app', { sourceRef, wait: true });
    const waiting = await world.until(ns, 'app', isWaiting);
    expect(ready(waiting)).toMatchObject({
      status: 'Unknown',
      reason: 'Progressing',
      message: 'Reconciliation in progress',
    });
    expect(getCondition(waiting as never, 'Reconciling')?.message).toMatch(
      /^Running health checks for revision 1@.* with a timeout of /,
    );
    await makeAvailable('web', ns);
    const healthy = await world.until(ns, 'app', isReady('1'));
    lint(healthy);
    expect(getCondition(healthy as never, 'Healthy')).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(getCondition(healthy as never, 'Healthy')?.message).toMatch(/^Health check passed in /);
    expect((await world.eventsOf(ns, 'app')).filter((event) => event.includes('Health check passed'))).toHaveLength(1);
  });

  test('a failed apply keeps the inventory and says what had been done', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': immutable('1') });
    await world.kustomization(ns, 'app', { sourceRef });
    await world.until(ns, 'app', isReady('1'));
    await world.source(ns, 'app', '2', { 'a.yaml': immutable('2') });
    const refused = await world.until(ns, 'app', failed('ReconciliationFailed'));
    expect(ready(refused)?.message).toMatch(
      new RegExp(
        `^ConfigMap/${ns}/a dry-run failed \\(Invalid\\): ConfigMap "a" is invalid: data: Forbidden: field is immutable when \`immutable\` is set\n$`,
      ),
    );
    expect(refused.status?.inventory?.entries).toHaveLength(1);
    expect(refused.status?.history?.[0]?.lastReconciledStatus).toBe('ReconciliationFailed');
    await world.kustomization(ns, 'app', { sourceRef, force: true });
    await world.until(ns, 'app', isReady('2'));
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: '2' });
  });

  test('suspend stops it, deletion removes what it applied', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef });
    await world.until(ns, 'app', isReady('1'));
    await world.kustomization(ns, 'app', { sourceRef, suspend: true });
    await world.until(ns, 'app', (object) => object.status?.observedGeneration === 2);
    await world.source(ns, 'app', '2', { 'a.yaml': configMap('a', { x: '2' }) });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: '1' });
    await world.kustomization(ns, 'app', { sourceRef, suspend: false });
    await world.until(ns, 'app', isReady('2'));
    await world.kube.delete({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'app', ns);
    const end = Date.now() + 10_000;
    while ((await find('ConfigMap', 'a', ns)) !== undefined && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await find('ConfigMap', 'a', ns)).toBeUndefined();
    expect(await world.eventsOf(ns, 'app')).toContain(`Normal ReconciliationSucceeded | ConfigMap/${ns}/a deleted`);
  });

  test('a restart applies nothing again', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a'), 'd.yaml': deployment('d') });
    await world.kustomization(ns, 'app', { sourceRef });
    await world.until(ns, 'app', isReady('1'));
    const before = await find('ConfigMap', 'a', ns);
    await world.restart();
    await world.kube.patch({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'app', ns, {
      type: 'merge',
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } },
    });
    await world.until(ns, 'app', (object) => object.status?.history?.[0]?.totalReconciliations === 2);
    expect((await find('ConfigMap', 'a', ns))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
  });

  test('asks expressions about dependencies and health', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    const readyExpr = "dep.metadata.?labels.?go.orValue('') == 'yes'";
    await world.kustomization(ns, 'base', { sourceRef, suspend: true });
    await world.kustomization(ns, 'app', { sourceRef, dependsOn: [{ name: 'base', readyExpr }] });
    const waiting = await world.until(ns, 'app', failed('DependencyNotReady'));
    expect(ready(waiting)?.message).toBe(`dependency '${ns}/base' is not ready according to readyExpr eval`);
    await world.kube.patch({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'base', ns, {
      type: 'merge',
      body: { metadata: { labels: { go: 'yes' } } },
    });
    await world.until(ns, 'app', isReady('1'));
    await world.kustomization(ns, 'app', {
      sourceRef,
      wait: true,
      healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'true', failed: 'metadata.name ==' }],
    });
    const stalled = await world.until(ns, 'app', failed('InvalidCELExpression'));
    lint(stalled);
    expect(ready(stalled)?.message).toMatch(
      /^Reconciliation failed terminally due to configuration error: terminal error: failed to parse/,
    );
  });

  test.each<[string, Record<string, string>, Record<string, unknown>, string, string]>([
    [
      'a path that names a file',
      { 'a.yaml': configMap('a') },
      { path: './a.yaml' },
      'BuildFailed',
      'open /tmp/kustomization-<hex>/a.yaml: not a directory',
    ],
    [
      'a source of a kind that is not installed',
      {},
      { sourceRef: { kind: 'GitRepository', name: 'x' } },
      'ArtifactFailed',
      'GitRepository.source.toolkit.fluxcd.io "x" not found',
    ],
    [
      'an invalid variable name',
      { 'a.yaml': configMap('a') },
      { postBuild: { substitute: { 'a-b': 'x' } } },
      'BuildFailed',
      "post build failed for 'ConfigMap.v1.[noGrp]/a': 'a-b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
    ],
    [
      'variables of an object that is not there',
      { 'a.yaml': configMap('a') },
      { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'x' }] } },
      'BuildFailed',
      `post build failed for 'ConfigMap.v1.[noGrp]/a': substitute from 'Secret/x' error: secrets "x" not found`,
    ],
    [
      'an unknown kind',
      { 'a.yaml': 'apiVersion: x.test/v1\nkind: Thing\nmetadata: {name: a}\n' },
      {},
      'ReconciliationFailed',
      'Thing/<ns>/a dry-run failed: no matches for kind "Thing" in version "x.test/v1"\n',
    ],
    [
      'an encrypted Secret',
      { 'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nsops: {mac: x}\n' },
      {},
      'ReconciliationFailed',
      'Secret/<ns>/a is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
    ],
  ])('says what is wrong: %s', async (_, files, spec, reason, message) => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', files);
    await world.kustomization(ns, 'app', { sourceRef, ...spec });
    const object = await world.until(ns, 'app', failed(reason));
    lint(object);
    const text = ready(object)
      ?.message.replace(/kustomization-[0-9a-f]{10}/, 'kustomization-<hex>')
      .replace(`/${ns}/`, '/<ns>/');
    expect(text).toBe(message);
  });

  test('optional variables may be missing', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a', { x: `\${v:=none}` }) });
    await world.kustomization(ns, 'app', {
      sourceRef,
      postBuild: { substitute: { w: 'x' }, substituteFrom: [{ kind: 'Secret', name: 'x', optional: true }] },
    });
    await world.until(ns, 'app', isReady('1'));
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: 'none' });
  });

  test('a failed object ends the health check early', async () => {
    const ns = await world.namespace();
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}\n';
    await world.source(ns, 'app', '1', { 'j.yaml': job });
    await world.kustomization(ns, 'app', {
      sourceRef,
      healthChecks: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', namespace: ns }],
    });
    await world.until(ns, 'app', isWaiting);
    await world.kube.patch({ apiVersion: 'batch/v1', kind: 'Job' }, 'j', ns, {
      type: 'merge',
      subresource: 'status',
      body: {
        status: {
          startTime: '2026-01-01T00:00:00Z',
          conditions: [
            { type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded' },
            { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' },
          ],
        },
      },
    });
    const object = await world.until(ns, 'app', failed('HealthCheckFailed'));
    lint(object);
    expect(ready(object)?.message).toMatch(
      new RegExp(
        `^health check failed after .*: failed early due to stalled resources: \\[Job/${ns}/j status: 'Failed'\\]$`,
      ),
    );
    expect(getCondition(object as never, 'Healthy')).toMatchObject({
      status: 'False',
      reason: 'HealthCheckFailed',
      message: `failed early due to stalled resources: [Job/${ns}/j status: 'Failed']`,
    });
    expect(object.status?.history?.[0]?.lastReconciledStatus).toBe('HealthCheckFailed');
    expect(object.status?.inventory?.entries).toHaveLength(1);
  });

  test('leaves ignored fields as they are', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a', { x: '1', y: '1' }) });
    await world.kustomization(ns, 'app', {
      sourceRef,
      ignore: [{ paths: ['/data/x'], target: { kind: 'ConfigMap', name: 'a' } }],
    });
    await world.until(ns, 'app', isReady('1'));
    await world.kube.patch({ apiVersion: 'v1', kind: 'ConfigMap' }, 'a', ns, {
      type: 'merge',
      body: { data: { x: 'drifted', y: 'drifted' } },
    });
    await world.kube.patch({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'app', ns, {
      type: 'merge',
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } },
    });
    await world.until(ns, 'app', (object) => object.status?.lastHandledReconcileAt === 'now');
    expect((await find('ConfigMap', 'a', ns))?.['data']).toEqual({ x: 'drifted', y: '1' });
  });

  test('waits for the end of what it deletes', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a', {}, '  finalizers: [test.dev/hold]\n') });
    await world.kustomization(ns, 'app', { sourceRef, prune: false, deletionPolicy: 'WaitForTermination' });
    await world.until(ns, 'app', isReady('1'));
    const kind = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
    await world.kube.delete(kind, 'app', ns);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await world.kube.find(kind, 'app', ns)).toBeDefined();
    await world.kube.patch({ apiVersion: 'v1', kind: 'ConfigMap' }, 'a', ns, {
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
    const end = Date.now() + 10_000;
    while ((await world.kube.find(kind, 'app', ns)) !== undefined && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await world.kube.find(kind, 'app', ns)).toBeUndefined();
  });
});
