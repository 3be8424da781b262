import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, request } from 'undici';
import { freePort } from './free-port.ts';

/** A real kube-apiserver with its etcd and, where there is one, its controller manager. */
export interface ControlPlane {
  /** Path of a kubeconfig whose user is in `system:masters`. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT`, with a certificate that the server signed itself. */
  readonly url: string;
  /** The bearer token of the kubeconfig's user. */
  readonly token: string;
  /** Kills kube-apiserver, as a crash would, and starts it again on the same port and store. */
  restartApiServer(): Promise<void>;
  /** Resident memory of kube-apiserver and etcd together, in bytes. Linux only. */
  memoryBytes(): number;
  /** Ends the processes and removes their folder. */
  stop(): Promise<void>;
}

const token = randomBytes(16).toString('hex');

/**
 * Starts a control plane from a folder of binaries (`KUBEBUILDER_ASSETS`), on loopback ports of its own.
 *
 * Its user is in `system:masters`. It keeps nothing: etcd does not even wait for the disk.
 *
 * @param options `controllers`: what the controller manager runs, as its flag takes it (`['*', '-deployment-controller']`).
 *   Default: all that it runs by itself.
 */
export async function startControlPlane(assets: string, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(assets, options);
    } catch (error) {
      // A port that was free a moment ago may be another's by now, be it that of a connection which etcd has just got.
      if (!(error instanceof EndedError) || tries === 3) throw error;
    }
  }
}

interface ControlPlaneOptions {
  readonly controllers?: readonly string[];
}

/** A process of the control plane was gone before it was ready. */
class EndedError extends Error {
  override readonly name = 'EndedError';
}

async function startOnce(assets: string, { controllers }: ControlPlaneOptions): Promise<ControlPlane> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fluvial-control-plane-'));
  const at = (name: string) => path.join(dir, name);
  const [clientPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const url = `https://127.0.0.1:${apiPort}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(at('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(at('tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  writeFileSync(at('kubeconfig'), kubeconfigOf(url), { mode: 0o600 });

  const children = new Map<string, ChildProcess>();
  const start = (name: string, args: readonly string[]): void => {
    const log = createWriteStream(at(`${name}.log`), { flags: 'a' });
    const child = spawn(path.join(assets, name), args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.set(name, child);
  };
  const kill = async (name: string): Promise<void> => {
    const child = children.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const hasManager = existsSync(path.join(assets, 'kube-controller-manager'));
  const startApiServer = async (): Promise<void> => {
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
      // As nearly every cluster does.
      '--allow-privileged=true',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--enable-priority-and-fairness=false',
      '--max-requests-inflight=0',
      '--max-mutating-requests-inflight=0',
      // Without its controller nobody makes the account that the plugin asks for.
      ...(hasManager ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ]);
    await untilReady(url, [...children.values()]);
  };
  const stop = async (): Promise<void> => {
    // etcd last: without its store the API server only complains.
    for (const name of ['kube-controller-manager', 'kube-apiserver', 'etcd']) await kill(name);
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
    await startApiServer();
    if (hasManager) {
      start('kube-controller-manager', [
        `--kubeconfig=${at('kubeconfig')}`,
        `--service-account-private-key-file=${at('sa.key')}`,
        '--use-service-account-credentials=false',
        '--leader-elect=false',
        '--secure-port=0',
        ...(controllers === undefined ? [] : [`--controllers=${controllers.join(',')}`]),
      ]);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kubeconfig: at('kubeconfig'),
    url,
    token,
    async restartApiServer() {
      await kill('kube-apiserver');
      await startApiServer();
    },
    memoryBytes: () => residentBytes(children.get('kube-apiserver')) + residentBytes(children.get('etcd')),
    stop,
  };
}

function residentBytes(child: ChildProcess | undefined): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function untilReady(server: string, children: readonly ChildProcess[]): Promise<void> {
  // The server signs its own certificate; it is on loopback, and it is ours.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    for (let attempt = 0; attempt < 600; attempt++) {
      const dead = children.find((child) => child.exitCode !== null);
      if (dead !== undefined) throw new EndedError(`${dead.spawnfile} ended with exit code ${dead.exitCode}`);
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
