import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@fluvial/control-plane';
import { request } from 'undici';

/** One of the suite's programs in a process of its own. */
export interface RunningApp {
  readonly pid: number;
  readonly metricsUrl: string;
  /** Default SIGTERM. Resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

// What a container of one controller sets, too: one thread beside the main one helps the collector, and all threads share
// one arena of malloc, where each would keep pages of its own.
const nodeFlags = ['--v8-pool-size=1'];
const environment = { MALLOC_ARENA_MAX: '1' };

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts an app's bundle as a cluster would, waits until `/readyz` answers. Its errors go to stderr, or all it says to a file. */
export async function spawnApp(
  name: string,
  kubeconfig: string,
  flags: readonly string[],
  { env = {}, log }: { readonly env?: Readonly<Record<string, string>>; readonly log?: string } = {},
): Promise<RunningApp> {
  const file = log === undefined ? undefined : openSync(log, 'a');
  const [health, metrics] = await Promise.all([freePort(), freePort()]);
  const child = spawn(
    process.execPath,
    [
      ...nodeFlags,
      `${root}apps/${name}/bin/${name}.js`,
      `--health-addr=127.0.0.1:${health}`,
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--log-level=${log === undefined ? 'error' : 'info'}`,
      ...flags,
    ],
    {
      env: { ...process.env, ...environment, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system', ...env },
      stdio: ['ignore', file ?? 'ignore', file ?? 'inherit'],
    },
  );
  if (file !== undefined) closeSync(file);
  await untilReady(child, name, `http://127.0.0.1:${health}/readyz`).catch((error: Error) => {
    const said =
      log === undefined ? '' : `; last it said: ${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-3).join(' ')}`;
    throw new Error(`${error.message}${said}`, { cause: error });
  });
  return {
    pid: child.pid ?? 0,
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** API requests that an app has made, by HTTP method, watches apart. */
export async function requestsByVerb(app: RunningApp): Promise<Record<string, number>> {
  const { body } = await request(app.metricsUrl);
  const counts: Record<string, number> = {};
  for (const line of (await body.text()).split('\n')) {
    const match = /^rest_client_requests_total\{(.*)\} (\d+)/.exec(line);
    if (match === null) continue;
    const verb =
      /verb="([^"]*)"/.exec(match[1] ?? '')?.[1] ?? /method="([^"]*)"/.exec(match[1] ?? '')?.[1] ?? 'unknown';
    counts[verb] = (counts[verb] ?? 0) + Number(match[2]);
  }
  return counts;
}

async function untilReady(child: ChildProcess, name: string, url: string): Promise<void> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode} before it was ready`);
    const status = await request(url).then(
      async (answer) => {
        await answer.body.dump();
        return answer.statusCode;
      },
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${name} was not ready after 30 s (${url})`);
}
