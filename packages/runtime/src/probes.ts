import { fastify } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import { serveProfiles } from './profiling.ts';

export interface ProbeServerOptions {
  /** Go-shaped listen address (`:9440`, `127.0.0.1:0`); `0` or an empty string means no server. */
  readonly healthAddress: string;
  readonly metricsAddress: string;
  readonly registry: Registry;
  /** Named checks behind `/readyz`; each answers true when it is fine. */
  readonly ready?: Readonly<Record<string, () => boolean>>;
  readonly log: Logger;
}

/** The servers that run, with the addresses they got. */
export interface ProbeServers {
  readonly healthAddress: string | undefined;
  readonly metricsAddress: string | undefined;
  close(): Promise<void>;
}

/** Host and port out of `:8080`, `[::1]:80` or `host:80`. @throws {RangeError} */
export function parseListenAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new RangeError(`listen tcp: address ${address}: not HOST:PORT`);
  return { host: (match[1] ?? match[2] ?? '') || '::', port };
}

/** Serves `/healthz` and `/readyz` on one address, `/metrics` and profiles on the other. @throws the listen error */
export async function startProbes(options: ProbeServerOptions): Promise<ProbeServers> {
  const { registry, ready = {} } = options;
  const health = fastify();
  health.get('/healthz', () => 'ok');
  health.get('/readyz', (_request, reply) => {
    const failing = Object.entries(ready).filter(([, check]) => !check());
    if (failing.length === 0) return 'ok';
    return reply
      .code(500)
      .send(`${failing.map(([name]) => `[-]${name} failed: reason withheld`).join('\n')}\nreadyz check failed\n`);
  });
  const metrics = fastify();
  metrics.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  serveProfiles(metrics);

  const servers = [
    { server: health, address: options.healthAddress },
    { server: metrics, address: options.metricsAddress },
  ];
  const bound: (string | undefined)[] = [];
  try {
    for (const { server, address } of servers) {
      if (address === '' || address === '0') bound.push(undefined);
      else bound.push(await listen(server, address));
    }
  } catch (error) {
    await Promise.all(servers.map(({ server }) => server.close()));
    throw error;
  }
  return {
    healthAddress: bound[0],
    metricsAddress: bound[1],
    async close() {
      await Promise.all(servers.map(({ server }) => server.close()));
    },
  };
}

async function listen(server: ReturnType<typeof fastify>, address: string): Promise<string> {
  const { host, port } = parseListenAddress(address);
  try {
    await server.listen({ host, port });
  } catch (error) {
    // A machine without IPv6 cannot bind `::`.
    if (host !== '::' || (error as { code?: string }).code !== 'EAFNOSUPPORT') throw error;
    await server.listen({ host: '0.0.0.0', port });
  }
  const bound = server.server.address();
  return typeof bound === 'object' && bound !== null
    ? `${bound.address.includes(':') ? `[${bound.address}]` : bound.address}:${bound.port}`
    : address;
}
