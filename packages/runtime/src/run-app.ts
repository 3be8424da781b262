import { createHash } from 'node:crypto';
import { createKubeClient, loadKubeConfig } from '@fluvial/kube';
import { createClock } from './clock.ts';
import { type CommonFlags, commonFlags } from './common-flags.ts';
import { createWebhookSink } from './event-sink.ts';
import { describeFlags, type FlagSet, type FlagValues, parseFlags, UsageError } from './flags.ts';
import { createLogger } from './logger.ts';
import { createManager, type Manager } from './manager.ts';
import { createMetrics } from './metrics.ts';
import { type ProbeServers, startProbes } from './probes.ts';
import { keepHeapSmall } from './small-heap.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** One deployable: what `main.ts` hands over. */
export interface App<F extends FlagSet = Record<never, never>> {
  /** `kustomize-controller`: log, lease, user agent. */
  readonly name: string;
  readonly version?: string;
  /** Default of `--concurrent`. */
  readonly concurrent?: number;
  /** The app's own flags; a name that is also a common one replaces it. */
  readonly flags: F;
  /** Registers the app's controllers. Throws UsageError for options that do not fit together. */
  setup(manager: Manager, flags: CommonFlags & FlagValues<F>, env: Env): void | Promise<void>;
}

export interface RunAppOptions {
  /** Without node and the script. */
  readonly argv: readonly string[];
  readonly env: Env;
  /** Stops the app. */
  readonly signal: AbortSignal;
  /** Told once, when the caches are filled and before the first reconcile. */
  readonly onReady?: () => void;
  readonly stdout?: { write(text: string): unknown };
  readonly stderr?: { write(text: string): unknown };
}

/** All flags of an app: the common ones and its own. */
export function flagsOf<const F extends FlagSet>(app: Pick<App<F>, 'flags' | 'concurrent'>): FlagSet {
  return { ...commonFlags(app.concurrent === undefined ? {} : { concurrent: app.concurrent }), ...app.flags };
}

/** An app's values for a command line. For whoever runs several apps in one process. @throws {UsageError} */
export function parseAppFlags<const F extends FlagSet>(
  app: Pick<App<F>, 'flags' | 'concurrent'>,
  argv: readonly string[],
  env: Env = {},
): CommonFlags & FlagValues<F> {
  return parseFlags(flagsOf(app), argv, env) as CommonFlags & FlagValues<F>;
}

/**
 * Runs one app until the signal aborts: flags, kubeconfig, log, metrics, probes, leader election.
 *
 * @returns the exit code: 0 after the signal, 1 after a failure (also a lost lease), 2 for a wrong command line
 */
export async function runApp<const F extends FlagSet>(app: App<F>, options: RunAppOptions): Promise<number> {
  const { argv, env, signal, stdout = process.stdout, stderr = process.stderr } = options;
  const known = flagsOf(app);
  if (argv.includes('--help') || argv.includes('-h')) {
    stdout.write(`Usage of ${app.name}:\n${describeFlags(known)}`);
    return 0;
  }
  let flags: CommonFlags & FlagValues<F>;
  try {
    flags = parseAppFlags(app, argv, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`${error.message}\nUsage of ${app.name}:\n${describeFlags(known)}${error.message}\n`);
    return 2;
  }

  const log = createLogger({ level: flags['log-level'], encoding: flags['log-encoding'] });
  const clock = createClock();
  const metrics = createMetrics();
  let probes: ProbeServers | undefined;
  try {
    const config = await loadKubeConfig(flags.kubeconfig === '' ? {} : { kubeconfig: flags.kubeconfig });
    const kube = createKubeClient(config, {
      userAgent: `${app.name}/${app.version ?? 'dev'}`,
      qps: flags['kube-api-qps'],
      burst: flags['kube-api-burst'],
      watchIdleTimeoutMs: flags['watch-idle-timeout'],
      onRequest: metrics.request(new URL(config.server).host),
    });
    const eventsAddress = flags['events-addr'];
    const manager = createManager({
      kube,
      clock,
      log,
      metrics,
      graceMs: flags['graceful-shutdown-timeout'],
      ...(options.onReady ? { onReady: options.onReady } : {}),
      ...(eventsAddress === '' ? {} : { eventSink: createWebhookSink({ url: eventsAddress, clock }) }),
      ...(flags['enable-leader-election'] ? { leaderElection: lease(app.name, flags, env) } : {}),
    });
    await app.setup(manager, flags, env);
    probes = await startProbes({
      healthAddress: flags['health-addr'],
      metricsAddress: flags['metrics-addr'],
      registry: metrics.registry,
      ready: { caches: () => manager.ready },
      log,
    });
    log.info('starting manager');
    await manager.start(signal);
    await kube.close();
    return 0;
  } catch (error) {
    log.error(error, error instanceof UsageError ? 'invalid options' : 'problem running manager');
    return 1;
  } finally {
    await probes?.close();
  }
}

function lease(name: string, flags: CommonFlags, env: Env) {
  const selector = flags['watch-label-selector'];
  const suffix = selector === '' ? '' : `-${createHash('sha256').update(selector).digest('hex').slice(0, 8)}`;
  const namespace = env['RUNTIME_NAMESPACE'];
  if (!namespace) throw new UsageError('leader election needs the environment variable RUNTIME_NAMESPACE');
  return {
    name: `${name}-leader-election${suffix}`,
    namespace,
    leaseDurationMs: flags['leader-election-lease-duration'],
    renewDeadlineMs: flags['leader-election-renew-deadline'],
    retryPeriodMs: flags['leader-election-retry-period'],
    releaseOnCancel: flags['leader-election-release-on-cancel'],
  };
}

/**
 * The whole of a `main.ts`: runs the app with the process's arguments, environment and signals, and ends the process
 * with its code. A second signal ends it at once.
 */
export async function runMain<const F extends FlagSet>(app: App<F>): Promise<void> {
  const onReady = keepHeapSmall();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new Error(`received ${name}`));
    });
  }
  // One broken promise must not take the others' work down with it.
  process.on('unhandledRejection', (error) => {
    process.stderr.write(
      `${JSON.stringify({ level: 'error', ts: new Date().toISOString(), msg: 'unhandled rejection', error: String(error) })}\n`,
    );
  });
  const code = await runApp(app, { argv: process.argv.slice(2), env: process.env, signal: stop.signal, onReady });
  process.exit(code);
}
