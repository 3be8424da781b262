import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { describeOnClusters } from './lib/describe-on-clusters.ts';
import { type KubectlSession, startKubectlSession } from './lib/kubectl-session.ts';
import { configMap } from './lib/push-files.ts';
import { waitFor } from './lib/wait-for.ts';

const kubectl = process.env['FLUVIAL_KUBECTL'] ?? '';
const why = kubectl === '' ? ' (skipped: FLUVIAL_KUBECTL names no kubectl)' : '';
const folder = fileURLToPath(new URL('testdata/', import.meta.url));
const crds = fileURLToPath(new URL('../crds', import.meta.url));
const manifest = `${folder}session.yaml`;
const namespace = 'session';

/** One session with the real kubectl. `testdata/kubectl-session.txt` is what it prints, on whatever cluster it is. */
describe.skipIf(kubectl === '')(`a session with kubectl${why}`, () => {
  // It takes the suite's kinds away and brings them back.
  describeOnClusters(
    'its transcript',
    (cluster) => {
      let home: string;
      let session: KubectlSession;

      beforeAll(() => {
        home = mkdtempSync(path.join(tmpdir(), 'fluvial-kubectl-'));
        const names = new Map([
          [folder, ''],
          [crds, 'crds'],
        ]);
        session = startKubectlSession(kubectl, { kubeconfig: cluster.current.kubeconfig, home, names });
      });
      afterAll(() => rmSync(home, { recursive: true, force: true }));

      // Providers run side by side: a snapshot needs its own test's expect.
      test('is the expected one', { timeout: 240_000 }, async ({ expect }) => {
        await play(session);
        await expect(session.transcript).toMatchFileSnapshot(`${folder}kubectl-session.txt`);
      });
    },
    { own: true },
  );
});

async function play(session: KubectlSession): Promise<void> {
  const k = (line: string, stdin?: string) => session.run(line, stdin);
  await installKinds(session);
  await applyAndWatch(session);

  session.say('Writes that come too late');
  const stale = JSON.parse((await session.quietly(`get ks podinfo -n ${namespace} -o json`)).stdout) as {
    spec: { interval: string };
  };
  await k(`annotate ks podinfo -n ${namespace} note=later`);
  stale.spec.interval = '7m';
  await k('replace -f -', JSON.stringify(stale));
  await k(
    `patch ks podinfo -n ${namespace} --type=merge -p '{"metadata":{"resourceVersion":"1"},"spec":{"interval":"7m"}}'`,
  );
  await k(`patch ks podinfo -n ${namespace} --type=merge -p '{"spec":{"interval":"often"}}'`);

  session.say('Who may do what');
  const asJane = `-n ${namespace} --as=jane`;
  await k(`auth can-i list ks ${asJane}`);
  await k(`create role reader -n ${namespace} --verb=get,list --resource=kustomizations.kustomize.toolkit.fluxcd.io`);
  await k(`create rolebinding reader -n ${namespace} --role=reader --user=jane`);
  await waitFor('the role counts', async () =>
    (await session.quietly(`auth can-i list ks ${asJane}`)).exitCode === 0 ? true : undefined,
  );
  await k(`auth can-i list ks ${asJane}`);
  await k(`auth can-i delete ks ${asJane}`);
  await k(`get ks -o name ${asJane}`);
  await k(`delete ks podinfo ${asJane}`);
  await k('auth can-i list secrets --as=jane --as-group=system:masters');

  session.say('What an apply would change');
  const changed = readFileSync(manifest, 'utf8').replace('prune: true', 'prune: false');
  await k(`diff -n ${namespace} -f -`, changed);
  await k(`apply -n ${namespace} --dry-run=server -f -`, changed);
  await k(`get ks podinfo -n ${namespace} -o 'jsonpath={.spec.prune}{"\\n"}'`);

  session.say('Owners of fields');
  const one = `apply -n ${namespace} --server-side --field-manager=one -f -`;
  const two = `apply -n ${namespace} --server-side --field-manager=two -f -`;
  await k(one, configMap('owned', 'one'));
  await k(two, configMap('owned', 'two'));
  await k(`${two} --force-conflicts`, configMap('owned', 'two'));
  await k(`apply -n ${namespace} --server-side -f ${manifest}`);
  await k(`apply -n ${namespace} --server-side -f -`, changed.replace('interval: 10m', 'interval: 1m'));

  session.say('Versions and fields of the past');
  await k(`apply -n ${namespace} -f ${folder}session-2021.yaml`);
  await k(`get kustomizations.v1beta2.kustomize.toolkit.fluxcd.io old -n ${namespace} -o name`);
  await k(`apply -n ${namespace} -f -`, changed.replace('prune: false', 'prune: false\n  pruned: true'));

  await workload(session);
  await deleteNamespace(session);
}

async function installKinds(session: KubectlSession): Promise<void> {
  session.say('The kinds');
  await session.quietly(`delete -f ${crds}`);
  await session.run(`apply -f ${crds}`);
  await session.run(`apply -f ${crds}`);
  await session.quietly(`wait --for=condition=Established --timeout=60s -f ${crds}`);
  await waitFor('the kinds are described', async () =>
    (await session.quietly('explain kustomization.spec.patches')).exitCode === 0 ? true : undefined,
  );
  await session.run('explain kustomization.spec.patches');
  await session.run('api-resources --api-group=kustomize.toolkit.fluxcd.io');
}

/** Changes appear in a watch while it runs. */
async function applyAndWatch(session: KubectlSession): Promise<void> {
  session.say('Changes appear while one looks on');
  await session.run(`create namespace ${namespace}`);
  const watch = session.start('get ks -A -w');
  await session.run(`apply -n ${namespace} -f ${manifest}`);
  await watch.program.shows('podinfo');
  await session.run(`apply -n ${namespace} -f ${manifest}`);
  await session.run(`wait ks podinfo -n ${namespace} --for=condition=Ready --timeout=1s`);
  const waiting = session.start(`wait ks podinfo -n ${namespace} --for=condition=Ready --timeout=60s`);
  const ready = (status: string, message: string) =>
    `patch ks podinfo -n ${namespace} --subresource=status --type=merge -p '{"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"${status}","reason":"Test","message":"${message}","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'`;
  await session.run(ready('False', 'not yet'));
  await watch.program.shows('not yet');
  await session.run(ready('True', 'Applied revision: main@sha1:0123'));
  await watch.program.shows('Applied revision');
  await waiting.program.end;
  await waiting.end();
  await watch.end();
  await session.run(`get ks -n ${namespace}`);
}

async function workload(session: KubectlSession): Promise<void> {
  session.say('Kinds that every cluster has');
  await session.run(`create configmap one -n ${namespace} --from-literal=a=1`);
  await session.run(`create configmap one -n ${namespace} --from-literal=a=1`);
  await session.run(`get configmap one -n ${namespace}`);
  await session.run(`get configmap none -n ${namespace}`);
  await session.run(`create deployment web -n ${namespace} --image=example.com/web:1 --replicas=0`);
  await session.run(`scale deployment web -n ${namespace} --current-replicas=5 --replicas=3`);
  await session.run(`set image deployment/web -n ${namespace} web=example.com/web:2`);
  await session.run(`get deployment web -n ${namespace} -o 'jsonpath={.metadata.generation}{"\\n"}'`);
  await session.run(
    `create -n ${namespace} -f -`,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: three}\ndatas: {a: b}\n',
  );
  await session.run(`create -n ${namespace} -f -`, 'apiVersion: v9\nkind: ConfigMap\nmetadata: {name: three}\n');
  await session.run(`delete deployment web -n ${namespace}`);
}

/** A namespace goes when the last finalizer in it does. */
async function deleteNamespace(session: KubectlSession): Promise<void> {
  session.say('A namespace with a finalizer inside');
  await session.run(
    `patch ks podinfo -n ${namespace} --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}'`,
  );
  await session.run(`delete namespace ${namespace} --timeout=2s`);
  await session.run(`get namespace ${namespace}`);
  await session.run(`create configmap late -n ${namespace}`);
  await waitFor('the namespace says what it waits for', async () => {
    const { stdout } = await session.quietly(`get namespace ${namespace} -o jsonpath={.status.conditions[*].message}`);
    return stdout.includes('example.com/hold in 1 resource instances') ? true : undefined;
  });
  await session.run(
    `get namespace ${namespace} -o 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\\n"}{end}'`,
  );
  await session.run(`get ks,ocirepo,cm -n ${namespace} -o name`);
  await session.run(
    `patch ks podinfo -n ${namespace} --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'`,
  );
  await session.quietly(`wait namespace ${namespace} --for=delete --timeout=60s`);
  await session.run(`get namespace ${namespace}`);
}
