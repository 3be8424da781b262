import type { KubeObject } from '@fluvial/kube';
import type { Lister } from '@fluvial/runtime';
import { describe, expect, test } from 'vitest';
import { rewriteUrl } from '../kustomization.ts';
import { type Gates, parseStageKinds } from '../options.ts';
import { assertGatesAllow } from './assert-gates.ts';
import { checkDependencies, findCycle, hintAbout } from './check-dependencies.ts';
import { planDeletion } from './finalize.ts';
import { recordRun } from './history.ts';
import { compileIgnoreRules } from './ignore-rules.ts';
import {
  type KustomizationObject,
  type KustomizationSpec,
  type SourceObject,
  timeoutMsOf,
} from './kustomization-object.ts';
import { isSubstitutionDisabled, substituteText } from './substitute.ts';
import { indexes, orderByDependency, wokenBySource } from './watches.ts';

const owner = (
  name: string,
  spec: Partial<KustomizationSpec> = {},
  status: Record<string, unknown> = {},
): KustomizationObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name, namespace: 'ns', generation: 1 },
  spec: {
    interval: '1m',
    prune: true,
    sourceRef: { kind: 'OCIRepository', name: 'src' },
    ...spec,
  } as KustomizationSpec,
  status: status as KustomizationObject['status'],
});
const ready = (revision = 'r1') => ({
  observedGeneration: 1,
  lastAppliedRevision: revision,
  lastAttemptedRevision: revision,
  conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: '', lastTransitionTime: '' }],
});

describe('checkDependencies', () => {
  test.each<[string, Partial<KustomizationSpec>, Record<string, KustomizationObject>, string | undefined]>([
    ['nothing to wait for', {}, {}, undefined],
    [
      'not there',
      { dependsOn: [{ name: 'a' }] },
      {},
      `dependency 'ns/a' not found: kustomizations.kustomize.toolkit.fluxcd.io "a" not found`,
    ],
    ['never reconciled', { dependsOn: [{ name: 'a' }] }, { 'ns/a': owner('a') }, "dependency 'ns/a' is not ready"],
    [
      'ready for an older generation',
      { dependsOn: [{ name: 'a' }] },
      { 'ns/a': owner('a', {}, { ...ready(), observedGeneration: 0 }) },
      "dependency 'ns/a' is not ready",
    ],
    [
      'ready, another source',
      { dependsOn: [{ name: 'a' }] },
      { 'ns/a': owner('a', { sourceRef: { kind: 'OCIRepository', name: 'b' } }, ready('other')) },
      undefined,
    ],
    [
      'ready with another revision of the same source',
      { dependsOn: [{ name: 'a' }] },
      { 'ns/a': owner('a', {}, ready('r0')) },
      "dependency 'ns/a' revision is not up to date",
    ],
    ['ready', { dependsOn: [{ name: 'a' }] }, { 'ns/a': owner('a', {}, ready()) }, undefined],
    [
      'the first that is not ready is named',
      { dependsOn: [{ name: 'a' }, { name: 'b', namespace: 'x' }] },
      { 'ns/a': owner('a', {}, ready()) },
      `dependency 'x/b' not found: kustomizations.kustomize.toolkit.fluxcd.io "b" not found`,
    ],
  ])('%s', async (_, spec, objects, expected) => {
    expect(
      await checkDependencies(owner('me', spec), 'r1', async (namespace, name) => objects[`${namespace}/${name}`]),
    ).toBe(expected);
  });

  test('a cycle is named', () => {
    const objects: Record<string, KustomizationObject> = {
      'ns/a': owner('a', { dependsOn: [{ name: 'b' }] }),
      'ns/b': owner('b', { dependsOn: [{ name: 'c' }] }),
      'ns/c': owner('c', { dependsOn: [{ name: 'a' }] }),
    };
    const get = (namespace: string, name: string) => objects[`${namespace}/${name}`];
    expect(findCycle(objects['ns/a'] as KustomizationObject, get)).toBe('ns/a -> ns/b -> ns/c -> ns/a');
    expect(findCycle(owner('d', { dependsOn: [{ name: 'a' }] }), get)).toBeUndefined();
  });
});

describe('wokenBySource', () => {
  const source = (revision?: string): SourceObject => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'src', namespace: 'ns' },
    status: revision ? ({ artifact: { revision } } as never) : {},
  });
  const lister = (...owners: KustomizationObject[]): Lister<KustomizationObject> => ({
    get: () => undefined,
    list: () => owners,
    byIndex: (index, value) => owners.filter((object) => [...(indexes[index]?.(object) ?? [])].includes(value)),
  });
  const names = (old: SourceObject, object: SourceObject, ...owners: KustomizationObject[]) =>
    wokenBySource({ type: 'modified', old, object }, lister(...owners)).map(({ name }) => name);

  test.each<[string, SourceObject, SourceObject, KustomizationObject[], string[]]>([
    ['an artifact appears', source(), source('r1'), [owner('a')], ['a']],
    ['a new revision', source('r1'), source('r2'), [owner('a', {}, ready('r1'))], ['a']],
    ['the same revision', source('r1'), source('r1'), [owner('a')], []],
    ['already applied', source(), source('r1'), [owner('a', {}, ready('r1'))], []],
    ['another source', source(), source('r1'), [owner('a', { sourceRef: { kind: 'OCIRepository', name: 'x' } })], []],
    [
      'dependencies first',
      source(),
      source('r1'),
      [owner('c', { dependsOn: [{ name: 'b' }] }), owner('b', { dependsOn: [{ name: 'a' }] }), owner('a')],
      ['a', 'b', 'c'],
    ],
  ])('%s', (_, old, object, owners, expected) => {
    expect(names(old, object, ...owners)).toEqual(expected);
  });

  test('a cycle loses nobody', () => {
    const owners = [owner('a', { dependsOn: [{ name: 'b' }] }), owner('b', { dependsOn: [{ name: 'a' }] })];
    expect(orderByDependency(owners)).toHaveLength(2);
  });

  test('a chain of ten thousand fits on the stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      owner(`k${index}`, { dependsOn: [{ name: `k${index + 1}` }] }),
    );
    expect(orderByDependency(chain)[0]?.metadata.name).toBe('k9999');
  });
});

test.each<[string, Partial<KustomizationSpec>, boolean, ReturnType<typeof planDeletion>]>([
  ['follows prune', { prune: true }, true, 'delete'],
  ['follows prune: false', { prune: false }, true, 'keep'],
  ['Delete without prune', { prune: false, deletionPolicy: 'Delete' }, true, 'delete'],
  ['Orphan with prune', { deletionPolicy: 'Orphan' }, true, 'keep'],
  ['WaitForTermination', { prune: false, deletionPolicy: 'WaitForTermination' }, true, 'delete-and-wait'],
  ['suspended', { suspend: true, deletionPolicy: 'Delete' }, true, 'keep'],
  ['nothing applied', {}, false, 'keep'],
])('planDeletion: %s', (_, spec, applied, expected) => {
  const entries = applied ? [{ id: 'ns_a__ConfigMap', v: 'v1' }] : [];
  expect(planDeletion(owner('a', spec, { inventory: { entries } }))).toBe(expected);
});

describe('recordRun', () => {
  const run = (digest: string, status = 'ReconciliationSucceeded', seconds = 0) => ({
    digest,
    status,
    nowMs: Date.UTC(2026, 0, 1, 0, 0, seconds),
    duration: '1s',
    revision: 'r',
    originRevision: '',
  });
  test('the same digest and status counts on and moves to the front', () => {
    let history = recordRun(undefined, run('a'));
    history = recordRun(history, run('b', undefined, 1));
    history = recordRun(history, run('a', undefined, 2));
    expect(
      history.map((entry) => [entry.digest, entry.totalReconciliations, entry.firstReconciled, entry.lastReconciled]),
    ).toEqual([
      ['a', 2, '2026-01-01T00:00:00Z', '2026-01-01T00:00:02Z'],
      ['b', 1, '2026-01-01T00:00:01Z', '2026-01-01T00:00:01Z'],
    ]);
  });
  test('another status is another entry, and five are kept', () => {
    let history = recordRun(undefined, run('a'));
    for (const digest of ['a', 'b', 'c', 'd', 'e']) history = recordRun(history, run(digest, 'ReconciliationFailed'));
    expect(history.map((entry) => entry.digest)).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(history.every((entry) => entry.lastReconciledStatus === 'ReconciliationFailed')).toBe(true);
  });
});

describe('substituteText', () => {
  test.each<[string, string, Record<string, unknown> | undefined]>([
    ['nothing to expand', 'a: b\n', undefined],
    ['types follow the text', `port: \${p}\nflag: "\${f}"\n`, { port: 80, flag: 'yes' }],
    ['an escaped dollar', 'run: kill $$\n', { run: 'kill $' }],
    ['a default', `a: \${none:=x}\n`, { a: 'x' }],
  ])('%s', (_, text, expected) => {
    expect(substituteText(text, { p: '80', f: 'yes' }, true)).toEqual(expected);
  });
  test('an unset variable fails in strict mode only', () => {
    expect(() => substituteText(`a: \${x}\n`, {}, true)).toThrow(
      'envsubst error: variable substitution failed: variable not set (strict mode): "x"',
    );
    expect(substituteText(`a: \${x}\n`, {}, false)).toEqual({ a: null });
  });
  test('names of the prototype are no variables', () => {
    expect(() => substituteText(`a: \${constructor}\n`, {}, true)).toThrow('variable not set');
  });
  test('label or annotation switch it off', () => {
    const key = 'kustomize.toolkit.fluxcd.io/substitute';
    expect(isSubstitutionDisabled({ metadata: { labels: { [key]: 'disabled' } } })).toBe(true);
    expect(isSubstitutionDisabled({ metadata: { annotations: { [key]: 'disabled' } } })).toBe(true);
    expect(isSubstitutionDisabled({ metadata: { annotations: { [key]: 'Disabled' } } })).toBe(false);
  });
});

test.each([
  [false, 'please enable the ObjectLevelWorkloadIdentity feature gate'],
  [true, undefined],
])('assertGatesAllow with the gate %s', (ObjectLevelWorkloadIdentity, message) => {
  const object = owner('a', { decryption: { provider: 'sops', serviceAccountName: 'x' } });
  const check = () => assertGatesAllow(object, { ObjectLevelWorkloadIdentity } as Gates);
  if (message === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(message);
});

test.each([
  [{ interval: '10m' }, 570_000],
  [{ interval: '45s' }, 30_000],
  [{ interval: '10m', timeout: '2m' }, 120_000],
  [{ interval: '10m', timeout: '5s' }, 30_000],
])('timeoutMsOf %j', (spec, expected) => {
  expect(timeoutMsOf({ ...owner('a').spec, ...spec })).toBe(expected);
});

describe('compileIgnoreRules', () => {
  const object = (name: string, labels: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'ns', labels },
  });
  test.each([
    ['no target', undefined, true],
    ['anchored names', { name: 'we' }, false],
    ['expressions', { name: 'w.b', kind: 'Deployment|Pod', group: 'apps', version: 'v1' }, true],
    ['another namespace', { namespace: 'other' }, false],
    ['labels', { labelSelector: 'a=b,c!=d,e in (f, g),!h,a' }, true],
    ['labels that are absent', { labelSelector: 'h' }, false],
    ['notin', { labelSelector: 'a notin (b)' }, false],
  ])('%s', (_, target, expected) => {
    const [rule] = compileIgnoreRules([{ paths: ['/spec/replicas'], ...(target ? { target } : {}) }]);
    expect(rule?.matches?.(object('web', { a: 'b', e: 'f' })) ?? true).toBe(expected);
  });
  test('what cannot be read is refused', () => {
    expect(() => compileIgnoreRules([{ paths: [], target: { name: '(' } }])).toThrow();
    expect(() => compileIgnoreRules([{ paths: [], target: { labelSelector: 'a b' } }])).toThrow(
      "unable to parse requirement: found 'a b'",
    );
  });
});

test('parseStageKinds keeps the group for the kinds that follow', () => {
  expect(parseStageKinds('apps/Deployment,StatefulSet, /Secret')).toEqual([
    { group: 'apps', kind: 'Deployment' },
    { group: 'apps', kind: 'StatefulSet' },
    { group: '', kind: 'Secret' },
  ]);
});

test('rewriteUrl replaces the host for runs outside of the cluster', () => {
  const hosts = { sourceHost: 'localhost:8080', sourceWatcherHost: undefined };
  expect(rewriteUrl('http://source-controller.flux-system.svc./a/b.tar.gz', hosts)).toBe(
    'http://localhost:8080/a/b.tar.gz',
  );
  expect(rewriteUrl('http://source-watcher.flux-system.svc./a', hosts)).toBe(
    'http://source-watcher.flux-system.svc./a',
  );
});

describe('hintAbout', () => {
  const around = (others: KustomizationObject[], helm: string[] = []) => ({
    get: (namespace: string, name: string) =>
      others.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    list: () => others,
    hasHelmRelease: async (namespace: string, name: string) => helm.includes(`${namespace}/${name}`),
  });
  const elsewhere = (name: string) => ({ ...owner(name), metadata: { ...owner(name).metadata, namespace: 'other' } });
  const app = owner('app', { dependsOn: [{ name: 'database' }] });

  test.each<[string, KustomizationObject[], string[], string]>([
    ['nothing near', [owner('backend')], [], ''],
    ['it is there', [owner('database')], ['ns/database'], ''],
    [
      'a HelmRelease',
      [],
      ['ns/database'],
      " (a HelmRelease 'ns/database' exists, but dependsOn takes Kustomizations only)",
    ],
    ['another namespace', [elsewhere('database')], [], " (did you mean 'other/database'?)"],
    ['letters that changed places', [owner('databsae')], [], " (did you mean 'ns/databsae'?)"],
    ['a letter too many', [owner('databases')], [], " (did you mean 'ns/databases'?)"],
    ['a wrong letter', [owner('datebase')], [], " (did you mean 'ns/datebase'?)"],
    ['two wrong letters', [owner('dateboss')], [], ''],
    [
      'a cycle',
      [owner('database', { dependsOn: [{ name: 'app' }] })],
      [],
      ' (circular dependency detected: ns/app -> ns/database -> ns/app)',
    ],
  ])('%s', async (_, others, helm, expected) => {
    const read = async (namespace: string, name: string) => around(others).get(namespace, name);
    const waiting = (await checkDependencies(app, 'r1', read)) ?? '';
    expect(await hintAbout(app, waiting, around(others, helm))).toBe(expected);
  });
});
