import { createWriteStream, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createKubeClient, parseKubeConfig } from '@fluvial/kube';
import { app as kustomizeController } from '@fluvial/kustomize-controller/setup';
import {
  type App,
  commonFlags,
  createLogger,
  createManager,
  type FlagSet,
  type Logger,
  type LogLevel,
  parseFlags,
} from '@fluvial/runtime';
import { SANDBOX_NAMESPACE, type Sandbox } from '@fluvial/sandbox';
import { app as sourceController } from '@fluvial/source-controller/setup';

/** The suite's controllers, by the name of their program. */
const apps: Readonly<Record<string, App<FlagSet>>> = {
  'source-controller': sourceController as App<FlagSet>,
  'kustomize-controller': kustomizeController as App<FlagSet>,
};

/** Names that `--controllers` takes. */
export const controllerNames: readonly string[] = Object.keys(apps);

/** Controllers that run in this process. */
export interface RunningControllers {
  /** Rejects when one of them gives up. */
  readonly failed: Promise<never>;
  /** Lets running reconciles end, then resolves. */
  stop(): Promise<void>;
}

interface RunningController {
  readonly end: Promise<void>;
  close(): Promise<void>;
}

// Shorter than in a cluster: all of it ends at once, and what a reconcile still waits for may be gone already.
const graceMs = 3000;

/** Starts controllers on a sandbox, each with a manager of its own, through the same set-up as in a cluster. */
export async function startControllers(
  sandbox: Sandbox,
  names: readonly string[],
  level: LogLevel,
): Promise<RunningControllers> {
  const logs = path.join(sandbox.folder.dir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const stop = new AbortController();
  const env = { RUNTIME_NAMESPACE: SANDBOX_NAMESPACE };
  const artifactPort = await sandbox.portFor('artifacts');
  const config = await parseKubeConfig(sandbox.apiserver.kubeconfig());

  const start = async (name: string): Promise<RunningController> => {
    const app = apps[name]!;
    const out = createWriteStream(path.join(logs, `${name}.log`), { flags: 'a', mode: 0o600 });
    const log = createLogger({ level, destination: { write: (line: string) => void out.write(line) } });
    const known = {
      ...commonFlags(app.concurrent === undefined ? {} : { concurrent: app.concurrent }),
      ...app.flags,
    };
    const flags = parseFlags(known, flagsFor(name, sandbox, artifactPort), env);
    const kube = createKubeClient(config, { userAgent: `${name}/${app.version ?? 'dev'}` });
    const manager = createManager({ kube, log, graceMs });
    await app.setup(manager, flags as Parameters<typeof app.setup>[1], env);
    const end = manager.start(stop.signal).catch((error: unknown) => giveUp(name, error, log));
    return {
      end,
      close: async () => {
        await end.catch(() => {});
        await kube.close();
        await new Promise((resolve) => out.end(resolve));
      },
    };
  };
  // The consumers of artifacts come when there is something to ask, or their first fetch would wait for its second try.
  const [sources, consumers] = [names.filter(isSource), names.filter((name) => !isSource(name))];
  const running = await Promise.all(sources.map(start));
  if (sources.length > 0) await Promise.race([untilListening(artifactPort), ...running.map(({ end }) => end)]);
  running.push(...(await Promise.all(consumers.map(start))));
  const failed = Promise.all(running.map(({ end }) => end)).then(() => new Promise<never>(() => {}));
  // Whoever waits hears of it; nobody waiting is no reason for the process to end.
  failed.catch(() => {});
  return {
    failed,
    async stop() {
      stop.abort(new Error('the sandbox ends'));
      await Promise.all(running.map(({ close }) => close()));
    },
  };
}

/** What differs from the defaults in a cluster: addresses on loopback, and shorter waits, because somebody is watching. */
function flagsFor(name: string, sandbox: Sandbox, artifactPort: number): string[] {
  const common = ['--requeue-dependency=2s', '--kube-api-qps=10000', '--kube-api-burst=10000'];
  if (name !== 'source-controller') return common;
  const address = `127.0.0.1:${artifactPort}`;
  return [
    ...common,
    `--storage-path=${sandbox.folder.artifacts}`,
    `--storage-addr=${address}`,
    `--storage-adv-addr=${address}`,
  ];
}

function isSource(name: string): boolean {
  return name === 'source-controller';
}

/** Resolves when something listens on the port, or after ten seconds. */
async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket
        .once('error', () => resolve(false))
        .once('connect', () => {
          socket.destroy();
          resolve(true);
        });
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function giveUp(name: string, error: unknown, log: Logger): never {
  log.error(error, 'controller stopped');
  throw new Error(`${name} stopped: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
