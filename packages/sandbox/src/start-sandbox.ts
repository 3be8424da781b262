import { createServer } from 'node:net';
import { allCrds } from '@fluvial/api';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { bearerToken, createKubeClient, isAlreadyExists } from '@fluvial/kube';
import { type RunningRegistry, startRegistry } from '@fluvial/registry';
import { SandboxError } from './sandbox-error.ts';
import { announce, claimStateFolder, readIdentity, type StateFolder, withdraw, writeIdentity } from './state-folder.ts';

/** What {@link startSandbox} takes. */
export interface SandboxOptions {
  /** Folder of the state, made when missing. A sandbox started on it again comes back with everything in it. */
  readonly dir: string;
  /** Default: the port of the last run when it is still free, else any free one. */
  readonly apiPort?: number;
  /** Likewise. */
  readonly registryPort?: number;
  /** Glob of namespaces whose workloads are left to their clients: `j-*`. Default: none. */
  readonly skipWorkloads?: string;
  /** Told of what goes on inside, one constant message and fields. */
  readonly log?: (message: string, fields?: Record<string, unknown>) => void;
}

/** A running API server and registry with the suite's kinds installed. Controllers are added by the caller. */
export interface Sandbox {
  readonly folder: StateFolder;
  readonly apiserver: ApiServer;
  readonly registry: RunningRegistry;
  /** A loopback port for something of the caller's: that of the last run when it is still free, else any free one. */
  portFor(name: string): Promise<number>;
  /** Writes `kubeconfig` and `sandbox.json`: from here on other programs take the sandbox as ready. */
  announce(): void;
  /** Ends both servers and withdraws `sandbox.json`. The state stays. */
  close(): Promise<void>;
}

/** Namespace in which the suite's own objects live, as in an installed cluster. */
export const SANDBOX_NAMESPACE = 'flux-system';

/**
 * Starts the cluster side of the suite in this process: the embedded API server with the suite's kinds, and a registry.
 *
 * Both listen on 127.0.0.1 only. The API server wants the token of the kubeconfig; the registry takes anonymous pushes.
 *
 * @throws {SandboxError} `IN_USE`, `FOLDER`, `PORT`
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const folder = claimStateFolder(options.dir);
  const { token, ports: last } = readIdentity(folder);
  const ports: Record<string, number> = { ...last };

  const registry = await listen('registry', options.registryPort, last['registry'], (port) =>
    startRegistry({ port, dir: folder.registry }),
  );
  let apiserver: ApiServer;
  try {
    apiserver = await listen('API server', options.apiPort, last['api'], (port) =>
      startApiServer({
        port,
        token,
        dir: folder.apiserver,
        crds: allCrds(),
        skipWorkloads: options.skipWorkloads,
        log: options.log,
      }),
    );
  } catch (error) {
    await registry.close();
    throw error;
  }
  await ensureNamespace(apiserver, SANDBOX_NAMESPACE);
  ports['api'] = apiserver.port;
  ports['registry'] = registry.port;
  writeIdentity(folder, { token, ports });

  return {
    folder,
    apiserver,
    registry,
    async portFor(name) {
      const port = await listen(name, undefined, last[name], probePort);
      ports[name] = port;
      writeIdentity(folder, { token, ports });
      return port;
    },
    announce() {
      announce(folder, apiserver.kubeconfig(), {
        kubeconfig: folder.kubeconfig,
        registry: registry.address,
        pid: process.pid,
      });
    },
    async close() {
      withdraw(folder);
      await Promise.all([apiserver.close(), registry.close()]);
    },
  };
}

async function ensureNamespace(apiserver: ApiServer, name: string): Promise<void> {
  const kube = createKubeClient({ server: apiserver.plainUrl, authorize: bearerToken(apiserver.token) });
  try {
    await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  } finally {
    await kube.close();
  }
}

/** A port that was asked for must be had; that of the last run is only a wish. */
async function listen<T>(
  what: string,
  asked: number | undefined,
  last: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (asked !== undefined && asked !== 0) {
    try {
      return await start(asked);
    } catch (cause) {
      if (!isTaken(cause)) throw cause;
      throw new SandboxError('PORT', `port ${asked} for the ${what} is taken: choose another, or leave it out`, {
        cause,
      });
    }
  }
  if (last !== undefined) {
    try {
      return await start(last);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return start(0);
}

function probePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

function isTaken(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return [code, cause?.code].some((text) => text === 'EADDRINUSE' || text === 'EACCES');
}
