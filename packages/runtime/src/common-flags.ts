import { type FeatureGates, parseFeatureGates } from './feature-gates.ts';
import { boolFlag, choiceFlag, durationFlag, type FlagValues, intFlag, stringFlag } from './flags.ts';
import type { ControllerSettings } from './running-controller.ts';

/** The flags that every app has, with the names and defaults of Flux's controllers. */
export function commonFlags({ concurrent = 4 }: { concurrent?: number } = {}) {
  return {
    kubeconfig: stringFlag('', 'Paths to a kubeconfig. Only required if out-of-cluster.'),
    'metrics-addr': stringFlag(':8080', 'The address the metric endpoint binds to.', 'METRICS_ADDR'),
    'health-addr': stringFlag(':9440', 'The address the health endpoint binds to.', 'HEALTH_ADDR'),
    'events-addr': stringFlag('', 'The address of the events receiver.', 'EVENTS_ADDR'),
    concurrent: intFlag(concurrent, 'The number of concurrent reconciles per controller.', { min: 1 }),
    'requeue-dependency': durationFlag(30_000, 'The interval at which failing dependencies are reevaluated.'),
    'watch-all-namespaces': boolFlag(
      true,
      'Watch for resources in all namespaces, if set to false it will only watch the runtime namespace.',
    ),
    'watch-label-selector': stringFlag(
      '',
      "Watch for resources with matching labels e.g. 'sharding.fluxcd.io/key=shard1'.",
    ),
    'watch-configs-label-selector': stringFlag(
      'reconcile.fluxcd.io/watch=Enabled',
      'Watch for ConfigMaps and Secrets with matching labels.',
    ),
    'log-level': choiceFlag(
      ['trace', 'debug', 'info', 'error'],
      'info',
      'Set logging level. Can be trace, debug, info or error.',
    ),
    'log-encoding': choiceFlag(['json', 'console'], 'json', "Log encoding format. Can be 'json' or 'console'."),
    'interval-jitter-percentage': intFlag(5, 'Percentage of jitter to apply to interval durations.', {
      min: 0,
      max: 99,
    }),
    'min-retry-delay': durationFlag(
      750,
      'The minimum amount of time for which an object being reconciled will have to wait before a retry.',
    ),
    'max-retry-delay': durationFlag(
      15 * 60_000,
      'The maximum amount of time for which an object being reconciled will have to wait before a retry.',
    ),
    'kube-api-qps': intFlag(50, 'The maximum queries-per-second of requests sent to the Kubernetes API.', { min: 1 }),
    'kube-api-burst': intFlag(300, 'The maximum burst queries-per-second of requests sent to the Kubernetes API.', {
      min: 1,
    }),
    'watch-idle-timeout': durationFlag(
      150_000,
      'The time after which a watch that has received nothing, not even a bookmark, counts as broken.',
    ),
    'enable-leader-election': boolFlag(false, 'Enable leader election for controller manager.'),
    'leader-election-release-on-cancel': boolFlag(
      true,
      'Defines if the leader should step down voluntarily on controller manager shutdown.',
    ),
    'leader-election-lease-duration': durationFlag(
      35_000,
      'Interval at which non-leader candidates will wait to force acquire leadership.',
    ),
    'leader-election-renew-deadline': durationFlag(
      30_000,
      'Duration that the leading controller manager will retry refreshing leadership before giving up.',
    ),
    'leader-election-retry-period': durationFlag(
      5000,
      'Duration the LeaderElector clients should wait between tries of actions.',
    ),
    'feature-gates': stringFlag(
      '',
      'A comma separated list of key=value pairs defining the state of experimental features.',
    ),
    'token-cache-max-size': intFlag(
      100,
      'The maximum amount of entries in the cache of access tokens; 0 switches it off.',
      { min: 0 },
    ),
    'token-cache-max-duration': durationFlag(3_600_000, 'The longest time for which an access token is cached.'),
    'graceful-shutdown-timeout': durationFlag(30_000, 'The time that running reconciles get to end.'),
  };
}

export type CommonFlags = FlagValues<ReturnType<typeof commonFlags>>;

/** How an app's controllers run, out of its flags. */
export function controllerSettings(
  names: { readonly controllerName: string; readonly fieldManager: string },
  flags: CommonFlags,
  env: Readonly<Record<string, string | undefined>>,
): ControllerSettings {
  const namespace = env['RUNTIME_NAMESPACE'];
  return {
    ...names,
    concurrent: flags.concurrent,
    jitterPercent: flags['interval-jitter-percentage'],
    minRetryDelayMs: flags['min-retry-delay'],
    maxRetryDelayMs: flags['max-retry-delay'],
    labelSelector: flags['watch-label-selector'],
    ...(flags['watch-all-namespaces'] || !namespace ? {} : { namespace }),
  };
}

/** The app's gates out of `--feature-gates`. @throws {UsageError} */
export function gatesOf<G extends FeatureGates>(
  flags: Pick<CommonFlags, 'feature-gates'>,
  defaults: G,
): { readonly [K in keyof G]: boolean } {
  return parseFeatureGates(flags['feature-gates'], defaults);
}
