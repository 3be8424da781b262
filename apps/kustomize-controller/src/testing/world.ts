import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { allCrds } from '@fluvial/api';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { type ArtifactServer, createStorage, packTree, startArtifactServer } from '@fluvial/artifact';
import { bearerToken, createKubeClient, type KubeClient, type KubeObject } from '@fluvial/kube';
import { createManager, type Logger, type Manager, parseAppFlags, silentLogger } from '@fluvial/runtime';
import { type KustomizationObject, kustomizationKind } from '../kustomization/kustomization-object.ts';
import { app } from '../setup.ts';

const sourceKind = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };

/** A cluster with the kustomize-controller in it, and sources whose artifacts the test sets by hand. */
export interface World {
  readonly server: ApiServer;
  readonly kube: KubeClient;
  readonly manager: Manager;
  /** Makes a namespace of its own. */
  namespace(): Promise<string>;
  /** Stores files as the artifact of an OCIRepository, made when it is missing. */
  source(namespace: string, name: string, revision: string, files: Record<string, string>): Promise<void>;
  kustomization(namespace: string, name: string, spec: Record<string, unknown>): Promise<void>;
  /** Waits until the check holds for the Kustomization. */
  until(namespace: string, name: string, check: (object: KustomizationObject) => boolean): Promise<KustomizationObject>;
  eventsOf(namespace: string, name: string): Promise<string[]>;
  /** Ends the controllers and starts them again, as a new process would. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly argv?: readonly string[];
  readonly simulator?: boolean;
  readonly log?: Logger;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startWorld({
  argv = [],
  simulator = true,
  log = silentLogger,
  env = {},
}: WorldOptions = {}): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'fluvial-world-'));
  const store = join(dir, 'store');
  await mkdir(store);
  const server = await startApiServer({ crds: allCrds(), simulator });
  const files: ArtifactServer = await startArtifactServer({ path: store });
  const storage = createStorage({ path: store, advertisedAddress: files.address });
  const config = { server: server.plainUrl, authorize: bearerToken(server.token) };
  const kube = createKubeClient(config, { userAgent: 'test' });
  const own = createKubeClient(config, { userAgent: app.name });
  let controllers = await startControllers();
  let namespaces = 0;
  let packs = 0;

  async function startControllers() {
    const manager = createManager({ kube: own, graceMs: 2000, freezeCache: true, log });
    await app.setup(manager, parseAppFlags(app, ['--requeue-dependency=2s', '--min-retry-delay=50ms', ...argv]), env);
    const stop = new AbortController();
    const end = manager.start(stop.signal);
    await wait(() => manager.ready);
    return {
      manager,
      async close() {
        stop.abort(new Error('the test ends'));
        await end;
      },
    };
  }

  return {
    server,
    kube,
    get manager() {
      return controllers.manager;
    },
    async namespace() {
      namespaces += 1;
      const name = `w-${namespaces}`;
      await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return name;
    },
    async source(namespace, name, revision, content) {
      packs += 1;
      const tree = join(dir, `tree-${packs}`);
      for (const [path, text] of Object.entries(content)) {
        await mkdir(dirname(join(tree, path)), { recursive: true });
        await writeFile(join(tree, path), text);
      }
      await mkdir(tree, { recursive: true });
      const { bytes, digest } = await packTree(tree);
      const owner = { kind: 'OCIRepository', namespace, name };
      const full = revision.includes('@') ? revision : `${revision}@${digest}`;
      const artifact = await storage.write(storage.locate(owner, full, `${packs}.tar.gz`), bytes);
      await kube.apply(
        {
          ...sourceKind,
          metadata: { name, namespace },
          spec: { interval: '1h', url: 'oci://registry.test/app' },
        } as KubeObject,
        { fieldManager: 'test', force: true },
      );
      await kube.patch(sourceKind, name, namespace, {
        type: 'merge',
        subresource: 'status',
        body: { status: { observedGeneration: 1, artifact: { ...artifact, revision: full } } },
      });
    },
    async kustomization(namespace, name, spec) {
      await kube.apply(
        {
          ...kustomizationKind,
          metadata: { name, namespace },
          spec: { interval: '1h', prune: true, path: './', targetNamespace: namespace, ...spec },
        } as KubeObject,
        { fieldManager: 'test', force: true },
      );
    },
    async until(namespace, name, check) {
      let last: KustomizationObject | undefined;
      await wait(
        async () => {
          last = await kube.find<KustomizationObject>(kustomizationKind, name, namespace);
          return last !== undefined && check(last);
        },
        () => JSON.stringify(last?.status ?? null),
      );
      return last as KustomizationObject;
    },
    async eventsOf(namespace, name) {
      await controllers.manager.events.flush();
      const { items } = await kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace });
      return items
        .filter((event) => (event['involvedObject'] as { name: string }).name === name)
        .map((event) => `${event['type']} ${event['reason']} | ${event['message']}`)
        .sort();
    },
    async restart() {
      await controllers.close();
      controllers = await startControllers();
    },
    async close() {
      await controllers.close();
      await Promise.all([kube.close(), own.close(), files.close()]);
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function wait(check: () => boolean | Promise<boolean>, describe: () => string = () => ''): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not reached: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
