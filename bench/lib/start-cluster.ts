import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findControlPlaneAssets, startControlPlane } from '@fluvial/control-plane';

/** A cluster to measure on. */
export interface Cluster {
  readonly name: string;
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const flux = fileURLToPath(new URL('../../apps/cli/bin/flux.js', import.meta.url));

/**
 * The cluster of a kubeconfig, a real control plane, or the embedded API server in a process of its own, without
 * controllers.
 *
 * @throws {Error} for `controlPlane` where there are no binaries of one
 */
export async function startCluster(options: {
  scratch: string;
  kubeconfig?: string | undefined;
  controlPlane?: boolean;
}): Promise<Cluster> {
  if (options.controlPlane === true) {
    const assets = findControlPlaneAssets();
    if (assets === undefined)
      throw new Error(
        'no binaries of a control plane: set KUBEBUILDER_ASSETS, or run node e2e/control-plane/build.mjs',
      );
    const { kubeconfig, stop } = await startControlPlane(assets);
    return { name: 'kube-apiserver and etcd', kubeconfig, stop };
  }
  if (options.kubeconfig !== undefined) {
    return { name: 'the cluster of --kubeconfig', kubeconfig: path.resolve(options.kubeconfig), stop: async () => {} };
  }
  const dir = path.join(options.scratch, 'sandbox');
  const child = spawn(process.execPath, [flux, 'dev', `--dir=${dir}`, '--controllers='], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilReady(child);
  return {
    name: 'the embedded API server',
    kubeconfig: path.join(dir, 'kubeconfig'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('flux dev has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'sandbox ready') return;
  }
  throw new Error('flux dev ended before it was ready');
}
