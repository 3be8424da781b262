import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@fluvial/control-plane';
import type { KubeConfig } from '@fluvial/kube';
import { request } from 'undici';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type RunningApp, spawnApp } from './spawn-app.ts';

/** A controller in a process of its own, behind a proxy of its own. */
export interface ControllerProcess {
  readonly proxy: FaultProxy;
  readonly app: RunningApp;
  /** Path of what it has said. */
  readonly log: string;
  /** Starts the process again: same flags, same store. */
  start(): Promise<void>;
  /** Ends the process; default SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Requests that are no watch, since the given moment of `performance.now()`: `GET /api/v1/…`. */
  requestsSince(at: number): string[];
  /** Finished runs by name of object, as its metrics tell. */
  finishedRuns(): Promise<Map<string, number>>;
  /** Ends process and proxy. */
  close(): Promise<void>;
}

/** Starts source-controller or kustomize-controller. `dir` is a new folder for its kubeconfig and store. */
export async function startControllerProcess(options: {
  readonly name: 'source-controller' | 'kustomize-controller';
  readonly config: KubeConfig;
  readonly dir: string;
  readonly runtimeNamespace: string;
  readonly flags: readonly string[];
}): Promise<ControllerProcess> {
  const { name, config, dir, runtimeNamespace } = options;
  const flags = [...options.flags];
  mkdirSync(dir, { recursive: true });
  if (name === 'source-controller') {
    const store = path.join(dir, 'store');
    const address = `127.0.0.1:${await freePort()}`;
    mkdirSync(store);
    flags.push(`--storage-path=${store}`, `--storage-addr=${address}`, `--storage-adv-addr=${address}`);
  }
  const proxy = await startFaultProxy(config);
  const kubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, proxy.kubeconfig, { mode: 0o600 });
  const log = path.join(dir, 'log');
  const spawn = () => spawnApp(name, kubeconfig, flags, { env: { RUNTIME_NAMESPACE: runtimeNamespace }, log });
  let app: RunningApp;
  try {
    app = await spawn();
  } catch (error) {
    await proxy.close();
    throw error;
  }
  return {
    proxy,
    log,
    get app() {
      return app;
    },
    async start() {
      app = await spawn();
    },
    stop: (signal) => app.stop(signal),
    requestsSince: (at) =>
      proxy.requests.filter((seen) => seen.at > at && seen.verb !== 'WATCH').map(({ verb, path }) => `${verb} ${path}`),
    async finishedRuns() {
      const text = await (await request(app.metricsUrl)).body.text();
      const runs = new Map<string, number>();
      for (const line of text.split('\n')) {
        const match = /^gotk_reconcile_duration_seconds_count\{[^}]*\bname="([^"]*)"[^}]*\} (\d+)/.exec(line);
        if (match !== null) runs.set(match[1] ?? '', Number(match[2]));
      }
      return runs;
    },
    async close() {
      await app.stop('SIGKILL');
      await proxy.close();
    },
  };
}
