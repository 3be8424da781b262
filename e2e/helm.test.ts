import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnClusters } from './lib/describe-on-clusters.ts';
import { type ProgramEnd, runProgram } from './lib/program.ts';
import { findObject, waitFor } from './lib/wait-for.ts';

const helm = process.env['FLUVIAL_HELM'] ?? '';
const why = helm === '' ? ' (skipped: FLUVIAL_HELM names no helm)' : '';
const chart = fileURLToPath(new URL('testdata/chart', import.meta.url));
const widgets = 'widgets.helm.example.com';
const refused =
  'Widget.helm.example.com "web" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1';
const notReady = 'resource Deployment/NS/web not ready. status: Failed, message: Progress deadline exceeded';

interface Revision {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
}

/** A release's life with the real helm, in its order: each test goes on from the one before. */
describe.skipIf(helm === '')(`helm${why}`, { timeout: 180_000 }, () => {
  describeOnClusters('a release', (cluster) => {
    const namespace = `helm-${randomBytes(3).toString('hex')}`;
    // Only the sandbox brings workloads to their end: elsewhere nothing runs, neither pods nor hooks.
    const simulated = cluster.provider === 'embedded';
    const run = simulated ? ['--wait', '--timeout=60s'] : ['--no-hooks'];
    let home: string;

    beforeAll(() => {
      home = mkdtempSync(path.join(tmpdir(), 'fluvial-helm-'));
    });
    afterAll(async () => {
      const { kube } = cluster.current;
      await kube.delete({ apiVersion: 'v1', kind: 'Namespace' }, namespace).catch(() => {});
      await kube
        .delete({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }, widgets)
        .catch(() => {});
      rmSync(home, { recursive: true, force: true });
    });

    function h(...args: readonly string[]): Promise<ProgramEnd> {
      return runProgram(helm, [...args, `--namespace=${namespace}`], {
        env: { KUBECONFIG: cluster.current.kubeconfig, HOME: home },
      });
    }
    async function ok(...args: readonly string[]): Promise<string> {
      const { exitCode, stdout, stderr } = await h(...args);
      expect(`${exitCode} ${stderr}`.trim(), args.join(' ')).toBe('0');
      return stdout;
    }
    async function history(): Promise<string[]> {
      const revisions = JSON.parse(await ok('history', 'web', '--output=json')) as Revision[];
      return revisions.map(
        ({ revision, status, description }) =>
          `${revision} ${status}: ${description.replace(`/${namespace}/`, '/NS/')}`,
      );
    }
    const find = (apiVersion: string, kind: string, name: string) =>
      findObject(cluster.current.kube, { apiVersion, kind }, namespace, name);
    const greeting = async () => (await find('v1', 'ConfigMap', 'web-settings'))?.['data'];

    test('install makes the namespace, the kind, the objects and the notes', async () => {
      const text = await ok('install', 'web', chart, '--create-namespace', ...run);
      expect(text).toContain('STATUS: deployed\nREVISION: 1\nDESCRIPTION: Install complete\n');
      expect(text).toContain('NOTES:\nweb says hello on port 80 (revision 1).\n');
      expect(await greeting()).toEqual({ greeting: 'hello' });
      expect((await find('v1', 'Service', 'web'))?.['spec']).toMatchObject({ type: 'ClusterIP' });
      expect((await find('helm.example.com/v1', 'Widget', 'web'))?.['spec']).toEqual({ size: 1 });
    });

    test.runIf(simulated)('--wait ends with everything ready, and the hook has run before', async () => {
      expect((await find('apps/v1', 'Deployment', 'web'))?.['status']).toMatchObject({ availableReplicas: 1 });
      expect((await find('batch/v1', 'Job', 'web-migrate'))?.['status']).toMatchObject({ succeeded: 1 });
    });

    test('list and status show the release', async () => {
      const [release] = JSON.parse(await ok('list', '--output=json')) as Record<string, string>[];
      expect(release).toMatchObject({ name: 'web', namespace, revision: '1', status: 'deployed', chart: 'web-1.2.3' });
      const text = await ok('status', 'web');
      expect(text).toMatch(/==> v1\/ConfigMap\nNAME +DATA +AGE *\nweb-settings +1 +/);
      expect(text).toMatch(/==> v1\/Deployment\nNAME +READY +UP-TO-DATE +AVAILABLE +AGE *\nweb +[01]\/1 +/);
    });

    test('upgrade changes what the values change, and get values tells them', async () => {
      await ok('upgrade', 'web', chart, '--set=greeting=moin,replicas=2', ...run);
      expect(await ok('get', 'values', 'web')).toBe('USER-SUPPLIED VALUES:\ngreeting: moin\nreplicas: 2\n');
      expect(await greeting()).toEqual({ greeting: 'moin' });
      expect((await find('apps/v1', 'Deployment', 'web'))?.['spec']).toMatchObject({ replicas: 2 });
      expect(await history()).toEqual(['1 superseded: Install complete', '2 deployed: Upgrade complete']);
    });

    test.runIf(simulated)('test runs the test hook', async () => {
      expect(await ok('test', 'web')).toMatch(/TEST SUITE: +web-greets\n(.*\n)*Phase: +Succeeded\n/);
    });

    test('an upgrade that the schema refuses fails with the reason', async () => {
      const { exitCode, stderr } = await h('upgrade', 'web', chart, '--set=replicas=0', ...run);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`Error: UPGRADE FAILED: ${refused}\n`);
      expect((await history()).at(-1)).toBe(`3 failed: Upgrade "web" failed: ${refused}`);
    });

    test.runIf(simulated)('an upgrade whose pods do not come up fails at once', async () => {
      const fail = String.raw`--set-string=podAnnotations.sandbox\.fluvial\.dev/fail=no image`;
      const { exitCode, stderr } = await h('upgrade', 'web', chart, fail, ...run);
      expect(exitCode).toBe(1);
      expect(stderr.replaceAll(`/${namespace}/`, '/NS/')).toContain(`Error: UPGRADE FAILED: ${notReady}\n`);
      expect((await history()).at(-1)).toBe(`4 failed: Upgrade "web" failed: ${notReady}`);
    });

    test('rollback goes back to a revision, as the next one', async () => {
      expect(await ok('rollback', 'web', '1', ...run)).toBe('Rollback was a success! Happy Helming!\n');
      expect(await greeting()).toEqual({ greeting: 'hello' });
      expect((await find('apps/v1', 'Deployment', 'web'))?.['spec']).toMatchObject({ replicas: 1 });
      expect((await history()).at(-1)).toBe(`${simulated ? 5 : 4} deployed: Rollback to 1`);
    });

    test('each revision is a Secret of its own', async () => {
      const { items } = await cluster.current.kube.list(
        { apiVersion: 'v1', kind: 'Secret' },
        { namespace, labelSelector: 'owner=helm,name=web', fieldSelector: 'type=helm.sh/release.v1' },
      );
      expect(items.map(({ metadata }) => `${metadata.name} ${metadata.labels?.['status']}`)).toEqual([
        'sh.helm.release.v1.web.v1 superseded',
        'sh.helm.release.v1.web.v2 superseded',
        'sh.helm.release.v1.web.v3 failed',
        ...(simulated ? ['sh.helm.release.v1.web.v4 failed'] : []),
        `sh.helm.release.v1.web.v${simulated ? 5 : 4} deployed`,
      ]);
    });

    test('uninstall takes the objects away and can keep the history', async () => {
      expect(await ok('uninstall', 'web', '--keep-history')).toBe('release "web" uninstalled\n');
      await waitFor('the objects are gone', async () => {
        const left = [
          await find('apps/v1', 'Deployment', 'web'),
          await find('v1', 'Service', 'web'),
          await find('v1', 'ConfigMap', 'web-settings'),
          await find('helm.example.com/v1', 'Widget', 'web'),
        ];
        return left.every((object) => object === undefined) ? true : undefined;
      });
      expect((await history()).at(-1)).toMatch(/ uninstalled: Uninstallation complete$/);
      await ok('uninstall', 'web');
      expect(await ok('list', '--short')).toBe('');
    });
  });
});
