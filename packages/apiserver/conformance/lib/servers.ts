import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiServer } from '@fluvial/apiserver';
import { startControlPlane } from '@fluvial/control-plane';
import { Agent, type Dispatcher } from 'undici';

/** One of the two servers that are compared. */
export interface Server {
  readonly name: 'embedded' | 'real';
  readonly url: string;
  readonly token: string;
  readonly kubeconfig: string;
  /** The real kubectl, if there is one. */
  readonly kubectl: string | undefined;
  readonly cacheDir: string;
  readonly dispatcher: Dispatcher;
}

export interface Servers {
  readonly embedded: Server;
  readonly real: Server;
  stop(): Promise<void>;
}

/** Starts both. `assets`: the folder of the real one's binaries. */
export async function startServers(assets: string): Promise<Servers> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fluvial-conformance-'));
  const kubectl = findKubectl();
  const server = (name: Server['name'], url: string, token: string, kubeconfig: string): Server => {
    const cacheDir = path.join(dir, name);
    mkdirSync(cacheDir);
    // Both sign their certificates themselves.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false }, connections: 64 });
    return { name, url, token, kubeconfig, kubectl, cacheDir, dispatcher };
  };
  // Nothing runs workloads on either: their status would depend on timing, and no kubelet makes the real pods ready.
  const ours = await startApiServer({ simulator: false });
  const theirs = await startControlPlane(assets, { controllers: ['*', ...workloadControllers] }).catch(
    async (error: unknown) => {
      await ours.close();
      throw error;
    },
  );
  const ownKubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(ownKubeconfig, ours.kubeconfig(), { mode: 0o600 });
  const embedded = server('embedded', ours.url, ours.token, ownKubeconfig);
  const real = server('real', theirs.url, theirs.token, theirs.kubeconfig);
  return {
    embedded,
    real,
    async stop() {
      await Promise.all([embedded.dispatcher.destroy(), real.dispatcher.destroy()]);
      await Promise.all([ours.close(), theirs.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const workloadControllers = [
  'deployment',
  'replicaset',
  'replicationcontroller',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
  'horizontal-pod-autoscaler',
  'disruption',
  'endpoints',
  'endpointslice',
  'persistentvolume-binder',
].map((name) => `-${name}-controller`);

function findKubectl(): string | undefined {
  const given = process.env['FLUVIAL_KUBECTL'];
  if (given) return given;
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const found = spawnSync(process.execPath, ['scripts/kubectl.mjs'], { cwd: root, encoding: 'utf8' });
  return found.status === 0 ? path.join(found.stdout.trim(), 'kubectl') : undefined;
}
