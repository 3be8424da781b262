import { type Applier, type ApplierOptions, createApplier, createObservedState } from '@fluvial/apply';
import {
  createInformerCache,
  createKubeClient,
  type KubeClient,
  type KubeConfig,
  type KubeObject,
  parseKubeConfig,
} from '@fluvial/kube';
import { parseYamlDocument } from '@fluvial/yaml';
import type { Options } from '../options.ts';
import { messageOf, TargetError } from './errors.ts';
import { controllerName, type KustomizationObject, namespaceOf } from './kustomization-object.ts';
import { connectRemote, readClusterConfigMap, readRemoteCluster } from './remote-cluster.ts';
import type { TokenCache } from './token-cache.ts';

/** The cluster and identity that an owner's objects are applied with. */
export interface Target {
  readonly kube: KubeClient;
  readonly applier: Applier;
  /** ServiceAccount that is impersonated; undefined: the client's own user. */
  readonly serviceAccount: string | undefined;
}

/** One applier per cluster and identity, kept while they are used. */
export interface Targets {
  /** @throws {TargetError} the kubeconfig cannot be had */
  of(object: KustomizationObject, signal: AbortSignal): Promise<Target>;
  /** Closes the connections to other clusters. */
  close(): Promise<void>;
}

export interface TargetsOptions {
  readonly kube: KubeClient;
  readonly options: Options;
  /** Ends the watches on applied kinds. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds of the wall clock. */
  readonly wallClock: () => number;
  readonly tokens: TokenCache;
}

/** Identities and clusters kept at most; the one unused for longest goes first, and with it only what it remembers. */
const maxTargets = 500;
const remoteTimeoutMs = 30_000;

interface SecretRef {
  readonly name: string;
  readonly key?: string;
}

interface Kept {
  readonly target: Target;
  readonly close: () => Promise<void>;
}

export function createTargets({ kube, options, signal, now, wallClock, tokens }: TargetsOptions): Targets {
  const shared: Omit<ApplierOptions, 'client'> = {
    fieldManager: controllerName,
    concurrency: options.concurrentSsa,
    customStageKinds: options.customStageKinds,
    overrideManagers: options.overrideManagers,
    migrateApiVersion: options.gates.MigrateAPIVersion,
    fullCheckAfterMs: options.fullCheckIntervalMs,
    now,
  };
  const informers = createInformerCache(kube, { signal, defaults: { freeze: false } });
  const own: Target = {
    kube,
    applier: createApplier({ ...shared, client: kube, observed: createObservedState({ informers, client: kube }) }),
    serviceAccount: undefined,
  };
  const kept = new Map<string, Kept>();

  function keep(key: string, create: () => Kept): Target {
    const entry = kept.get(key) ?? create();
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > maxTargets) {
      const [oldest, { close }] = kept.entries().next().value as [string, Kept];
      kept.delete(oldest);
      void close();
    }
    return entry.target;
  }

  function keepRemote(id: string, config: KubeConfig, user: ReturnType<typeof userOf>): Target {
    return keep(id, () => {
      const base = createKubeClient(config, { userAgent: controllerName, timeoutMs: remoteTimeoutMs });
      const client = user ? base.impersonate({ user: user.id }) : base;
      return {
        target: { kube: client, applier: createApplier({ ...shared, client }), serviceAccount: user?.name },
        close: () => base.close(),
      };
    });
  }

  async function bySecret(object: KustomizationObject, ref: SecretRef, callSignal: AbortSignal): Promise<Target> {
    const { text, version } = await readKubeConfig(namespaceOf(object), ref, kube, callSignal);
    const user = userOf(object, options);
    // The version is part of the key: a rotated credential is a new client.
    const id = `secret|${namespaceOf(object)}|${ref.name}|${ref.key ?? ''}|${version}|${user?.name ?? ''}`;
    const known = kept.get(id);
    if (known) return keep(id, () => known);
    let config: KubeConfig;
    assertDocument(text);
    try {
      config = await parseKubeConfig(text, {
        allow: { exec: options.insecureKubeconfigExec, insecureTls: options.insecureKubeconfigTls, proxy: true },
      });
    } catch (error) {
      throw new TargetError(messageOf(error), { cause: error });
    }
    return keepRemote(id, config, user);
  }

  async function byConfigMap(object: KustomizationObject, name: string, callSignal: AbortSignal): Promise<Target> {
    const namespace = namespaceOf(object);
    const { data, version } = await readClusterConfigMap(namespace, name, kube, callSignal);
    const user = userOf(object, options);
    const id = `configmap|${namespace}|${name}|${version}|${user?.name ?? ''}`;
    const known = kept.get(id);
    if (known) return keep(id, () => known);
    const cluster = readRemoteCluster(data, `${namespace}/${name}`, {
      objectIdentities: options.gates.ObjectLevelWorkloadIdentity,
      defaultServiceAccount: options.defaultKubeConfigServiceAccount,
    });
    let config: KubeConfig;
    try {
      const use = { kind: 'Kustomization', name: object.metadata.name, namespace, operation: 'fetch_kubeconfig' };
      config = await connectRemote(cluster, namespace, { kube, tokens, use, now: wallClock }, callSignal);
    } catch (error) {
      if (callSignal.aborted || error instanceof TargetError) throw error;
      throw new TargetError(messageOf(error), { cause: error });
    }
    return keepRemote(id, config, user);
  }

  return {
    async of(object, callSignal) {
      const { kubeConfig } = object.spec;
      if (kubeConfig?.secretRef) return bySecret(object, kubeConfig.secretRef, callSignal);
      if (kubeConfig?.configMapRef) return byConfigMap(object, kubeConfig.configMapRef.name, callSignal);
      // Not this cluster by mistake.
      if (kubeConfig) throw new TargetError('spec.kubeConfig names neither a Secret nor a ConfigMap');
      const user = userOf(object, options);
      if (user === undefined) return own;
      return keep(`local|${user.id}`, () => {
        const client = kube.impersonate({ user: user.id });
        // The controller watches, and the account does everything else: what nobody has touched since the account wrote it
        // needs no request. What it did not write is looked at with its eyes only.
        const observed = createObservedState({ informers, client: kube });
        const applier = createApplier({ ...shared, client, observed, watchesForOthers: true });
        return {
          target: { kube: client, applier, serviceAccount: user.name },
          close: async () => observed.close(),
        };
      });
    },
    async close() {
      const closing = [...kept.values()].map(({ close }) => close());
      kept.clear();
      await Promise.all(closing);
    },
  };
}

/** The account that acts for the owner, in the owner's namespace; undefined: nobody is impersonated. */
function userOf(
  object: KustomizationObject,
  options: Pick<Options, 'defaultServiceAccount'>,
): { name: string; id: string } | undefined {
  const name = object.spec.serviceAccountName || options.defaultServiceAccount;
  return name ? { name, id: `system:serviceaccount:${namespaceOf(object)}:${name}` } : undefined;
}

/** A text that is no object at all gets the original's words. */
function assertDocument(text: string): void {
  let document: unknown;
  try {
    document = parseYamlDocument(text);
  } catch {
    // The parser of kubeconfigs says what is wrong without quoting secrets.
    return;
  }
  if (typeof document !== 'string') return;
  const type = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
  throw new TargetError(
    `couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type ${type}`,
  );
}

/** Reads the owner's kubeconfig with the controller's own identity. Without a key: `value`, else `value.yaml`. */
async function readKubeConfig(
  namespace: string,
  { name, key }: SecretRef,
  kube: KubeClient,
  signal: AbortSignal,
): Promise<{ text: string; version: string }> {
  let secret: KubeObject;
  try {
    secret = await kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new TargetError(`unable to read KubeConfig secret '${namespace}/${name}' error: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const data = (secret['data'] ?? {}) as Record<string, unknown>;
  const read = (field: string) =>
    Object.hasOwn(data, field) && typeof data[field] === 'string'
      ? Buffer.from(data[field], 'base64').toString('utf8')
      : '';
  const text = key ? read(key) : read('value') || read('value.yaml');
  if (text === '')
    throw new TargetError(
      `KubeConfig secret '${namespace}/${name}' does not contain a '${key || 'value'}' key with a kubeconfig`,
    );
  return { text, version: `${secret.metadata.uid ?? ''}/${secret.metadata.resourceVersion ?? ''}` };
}
