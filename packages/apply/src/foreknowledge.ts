import { ApiError, isNoMatch, type KindRef, type KubeClient, type KubeObject, type ResourceInfo } from '@fluvial/kube';
import { type AccessMemory, createAccessMemory } from './access-memory.ts';
import { admissionGroup, isAbout } from './admission-rules.ts';
import type { ObservedState } from './observed-state.ts';
import { findDoubt, isPlainKind } from './plain/find-doubt.ts';
import type { ObjectRef } from './types.ts';

const namespaceKind: KindRef = { apiVersion: 'v1', kind: 'Namespace' };
const quotaKind: KindRef = { apiVersion: 'v1', kind: 'ResourceQuota' };
const webhookKinds: readonly KindRef[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map(
  (kind) => ({ apiVersion: `${admissionGroup}/v1`, kind }),
);
/** Newer than webhooks, and off by default for some versions: a server may serve them in any version or not at all. */
const policyKinds = ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy'];

const unservedForMs = 10 * 60_000;
const mistrustForMs = 60 * 60_000;

/**
 * Tells which new objects a server will accept, as far as that can be known without a request about them. It knows only
 * what one identity may do in one cluster.
 */
export interface Foreknowledge {
  /** Whether the object, which is known to be absent, may be written without a dry run. */
  isAccepted(object: KubeObject, ref: ObjectRef, signal: AbortSignal | undefined): Promise<boolean>;
  /** It was wrong: objects of the kind are checked by the server again for an hour. */
  wasWrong(ref: ObjectRef, cause: unknown): void;
}

export function createForeknowledge({
  client,
  observed,
  now,
}: {
  client: KubeClient;
  observed: ObservedState;
  now: () => number;
}): Foreknowledge {
  const access: AccessMemory = createAccessMemory({ client, now });
  const mistrusted = new Map<string, number>();
  /** Kinds with rules that the server serves, and until when that is believed. */
  let served: { readonly kinds: readonly KindRef[]; readonly until: number } | undefined;

  async function rulesKinds(signal: AbortSignal | undefined): Promise<readonly KindRef[]> {
    if (served !== undefined && now() < served.until) return served.kinds;
    const kinds = [...webhookKinds];
    for (const { apiVersion, kind } of webhookKinds) await client.mapper.resolve(apiVersion, kind, { signal });
    for (const kind of policyKinds) {
      try {
        const { group, version } = await client.mapper.resolveGroupKind(admissionGroup, kind, 'v1', { signal });
        kinds.push({ apiVersion: `${group}/${version}`, kind });
      } catch (error) {
        // What no version of the group has, nobody can make.
        if (!isNoMatch(error)) throw error;
      }
    }
    served = { kinds, until: now() + unservedForMs };
    return kinds;
  }

  /** Whether nothing but the server's own rules for the kind has a say. */
  async function isUnruled(info: ResourceInfo, namespace: string, signal: AbortSignal | undefined): Promise<boolean> {
    let kinds: readonly KindRef[];
    try {
      kinds = await rulesKinds(signal);
    } catch {
      signal?.throwIfAborted();
      return false;
    }
    await Promise.all([...kinds, quotaKind, namespaceKind].map((kind) => observed.watch(kind, signal)));
    for (const kind of kinds) {
      const configurations = observed.list(kind);
      if (configurations === undefined || configurations.some((each) => isAbout(each, info))) return false;
    }
    if (observed.list(quotaKind, namespace)?.length !== 0) return false;
    const live = observed.live({ ...namespaceKind, name: namespace, namespace: '' });
    return live.state === 'present' && live.object.metadata.deletionTimestamp === undefined;
  }

  return {
    async isAccepted(object, ref, signal) {
      if (!observed.isWatching || !isPlainKind(ref) || (mistrusted.get(kindKey(ref)) ?? 0) > now()) return false;
      const info = client.mapper.known(ref);
      if (info === undefined || findDoubt(object) !== undefined) return false;
      return (await access.mayCreate(info)) && isUnruled(info, ref.namespace, signal);
    },
    wasWrong(ref, cause) {
      // The cause of a Secret's refusal is kept from everybody.
      const { code } = cause instanceof ApiError ? cause : { code: cause === undefined ? 422 : 0 };
      if (code >= 400 && code < 500 && code !== 429) mistrusted.set(kindKey(ref), now() + mistrustForMs);
    },
  };
}

const kindKey = ({ apiVersion, kind }: KindRef): string => `${apiVersion}/${kind}`;
