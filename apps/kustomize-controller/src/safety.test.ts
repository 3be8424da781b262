import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KustomizationObject, kustomizationKind } from './kustomization/kustomization-object.ts';
import { confirmAnnotation, guardAnnotation } from './kustomization/prune-guard.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    simulator: false,
    argv: ['--feature-gates=ObjectLevelWorkloadIdentity=true,ExternalArtifact=true'],
  });
});
afterAll(() => world.close());

const configMap = (name: string, x = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "${x}"}\n`;
const configMapKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const sourceRef = { kind: 'OCIRepository', name: 'app' };
const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');
const isReady = (revision: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'True' &&
  object.status?.observedGeneration === object.metadata.generation &&
  (object.status?.lastAppliedRevision ?? '').startsWith(`${revision}@`);
const failed = (reason: string) => (object: KustomizationObject) =>
  ready(object)?.status === 'False' && ready(object)?.reason === reason;
const ids = (object: KustomizationObject) => object.status?.inventory?.entries.map(({ id }) => id) ?? [];
const annotate = (ns: string, name: string, annotations: Record<string, string>) =>
  world.kube.patch(kustomizationKind, name, ns, { type: 'merge', body: { metadata: { annotations } } });

describe('safe move', () => {
  test('an object that another owner takes in the same revision is handed over', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', {
      'a/x.yaml': configMap('x'),
      'a/k.yaml': configMap('k'),
      'b/own.yaml': configMap('own'),
    });
    // The taker waits for the giver, so that the giver surely prunes first.
    await world.kustomization(ns, 'giver', { sourceRef, path: './a' });
    await world.kustomization(ns, 'taker', { sourceRef, path: './b', dependsOn: [{ name: 'giver' }] });
    await world.until(ns, 'taker', isReady('1'));
    const before = await world.kube.get(configMapKind, 'x', ns);

    await world.source(ns, 'app', '2', {
      'a/k.yaml': configMap('k'),
      'b/x.yaml': configMap('x'),
      'b/own.yaml': configMap('own'),
    });
    await world.until(ns, 'taker', isReady('2'));
    const giver = await world.until(ns, 'giver', (object) => isReady('2')(object) && ids(object).length === 1);
    expect(ids(giver)).toEqual([`${ns}_k__ConfigMap`]);
    const after = await world.kube.get(configMapKind, 'x', ns);
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.labels?.['kustomize.toolkit.fluxcd.io/name']).toBe('taker');
    expect(await world.eventsOf(ns, 'giver')).toContain(
      `Normal Progressing | ConfigMap/${ns}/x handed over to Kustomization/${ns}/taker`,
    );
  });

  test('an object that nobody takes is deleted, and so is one whose taker is suspended', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', {
      'a/x.yaml': configMap('x'),
      'a/k.yaml': configMap('k'),
      'b/own.yaml': configMap('own'),
    });
    await world.kustomization(ns, 'giver', { sourceRef, path: './a' });
    await world.kustomization(ns, 'taker', { sourceRef, path: './b', suspend: true });
    await world.until(ns, 'giver', isReady('1'));
    await world.source(ns, 'app', '2', { 'a/k.yaml': configMap('k'), 'b/x.yaml': configMap('x') });
    await world.until(ns, 'giver', isReady('2'));
    expect(await world.kube.find(configMapKind, 'x', ns)).toBeUndefined();
  });
});

describe('prune guard', () => {
  test('holds an empty render until it is confirmed', async () => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef, interval: '1h' });
    await annotate(ns, 'app', { [guardAnnotation]: 'enabled' });
    await world.until(ns, 'app', isReady('1'));
    await world.source(ns, 'app', '2', { 'README.md': 'nothing' });
    const held = await world.until(ns, 'app', failed('PruneHeld'));
    const message = ready(held)?.message ?? '';
    expect(message).toMatch(
      new RegExp(
        `^prune held, the render is empty: \\[ConfigMap/${ns}/a\\]; to confirm, set the annotation ${confirmAnnotation} to [0-9a-f]{12}$`,
      ),
    );
    expect(ids(held)).toEqual([`${ns}_a__ConfigMap`]);
    expect(held.status?.lastAppliedRevision).toMatch(/^1@/);
    expect(await world.kube.find(configMapKind, 'a', ns)).toBeDefined();
    expect(await world.eventsOf(ns, 'app')).toContain(`Warning PruneHeld | ${message}`);

    await annotate(ns, 'app', { [confirmAnnotation]: message.slice(-12) });
    const done = await world.until(ns, 'app', isReady('2'));
    expect(ids(done)).toEqual([]);
    expect(await world.kube.find(configMapKind, 'a', ns)).toBeUndefined();
  });
});

describe('errors point at the file', () => {
  const originsOf = async (ns: string) => {
    await world.manager.events.flush();
    const { items } = await world.kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: ns });
    return items.flatMap(({ metadata }) => metadata.annotations?.['kustomize.toolkit.fluxcd.io/origin'] ?? []);
  };
  const bad = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999}]}\n';

  test.each<[string, Record<string, string>, string, string]>([
    ['a refused object', { 'apps/a.yaml': `${configMap('a')}---\n${bad}` }, 'ReconciliationFailed', 'apps/a.yaml:6'],
    ['a manifest that cannot be read', { 'apps/b.yaml': 'kind: [' }, 'BuildFailed', 'apps/b.yaml'],
    [
      'a variable',
      { 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b', '${gone}') },
      'BuildFailed',
      'apps/b.yaml:1',
    ],
  ])('%s', async (_, files, reason, origin) => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', files);
    await world.kustomization(ns, 'app', { sourceRef, postBuild: { substitute: { v: '1' } } });
    await world.until(ns, 'app', failed(reason));
    expect(await originsOf(ns)).toEqual([origin]);
  });
});

describe('another cluster', () => {
  let other: World;
  beforeAll(async () => {
    other = await startWorld({ simulator: false });
  });
  afterAll(() => other.close());

  test('a kubeconfig in a Secret', async () => {
    const ns = await world.namespace();
    await other.kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `r-${ns}` } });
    await world.kube.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'remote', namespace: ns },
      stringData: { value: other.server.kubeconfig() },
    } as KubeObject);
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', {
      sourceRef,
      targetNamespace: `r-${ns}`,
      kubeConfig: { secretRef: { name: 'remote' } },
    });
    await world.until(ns, 'app', isReady('1'));
    expect(await other.kube.find(configMapKind, 'a', `r-${ns}`)).toBeDefined();
    expect(await world.kube.find(configMapKind, 'a', `r-${ns}`)).toBeUndefined();
    await world.kube.delete(kustomizationKind, 'app', ns);
    const end = Date.now() + 10_000;
    while ((await world.kube.find(kustomizationKind, 'app', ns)) && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await other.kube.find(configMapKind, 'a', `r-${ns}`)).toBeUndefined();
  });

  test('a ConfigMap with the token of a ServiceAccount', async () => {
    const ns = await world.namespace();
    await world.kube.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'deployer', namespace: ns },
    });
    // This cluster itself stands for the other one: it knows its own tokens.
    await world.kube.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `deployer-${ns}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: ns }],
    } as KubeObject);
    await world.kube.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'remote', namespace: ns },
      data: {
        provider: 'generic',
        address: world.server.url,
        'ca.crt': world.server.certificate,
        audiences: 'https://kubernetes.default.svc.cluster.local\n',
        serviceAccountName: 'deployer',
      },
    } as KubeObject);
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef, kubeConfig: { configMapRef: { name: 'remote' } } });
    await world.until(ns, 'app', isReady('1'));
    expect(await world.kube.find(configMapKind, 'a', ns)).toBeDefined();
  });

  test.each<[string, Record<string, string> | undefined, string, string]>([
    [
      'no ConfigMap',
      undefined,
      'ReconciliationFailed',
      `unable to read KubeConfig ConfigMap '<ns>/remote' error: configmaps "remote" not found`,
    ],
    [
      'a cloud',
      { provider: 'aws', cluster: 'arn:aws:eks:eu-west-1:1:cluster/x' },
      'FeatureNotSupported',
      `provider 'aws' of ConfigMap '<ns>/remote' is not supported by this version of the controller: use 'generic', or a kubeconfig in a Secret`,
    ],
    [
      'an unknown provider',
      { provider: 'x' },
      'ReconciliationFailed',
      `ConfigMap '<ns>/remote' has an unknown provider 'x'`,
    ],
    [
      'plain HTTP',
      { provider: 'generic', address: 'http://127.0.0.1:1' },
      'ReconciliationFailed',
      `ConfigMap '<ns>/remote' has an invalid address 'http://127.0.0.1:1': it must begin with https://`,
    ],
    [
      'an account that is not there',
      { provider: 'generic', address: 'https://127.0.0.1:1', serviceAccountName: 'gone' },
      'ReconciliationFailed',
      `failed to create a token for ServiceAccount '<ns>/gone': serviceaccounts "gone" not found`,
    ],
  ])('says what is wrong: %s', async (_, data, reason, message) => {
    const ns = await world.namespace();
    if (data)
      await world.kube.create({ ...configMapKind, metadata: { name: 'remote', namespace: ns }, data } as KubeObject);
    await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
    await world.kustomization(ns, 'app', { sourceRef, kubeConfig: { configMapRef: { name: 'remote' } } });
    const object = await world.until(ns, 'app', failed(reason));
    expect(ready(object)?.message).toBe(message.replace('<ns>', ns));
  });
});
