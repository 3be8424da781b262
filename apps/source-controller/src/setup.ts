import { once } from 'node:events';
import { ArtifactError, advertisedAddress, createStorage, shareStorage, startArtifactServer } from '@fluvial/artifact';
import { type App, controllerSettings, type Manager, parseListenAddress, UsageError } from '@fluvial/runtime';
import { createClientPool } from './oci-repository/client-pool.ts';
import { createOciRepositoryController } from './oci-repository.ts';
import { type Options, readOptions, sourceFlags } from './options.ts';

const name = 'source-controller';

/** source-controller: fetches sources and serves their artifacts. */
export const app = {
  name,
  concurrent: 2,
  flags: sourceFlags,
  setup(manager, flags, env) {
    const options = readOptions(flags, env);
    const { storage, listening } = addStorage(manager, options);
    const clients = createClientPool({ env });
    manager.addRunnable({
      name: 'registry connections',
      async run(signal) {
        if (!signal.aborted) await once(signal, 'abort');
        await manager.idle();
        await clients.close();
      },
    });
    const settings = controllerSettings({ controllerName: name, fieldManager: name }, flags, env);
    manager.add(createOciRepositoryController({ storage, listening, clients, options }), settings);
  },
} satisfies App<typeof sourceFlags>;

/** Opens the store and has it served as long as this process leads: consumers must not find an empty standby. */
function addStorage(manager: Manager, options: Options) {
  const { storagePath, storageAddress, retentionTtlMs, retentionRecords, digestAlgorithm, env } = options;
  let listen: { host: string; port: number };
  const hostName = env['HOSTNAME'];
  let storage: ReturnType<typeof createStorage>;
  try {
    listen = parseListenAddress(storageAddress);
    storage = createStorage({
      path: storagePath,
      advertisedAddress: advertisedAddress({
        advertised: options.advertisedAddress,
        listen: storageAddress,
        ...(hostName === undefined ? {} : { hostName }),
      }),
      algorithm: digestAlgorithm,
      retentionTtlMs,
      retentionRecords,
      now: () => manager.clock.now(),
    });
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
  let isListening = (): void => {};
  const listening = new Promise<void>((resolve) => {
    isListening = resolve;
  });
  manager.addRunnable({
    name: 'artifact server',
    async run(signal) {
      const server = await startArtifactServer({ path: storagePath, host: listen.host, port: listen.port });
      // Port 0 is for tests and sandboxes: only now is it known where artifacts are.
      if (listen.port === 0 && options.advertisedAddress === '') {
        const host = listen.host === '::' || listen.host === '0.0.0.0' ? 'localhost' : listen.host;
        storage.advertisedAddress = `${host}:${server.port}`;
      }
      const unshare = shareStorage(storage);
      isListening();
      manager.log.info('serving artifacts', { address: server.address, path: storagePath });
      if (!signal.aborted) await once(signal, 'abort');
      await manager.idle();
      unshare();
      await server.close();
    },
  });
  return { storage, listening };
}
