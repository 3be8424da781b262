import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { findControlPlaneAssets, startControlPlane } from '@fluvial/control-plane';
import { build } from 'esbuild';
import { openWire } from './wire-client.ts';

/** An API server to measure. */
export interface MeasuredServer {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** From the start of its process to a first answer of `/readyz`, ms. */
  readonly readyMs: number;
  /** Resident memory of all its processes once it has calmed down, bytes. */
  memoryBytes(): Promise<number>;
  /** Bytes of live objects, for a server that can tell. */
  heapBytes(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** The embedded API server in a process of its own, bundled as an app is. `dir`: keep a journal there. */
export async function startEmbedded(dir?: string, nodeFlags: readonly string[] = []): Promise<MeasuredServer> {
  const bundle = mkdtempSync(path.join(tmpdir(), 'fluvial-bench-server-'));
  const program = path.join(bundle, 'api-server.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('api-server.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@fluvial/source'],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const started = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', ...nodeFlags, program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '', ...(dir === undefined ? {} : { FLUVIAL_BENCH_DIR: dir }) },
  });
  const { url, token } = await message<{ url: string; token: string }>(child);
  await untilReady(url, token);
  const readyMs = performance.now() - started;
  const calm = async () => {
    child.send('calm');
    return message<{ heapBytes: number }>(child);
  };
  return {
    name: 'embedded',
    url,
    token,
    readyMs,
    async memoryBytes() {
      await calm();
      return residentBytes(child.pid ?? 0);
    },
    heapBytes: async () => (await calm()).heapBytes,
    async stop() {
      await end(child);
      rmSync(bundle, { recursive: true, force: true });
    },
  };
}

/** kube-apiserver with etcd and nothing else; undefined where there are no binaries. */
export async function startReal(): Promise<MeasuredServer | undefined> {
  const assets = findControlPlaneAssets();
  if (assets === undefined) return undefined;
  // The controller manager stays out: only API servers are compared.
  const dir = mkdtempSync(path.join(tmpdir(), 'fluvial-bench-assets-'));
  for (const name of ['kube-apiserver', 'etcd']) symlinkSync(path.join(assets, name), path.join(dir, name));
  const started = performance.now();
  const plane = await startControlPlane(dir);
  const readyMs = performance.now() - started;
  return {
    name: 'kube-apiserver + etcd',
    url: plane.url,
    token: plane.token,
    readyMs,
    async memoryBytes() {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return plane.memoryBytes();
    },
    heapBytes: async () => undefined,
    async stop() {
      await plane.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, token: string): Promise<void> {
  const wire = await openWire(url, token);
  const { status } = await wire.send('GET', '/readyz');
  wire.close();
  if (status !== 200) throw new Error(`${url}/readyz answered ${status}`);
}

async function message<T>(child: ChildProcess): Promise<T> {
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the API server ended with exit code ${code}`);
  });
  died.catch(() => {});
  const [first] = await Promise.race([once(child, 'message'), died]);
  return first as T;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function residentBytes(pid: number): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
