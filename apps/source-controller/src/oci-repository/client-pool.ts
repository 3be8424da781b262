import { createHash } from 'node:crypto';
import {
  createNetworkHttp,
  createOciClient,
  type Keychain,
  type NetworkHttp,
  type OciClient,
  type ProxyOptions,
} from '@fluvial/oci';
import type { TlsFiles } from './read-secrets.ts';

/** How a registry is reached. */
export interface ClientNeeds {
  readonly keychain: Keychain;
  /** Equal for equal credentials. */
  readonly credentials: string;
  readonly insecure: boolean;
  readonly tls?: TlsFiles;
  readonly proxy?: ProxyOptions;
}

/**
 * Clients by what they may see: tokens are shared by equal credentials only, connections (and what a registry's ping
 * told) by equal transport.
 */
export interface ClientPool {
  /** Answers a client and the key that stands for its identity. */
  use(needs: ClientNeeds): { readonly client: OciClient; readonly identity: string };
  close(): Promise<void>;
}

/** Identities and networks kept each; a changed Secret is a new one, so old ones have to go. */
const maxKept = 256;
/** A network that was put out may still be in use: its connections end this much later. */
const closeAfterMs = 30 * 60_000;

/** Makes a pool. `env` gives the proxy variables that hold without a proxy Secret. */
export function createClientPool(options: { env: Readonly<Record<string, string | undefined>> }): ClientPool {
  const clients = new Map<string, OciClient>();
  const networks = new Map<string, NetworkHttp>();
  const leaving = new Map<NetworkHttp, NodeJS.Timeout>();

  const retire = (network: NetworkHttp): void => {
    const timer = setTimeout(() => {
      leaving.delete(network);
      void network.close().catch(() => {});
    }, closeAfterMs);
    timer.unref();
    leaving.set(network, timer);
  };

  return {
    use({ keychain, credentials, insecure, tls, proxy }) {
      // Hashes, so keys and passwords do not live on as map keys.
      const transport = hash([insecure, tls ?? null, proxy ?? null]);
      const network = recall(networks, transport, retire, () =>
        createNetworkHttp({
          env: options.env,
          ...tls,
          ...(proxy === undefined ? {} : { proxy }),
          // Only here does `insecure` also mean "any certificate": with a TLS Secret it is plain HTTP alone.
          ...(insecure && tls === undefined ? { skipTlsVerify: true } : {}),
        }),
      );
      const identity = hash([transport, credentials]);
      const client = recall(clients, identity, undefined, () =>
        createOciClient({ http: network.http, keychain, insecure }),
      );
      return { client, identity };
    },
    async close() {
      const all = [...networks.values(), ...leaving.keys()];
      for (const timer of leaving.values()) clearTimeout(timer);
      clients.clear();
      networks.clear();
      leaving.clear();
      await Promise.all(all.map((network) => network.close()));
    },
  };
}

/** The value of a key, made when missing, and moved behind the others; the one unused for longest goes. */
function recall<T>(map: Map<string, T>, key: string, onGone: ((value: T) => void) | undefined, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > maxKept) {
    const [oldest, gone] = map.entries().next().value!;
    map.delete(oldest);
    onGone?.(gone);
  }
  return value;
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
