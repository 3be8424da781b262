import { isNotFound, type KindRef, type KubeClient, type KubeObject } from '@fluvial/kube';

export const ociRepositories: KindRef = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };
export const kustomizations: KindRef = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
export const configMaps: KindRef = { apiVersion: 'v1', kind: 'ConfigMap' };
export const deployments: KindRef = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** One condition. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Looks again and again until the answer is there. The bound is generous: it ends a test that would hang, and measures
 * nothing.
 */
export async function waitFor<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 50_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not there after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The Ready condition of an object. */
export function readyOf(object: KubeObject): Condition | undefined {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: Condition[] };
  return conditions.find((condition) => condition.type === 'Ready');
}

/** Waits until an object's current generation is Ready with this status. */
export async function waitForReady(
  kube: KubeClient,
  kind: KindRef,
  namespace: string,
  name: string,
  { status = 'True', message }: { status?: string; message?: RegExp } = {},
): Promise<KubeObject> {
  let last = 'nothing';
  return waitFor(`${kind.kind}/${namespace}/${name} Ready=${status}`, async () => {
    const object = await findObject(kube, kind, namespace, name);
    if (object === undefined) return undefined;
    const ready = readyOf(object);
    last = JSON.stringify(ready);
    const { observedGeneration } = (object['status'] ?? {}) as { observedGeneration?: number };
    const isCurrent = status !== 'True' || observedGeneration === object.metadata.generation;
    return isCurrent && ready?.status === status && (message === undefined || message.test(ready.message))
      ? object
      : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; last seen: ${last}`);
  });
}

/** The object, or undefined where there is none. */
export async function findObject(
  kube: KubeClient,
  kind: KindRef,
  namespace: string | undefined,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    return await kube.get(kind, name, namespace);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
