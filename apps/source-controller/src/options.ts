import { type DigestAlgorithm, parseDigestAlgorithm } from '@fluvial/artifact';
import {
  type CommonFlags,
  durationFlag,
  type FlagValues,
  gatesOf,
  intFlag,
  stringFlag,
  UsageError,
} from '@fluvial/runtime';

/** The flags of source-controller besides the common ones, with Flux's names and defaults. */
export const sourceFlags = {
  'storage-path': stringFlag('/data', 'The local storage path.', 'STORAGE_PATH'),
  'storage-addr': stringFlag(':9090', 'The address the static file server binds to.', 'STORAGE_ADDRESS'),
  'storage-adv-addr': stringFlag('', 'The advertised address of the static file server.', 'STORAGE_ADV_ADDR'),
  'artifact-retention-ttl': durationFlag(
    60_000,
    'The duration of time that artifacts will be kept in storage before being garbage collected.',
  ),
  'artifact-retention-records': intFlag(
    2,
    'The maximum number of artifacts to be kept in storage after a garbage collection.',
    { min: 1 },
  ),
  'artifact-digest-algo': stringFlag('sha256', 'The algorithm to use to calculate the digest of artifacts.'),
  'default-service-account': stringFlag(
    '',
    'Default service account to use for workload identity when not specified in resources.',
  ),
  // Kinds that are still to come read these; a deployment that sets them must start all the same.
  'helm-index-max-size': intFlag(52_428_800, 'The max allowed size in bytes of a Helm repository index file.'),
  'helm-chart-max-size': intFlag(10_485_760, 'The max allowed size in bytes of a Helm chart file.'),
  'helm-chart-file-max-size': intFlag(5_242_880, 'The max allowed size in bytes of a file in a Helm chart.'),
  'helm-cache-max-size': intFlag(0, 'The maximum size of the cache in number of indexes.'),
  'helm-cache-ttl': stringFlag('15m', 'The TTL of an index in the cache.'),
  'helm-cache-purge-interval': stringFlag('1m', 'The interval at which the cache is purged.'),
  'ssh-kex-algos': stringFlag('', 'The list of key exchange algorithms to use for ssh connections.'),
  'ssh-hostkey-algos': stringFlag('', 'The list of hostkey algorithms to use for ssh connections.'),
} as const;

/** Values of all flags of the app. */
export type SourceFlags = CommonFlags & FlagValues<typeof sourceFlags>;

/** What the app runs with; settled once, never changed. */
export interface Options {
  /** Root of the artifact store; an existing directory. */
  readonly storagePath: string;
  /** `host:port` to listen on. */
  readonly storageAddress: string;
  /** Host (and port) that artifact URLs carry; '' derives it from the listen address. */
  readonly advertisedAddress: string;
  readonly retentionTtlMs: number;
  readonly retentionRecords: number;
  readonly digestAlgorithm: DigestAlgorithm;
  /** ServiceAccount for cloud logins where an object names none; '' for the controller's own identity. */
  readonly defaultServiceAccount: string;
  /** Gate `ObjectLevelWorkloadIdentity`. Default false. */
  readonly objectLevelIdentity: boolean;
  /** Proxy variables and the machine's name. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Settles the options. @throws {UsageError} */
export function readOptions(flags: SourceFlags, env: Readonly<Record<string, string | undefined>>): Options {
  const gates = gatesOf(flags, { CacheSecretsAndConfigMaps: false, ObjectLevelWorkloadIdentity: false });
  const defaultServiceAccount = flags['default-service-account'];
  if (defaultServiceAccount !== '' && !gates.ObjectLevelWorkloadIdentity) {
    throw new UsageError(
      'cannot set default service account when the feature gate ObjectLevelWorkloadIdentity is not enabled',
    );
  }
  let digestAlgorithm: DigestAlgorithm;
  try {
    digestAlgorithm = parseDigestAlgorithm(flags['artifact-digest-algo']);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  return Object.freeze({
    storagePath: flags['storage-path'],
    storageAddress: flags['storage-addr'],
    advertisedAddress: flags['storage-adv-addr'],
    retentionTtlMs: flags['artifact-retention-ttl'],
    retentionRecords: flags['artifact-retention-records'],
    digestAlgorithm,
    defaultServiceAccount,
    objectLevelIdentity: gates.ObjectLevelWorkloadIdentity,
    env,
  });
}
