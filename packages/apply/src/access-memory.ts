import type { KubeClient, KubeObject } from '@fluvial/kube';

const allowedForMs = 5 * 60_000;
const refusedForMs = 60 * 60_000;
const unansweredForMs = 60_000;

/** What the client's identity may do in all namespaces, asked once and remembered for some time. */
export interface AccessMemory {
  /** Whether it may create and patch the resource everywhere; false also when the server does not say. */
  mayCreate(resource: { group: string; plural: string }): Promise<boolean>;
}

type Verdict = { readonly until: number; readonly allowed: boolean };

export function createAccessMemory({ client, now }: { client: KubeClient; now: () => number }): AccessMemory {
  const known = new Map<string, Verdict>();
  const asking = new Map<string, Promise<Verdict>>();
  /** An identity that lacks one right everywhere is bound to namespaces, or to kinds: it is not asked for each. */
  let boundUntil = Number.NEGATIVE_INFINITY;

  async function ask(resource: { group: string; plural: string }): Promise<Verdict> {
    try {
      for (const verb of ['patch', 'create']) {
        if (await review(client, verb, resource)) continue;
        boundUntil = now() + refusedForMs;
        return { until: boundUntil, allowed: false };
      }
      return { until: now() + allowedForMs, allowed: true };
    } catch {
      return { until: now() + unansweredForMs, allowed: false };
    }
  }

  return {
    async mayCreate(resource) {
      const key = `${resource.group}/${resource.plural}`;
      const verdict = known.get(key);
      if (verdict !== undefined && now() < verdict.until) return verdict.allowed;
      if (now() < boundUntil) return false;
      let answer = asking.get(key);
      if (answer === undefined) {
        answer = ask(resource).finally(() => asking.delete(key));
        asking.set(key, answer);
      }
      const fresh = await answer;
      known.set(key, fresh);
      return fresh.allowed;
    },
  };
}

async function review(
  client: KubeClient,
  verb: string,
  { group, plural }: { group: string; plural: string },
): Promise<boolean> {
  const answer = await client.create<KubeObject>({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: { name: '' },
    spec: { resourceAttributes: { verb, group, resource: plural } },
  });
  const status = answer.status as { allowed?: boolean; denied?: boolean } | undefined;
  return status?.allowed === true && status.denied !== true;
}
