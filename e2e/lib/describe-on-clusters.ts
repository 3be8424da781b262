import { request } from 'undici';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type Cluster, findProviders, openCluster, type Provider, startCluster } from './cluster.ts';
// For the type of what it provides.
import type {} from './global-setup.ts';

/** The cluster of a suite, there from the suite's first hook on. */
export interface ClusterHandle {
  readonly provider: Provider;
  readonly current: Cluster;
}

/**
 * Makes one suite per provider that this machine has, and lets them run side by side; `providers.test.ts` says which it has not, and why.
 *
 * All suites of a run share one cluster per provider, so a suite keeps to namespaces of its own. With `own` it gets a
 * cluster that it may break; a cluster behind `KUBECONFIG` is shared all the same.
 */
export function describeOnClusters(
  title: string,
  suite: (cluster: ClusterHandle) => void,
  options: { readonly own?: boolean } = {},
): void {
  for (const { provider } of findProviders().filter(({ missing }) => missing === undefined)) {
    // Stories mostly wait: the same one on another cluster may go on meanwhile. The tests of each keep their order.
    describe.concurrent(provider, () => {
      describe.sequential(title, () => {
        let cluster: Cluster | undefined;
        beforeAll(async () => {
          cluster = options.own
            ? await startCluster(provider)
            : await openCluster(provider, await sharedKubeconfig(provider));
        });
        afterAll(() => cluster?.close());
        suite({
          provider,
          get current() {
            if (cluster === undefined) throw new Error('the cluster is there from beforeAll on');
            return cluster;
          },
        });
      });
    });
  }
}

async function sharedKubeconfig(provider: Provider): Promise<string> {
  // The answer comes when the cluster is ready.
  const { body } = await request(`${inject('clusterBroker')}/${provider}`, { headersTimeout: 0, bodyTimeout: 0 });
  const { kubeconfig, error } = (await body.json()) as { kubeconfig?: string; error?: string };
  if (kubeconfig === undefined) throw new Error(error);
  return kubeconfig;
}
