import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import type { Cluster, Provider } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for the run's shared clusters: `GET URL/PROVIDER` answers `{"kubeconfig": PATH}`. */
    clusterBroker: string;
  }
}

/**
 * Keeps one cluster per provider for a whole run: started when the first test file asks for it, ended with the run.
 *
 * A run that asks for none pays for a listening socket, and no more.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const clusters = new Map<Provider, Promise<Cluster>>();

  async function answer(provider: Provider, response: ServerResponse): Promise<void> {
    try {
      // Imported here: most runs of single packages have no use for it.
      const { startCluster } = await import('./cluster.ts');
      let cluster = clusters.get(provider);
      if (cluster === undefined) {
        cluster = startCluster(provider);
        clusters.set(provider, cluster);
      }
      const { kubeconfig } = await cluster;
      response.end(JSON.stringify({ kubeconfig }));
    } catch (error) {
      clusters.delete(provider);
      response.writeHead(500).end(JSON.stringify({ error: String(error) }));
    }
  }

  const server = createServer((request, response) => {
    void answer((request.url ?? '').slice(1) as Provider, response);
  });
  // Nor does it keep a run alive that was cut short.
  server.unref();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('clusterBroker', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([...clusters.values()].map(async (cluster) => (await cluster).close()));
  };
}
