import { type Applier, type ApplierOptions, createApplier, createObservedState } from '@fluvial/apply';
import { createInformerCache, type KubeClient } from '@fluvial/kube';
import type { Options } from '../options.ts';
import { controllerName, type KustomizationObject, namespaceOf } from './kustomization-object.ts';

/** The identity that an owner's objects are applied with. */
export interface Target {
  readonly kube: KubeClient;
  readonly applier: Applier;
  /** ServiceAccount that is impersonated; undefined: the controller itself. */
  readonly serviceAccount: string | undefined;
}

/** One applier per identity, for as long as the process lives. */
export interface Targets {
  of(object: KustomizationObject): Target;
}

export interface TargetsOptions {
  readonly kube: KubeClient;
  readonly options: Options;
  /** Ends the watches on applied kinds. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Identities kept at most; the one unused for longest is forgotten first, and with it only what it remembers. */
const maxIdentities = 500;

export function createTargets({ kube, options, signal, now }: TargetsOptions): Targets {
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
  const impersonated = new Map<string, Target>();

  return {
    of(object) {
      const account = serviceAccountOf(object, options);
      if (account === undefined) return own;
      const namespace = namespaceOf(object);
      const user = `system:serviceaccount:${namespace}:${account}`;
      let target = impersonated.get(user);
      if (target === undefined) {
        const client = kube.impersonate({ user });
        // What the account may watch is not known, so nothing is: each run asks the server.
        target = { kube: client, applier: createApplier({ ...shared, client }), serviceAccount: account };
      }
      impersonated.delete(user);
      impersonated.set(user, target);
      if (impersonated.size > maxIdentities) impersonated.delete(impersonated.keys().next().value as string);
      return target;
    },
  };
}

/** The account that acts for the owner; undefined: the controller itself. */
export function serviceAccountOf(
  object: KustomizationObject,
  options: Pick<Options, 'defaultServiceAccount'>,
): string | undefined {
  return object.spec.serviceAccountName || options.defaultServiceAccount || undefined;
}
