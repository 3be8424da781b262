import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, request } from 'undici';
import { freePort } from './spawn-app.ts';

/** A real kube-apiserver with its etcd and, where there is one, its controller manager. */
export interface ControlPlane {
  readonly kubeconfig: string;
  /** Ends the processes and removes their folder. */
  stop(): Promise<void>;
}

const token = randomBytes(16).toString('hex');

/**
 * Starts a control plane from a folder of binaries (`KUBEBUILDER_ASSETS`), on loopback ports of its own.
 *
 * Its user is in `system:masters`. It keeps nothing: etcd does not even wait for the disk.
 */
export async function startControlPlane(assets: string): Promise<ControlPlane> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fluvial-control-plane-'));
  const at = (name: string) => path.join(dir, name);
  const [clientPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const server = `https://127.0.0.1:${apiPort}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(at('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(at('tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  writeFileSync(at('kubeconfig'), kubeconfigOf(server), { mode: 0o600 });

  const children: ChildProcess[] = [];
  const start = (name: string, args: readonly string[]): void => {
    const log = createWriteStream(at(`${name}.log`));
    const child = spawn(path.join(assets, name), args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.push(child);
  };
  const stop = async (): Promise<void> => {
    // The API server first: without its store it only complains.
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    start('etcd', [
      `--data-dir=${at('etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
    ]);
    start('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      `--secure-port=${apiPort}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${at('certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${at('sa.key')}`,
      `--service-account-signing-key-file=${at('sa.key')}`,
      `--token-auth-file=${at('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--enable-priority-and-fairness=false',
      '--max-requests-inflight=0',
      '--max-mutating-requests-inflight=0',
      ...(existsSync(path.join(assets, 'kube-controller-manager'))
        ? []
        : ['--disable-admission-plugins=ServiceAccount']),
    ]);
    await untilReady(server, children);
    if (existsSync(path.join(assets, 'kube-controller-manager'))) {
      start('kube-controller-manager', [
        `--kubeconfig=${at('kubeconfig')}`,
        `--service-account-private-key-file=${at('sa.key')}`,
        '--use-service-account-credentials=false',
        '--leader-elect=false',
        '--secure-port=0',
      ]);
    }
    return { kubeconfig: at('kubeconfig'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(server: string, children: readonly ChildProcess[]): Promise<void> {
  // The server signs its own certificate; it is on loopback, and it is ours.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    for (let attempt = 0; attempt < 600; attempt++) {
      const dead = children.find((child) => child.exitCode !== null);
      if (dead !== undefined) throw new Error(`${dead.spawnfile} ended with exit code ${dead.exitCode}`);
      const status = await request(`${server}/readyz`, {
        dispatcher,
        headers: { authorization: `Bearer ${token}` },
      }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode;
        },
        () => 0,
      );
      if (status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the control plane was not ready after 60 s');
  } finally {
    await dispatcher.close();
  }
}

function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: real
  cluster: {server: "${server}", insecure-skip-tls-verify: true}
users:
- name: admin
  user: {token: "${token}"}
contexts:
- name: real
  context: {cluster: real, user: admin}
current-context: real
`;
}
