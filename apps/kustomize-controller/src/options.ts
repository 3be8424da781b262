import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  boolFlag,
  type CommonFlags,
  durationFlag,
  type FlagValues,
  gatesOf,
  intFlag,
  stringArrayFlag,
  stringFlag,
  UsageError,
} from '@fluvial/runtime';
import type { GuardPolicy } from './kustomization/prune-guard.ts';

/** Flags of this app besides the common ones. */
export const flags = {
  'concurrent-ssa': intFlag(4, 'The number of concurrent server-side apply operations per object set.', { min: 1 }),
  'no-remote-bases': boolFlag(false, 'Disallow remote bases usage in Kustomize overlays.'),
  'http-retry': intFlag(9, 'The maximum number of retries when failing to fetch artifacts over HTTP.', { min: 0 }),
  'default-service-account': stringFlag('', 'Default service account used for impersonation.'),
  'default-decryption-service-account': stringFlag('', 'Default service account used for decryption.'),
  'default-kubeconfig-service-account': stringFlag('', 'Default service account used for kubeconfig.'),
  'sops-age-secret': stringFlag(
    '',
    'The name of a Kubernetes secret with a SOPS age key that is used when an object names none.',
  ),
  'sops-verify-mac': boolFlag(true, 'Refuse encrypted files that were changed without sops.'),
  'sops-vault-configmap': stringFlag('', 'The name of a ConfigMap that tells how to log in to Vault servers.'),
  'override-manager': stringArrayFlag('List of field managers to override during the field manager cleanup phase.'),
  'custom-apply-stage-kinds': stringFlag(
    '',
    'Kinds (group/Kind,Kind) that are applied in a stage of their own before the rest.',
  ),
  'no-cross-namespace-refs': boolFlag(
    false,
    'When set to true, references between custom resources are allowed only if they are in the same namespace.',
  ),
  'insecure-kubeconfig-exec': boolFlag(
    false,
    'Allow use of the user.exec section in kubeconfigs provided for remote apply.',
  ),
  'insecure-kubeconfig-tls': boolFlag(
    false,
    'Allow that kubeconfigs provided for remote apply can disable TLS verification.',
  ),
  'prune-guard': boolFlag(
    false,
    'Hold prunes that delete a Namespace, CustomResourceDefinition or PersistentVolumeClaim, or a large share of the inventory, until they are confirmed.',
  ),
  'prune-guard-max-share': intFlag(50, 'The percentage of an inventory that a guarded prune may delete at once.', {
    min: 0,
    max: 100,
  }),
  'full-check-interval': durationFlag(3_600_000, 'How often an unchanged object is held against the cluster in full.'),
};

const gateDefaults = {
  StrictPostBuildSubstitutions: true,
  DisableStatusPollerCache: true,
  DisableFailFastBehavior: false,
  CacheSecretsAndConfigMaps: false,
  GroupChangeLog: false,
  AdditiveCELDependencyCheck: false,
  ExternalArtifact: false,
  CancelHealthCheckOnNewRevision: false,
  DisableConfigWatchers: false,
  DirectSourceFetch: false,
  MigrateAPIVersion: false,
  ObjectLevelWorkloadIdentity: false,
};

export type Gates = { readonly [K in keyof typeof gateDefaults]: boolean };

/** Settings of the app, settled once. Times are milliseconds. */
export interface Options {
  /** Objects of one set that are sent to the cluster at the same time. Default 4. */
  readonly concurrentSsa: number;
  /** Safety net while something that is waited for is not there. Default 30 s. */
  readonly requeueDependencyMs: number;
  /** Tries after the first for artifact downloads. Default 9. */
  readonly httpRetry: number;
  /** ServiceAccount whose token opens clusters that a ConfigMap describes, for owners which name none. */
  readonly defaultKubeConfigServiceAccount: string;
  /** Access tokens kept at most; 0 keeps none. */
  readonly tokenCacheMaxSize: number;
  readonly tokenCacheMaxAgeMs: number;
  /** The controller's own namespace and ServiceAccount. */
  readonly runtimeNamespace: string;
  /** ServiceAccount that acts for owners which name none; empty: the controller itself. */
  readonly defaultServiceAccount: string;
  readonly overrideManagers: readonly string[];
  readonly customStageKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly noCrossNamespaceRefs: boolean;
  /** Selector of ConfigMaps and Secrets whose changes wake their users. */
  readonly configsLabelSelector: string;
  /** Secret in the runtime's namespace with age keys for owners that name none; empty: there is none. */
  readonly sopsAgeSecret: string;
  /** Default true. */
  readonly sopsVerifyMac: boolean;
  /** ServiceAccount that key services know owners by which name none; empty: the controller's own identity. */
  readonly defaultDecryptionServiceAccount: string;
  /** ConfigMap in the runtime's namespace that tells how accounts log in to Vault servers; empty: they do not. */
  readonly sopsVaultConfigMap: string;
  /** Prunes that wait for a person. Default: none do. */
  readonly pruneGuard: GuardPolicy;
  /** Default 1 h. */
  readonly fullCheckIntervalMs: number;
  /** A kubeconfig of an owner may run commands of this machine. Default false. */
  readonly insecureKubeconfigExec: boolean;
  /** A kubeconfig of an owner may skip the check of the server's certificate. Default false. */
  readonly insecureKubeconfigTls: boolean;
  readonly gates: Gates;
  /** Folder for unpacked artifacts, removed at the end. */
  readonly fetchDir: string;
  /** Host and port to fetch artifacts from instead of the one in their URL, for runs outside of the cluster. */
  readonly sourceHost: string | undefined;
  readonly sourceWatcherHost: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws {UsageError} options that do not fit together */
export function readOptions(values: CommonFlags & FlagValues<typeof flags>, env: Env): Options {
  const gates = gatesOf(values, gateDefaults);
  const accounts = ['default-decryption-service-account', 'default-kubeconfig-service-account'] as const;
  if (!gates.ObjectLevelWorkloadIdentity && accounts.some((name) => values[name] !== '')) {
    throw new UsageError(
      'cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled',
    );
  }
  return {
    concurrentSsa: values['concurrent-ssa'],
    requeueDependencyMs: values['requeue-dependency'],
    httpRetry: values['http-retry'],
    defaultServiceAccount: values['default-service-account'],
    defaultKubeConfigServiceAccount: values['default-kubeconfig-service-account'],
    tokenCacheMaxSize: values['token-cache-max-size'],
    tokenCacheMaxAgeMs: values['token-cache-max-duration'],
    runtimeNamespace: env['RUNTIME_NAMESPACE'] || 'flux-system',
    overrideManagers: values['override-manager'],
    customStageKinds: parseStageKinds(values['custom-apply-stage-kinds']),
    noCrossNamespaceRefs: values['no-cross-namespace-refs'],
    configsLabelSelector: values['watch-configs-label-selector'],
    sopsAgeSecret: values['sops-age-secret'],
    sopsVerifyMac: values['sops-verify-mac'],
    defaultDecryptionServiceAccount: values['default-decryption-service-account'],
    sopsVaultConfigMap: values['sops-vault-configmap'],
    pruneGuard: { enabled: values['prune-guard'], maxShare: values['prune-guard-max-share'] },
    fullCheckIntervalMs: values['full-check-interval'],
    insecureKubeconfigExec: values['insecure-kubeconfig-exec'],
    insecureKubeconfigTls: values['insecure-kubeconfig-tls'],
    gates,
    fetchDir: join(tmpdir(), `fluvial-kustomize-${process.pid}-${randomBytes(4).toString('hex')}`),
    sourceHost: env['SOURCE_CONTROLLER_LOCALHOST'] || undefined,
    sourceWatcherHost: env['SOURCE_WATCHER_LOCALHOST'] || undefined,
  };
}

/** `apps/Deployment,StatefulSet` names two kinds of one group; `/Secret` is of the core group. */
export function parseStageKinds(text: string): { group: string; kind: string }[] {
  let group = '';
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const slash = part.lastIndexOf('/');
      if (slash >= 0) group = part.slice(0, slash);
      return { group, kind: part.slice(slash + 1) };
    });
}
