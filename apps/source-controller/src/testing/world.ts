import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { allCrds, type OCIRepository } from '@fluvial/api';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import {
  bearerToken,
  createKubeClient,
  isConflict,
  type KubeClient,
  type KubeObject,
  type RequestInfo,
} from '@fluvial/kube';
import { createOciClient, type OciClient } from '@fluvial/oci';
import { type RegistryOptions, type RunningRegistry, startRegistry } from '@fluvial/registry';
import { createManager, parseAppFlags } from '@fluvial/runtime';
import { app } from '../setup.ts';

/** Everything that source-controller lives among, real and on loopback. */
export interface World {
  readonly apiserver: ApiServer;
  readonly registry: RunningRegistry;
  /** Requests that the registry answered, `METHOD path`. */
  readonly registryRequests: string[];
  /** Requests that the controller made of the API server. */
  readonly apiRequests: RequestInfo[];
  readonly kube: KubeClient;
  readonly oci: OciClient;
  readonly storagePath: string;
  /** Folder that everything lies in. */
  readonly dir: string;
  startController(extraFlags?: readonly string[]): Promise<Controller>;
  /** Pushes a layer and answers the manifest's digest. */
  push(repository: string, tag: string, layer: Uint8Array, options?: PushOptions): Promise<string>;
  apply(object: Record<string, unknown>): Promise<KubeObject>;
  get(name: string): Promise<OCIRepository>;
  /** Waits until the object is as wanted, at its present generation. */
  until(name: string, wanted: (object: OCIRepository) => boolean): Promise<OCIRepository>;
  /** Asks for a run and waits until it was handled. */
  reconcile(name: string): Promise<OCIRepository>;
  /** `Type Reason | message` of an object's events, sorted. */
  events(name: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A running controller. */
export interface Controller {
  stop(): Promise<void>;
}

/** What a push says besides its layer. */
export interface PushOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layerType?: string;
  readonly moreLayers?: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[];
}

/** The namespace of all objects. */
export const namespace = 'apps';

/** Starts a world. */
export async function startWorld(registryOptions: RegistryOptions = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'source-controller-test-'));
  const storagePath = join(dir, 'store');
  mkdirSync(storagePath);
  const registryRequests: string[] = [];
  const registry = await startRegistry({
    ...registryOptions,
    log: ({ method, url }) => registryRequests.push(`${method} ${url}`),
  });
  const apiserver = await startApiServer({ crds: allCrds(), simulator: false });
  const config = { server: apiserver.plainUrl, authorize: bearerToken(apiserver.token) };
  const kube = createKubeClient(config);
  const oci = createOciClient();
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const apiRequests: RequestInfo[] = [];
  const running = new Set<Controller>();

  const kind = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };
  const world: World = {
    apiserver,
    registry,
    registryRequests,
    apiRequests,
    kube,
    oci,
    storagePath,
    dir,
    async startController(extraFlags = []) {
      const client = createKubeClient(config, { onRequest: (info) => apiRequests.push(info) });
      const manager = createManager({ kube: client, freezeCache: true });
      const flags = parseAppFlags(app, [
        `--storage-path=${storagePath}`,
        '--storage-addr=127.0.0.1:0',
        '--min-retry-delay=50ms',
        ...extraFlags,
      ]);
      await app.setup(manager, flags, {});
      const stop = new AbortController();
      const ended = manager.start(stop.signal);
      const controller: Controller = {
        async stop() {
          if (!running.delete(controller)) return;
          stop.abort();
          await ended;
          await client.close();
        },
      };
      running.add(controller);
      return controller;
    },
    async push(
      repository,
      tag,
      layer,
      { annotations, layerType = 'application/vnd.cncf.flux.content.v1.tar+gzip', moreLayers = [] } = {},
    ) {
      const name = `${registry.address}/${repository}`;
      const config = await oci.pushBlob(name, Buffer.from('{}'), {
        mediaType: 'application/vnd.cncf.flux.config.v1+json',
      });
      const layers = [await oci.pushBlob(name, layer, { mediaType: layerType })];
      for (const { mediaType, bytes } of moreLayers) layers.push(await oci.pushBlob(name, bytes, { mediaType }));
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = {
        schemaVersion: 2,
        mediaType,
        config,
        layers,
        ...(annotations === undefined ? {} : { annotations }),
      };
      const pushed = await oci.pushManifest(`${name}:${tag}`, Buffer.from(JSON.stringify(manifest)), { mediaType });
      return pushed.digest;
    },
    apply: (object) => kube.apply(object as KubeObject, { fieldManager: 'test', force: true }),
    get: (name) => kube.get<OCIRepository>(kind, name, namespace),
    async until(name, wanted) {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const object = await world.get(name);
        if (wanted(object)) return object;
        if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(object.status, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async reconcile(name) {
      const requestedAt = `${Date.now()}-${Math.random()}`;
      for (;;) {
        try {
          await kube.patch(kind, name, namespace, {
            type: 'merge',
            body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': requestedAt } } },
          });
          break;
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
      return world.until(name, (object) => object.status?.lastHandledReconcileAt === requestedAt);
    },
    async events(name) {
      const list = await kube.list<
        KubeObject & { type: string; reason: string; message: string; involvedObject: { name: string } }
      >({ apiVersion: 'v1', kind: 'Event' }, { namespace });
      const mine = list.items.filter((event) => event.involvedObject.name === name);
      return [...new Set(mine.map((event) => `${event.type} ${event.reason} | ${event.message}`))].sort();
    },
    async close() {
      for (const controller of running) await controller.stop();
      await oci.close();
      await kube.close();
      await Promise.all([apiserver.close(), registry.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return world;
}

/** The Ready condition. */
export function readyOf(object: OCIRepository): { status: string; reason: string; message: string } | undefined {
  return object.status?.conditions?.find((condition) => condition.type === 'Ready');
}

/** Ready at the present generation. */
export function isReady(object: OCIRepository): boolean {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && object.status?.observedGeneration === object.metadata.generation;
}

/** Not Ready at the present generation. */
export function isFailing(object: OCIRepository): boolean {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'False' && ready.observedGeneration === object.metadata.generation;
}

/** A tar.gz of raw entries; wrong ones, too. */
export function tgz(entries: readonly RawEntry[]): Buffer {
  return gzipSync(tar(entries));
}

/** One raw entry. */
export interface RawEntry {
  readonly name: string;
  readonly type?: string;
  readonly mode?: number;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** In place of the content's size. */
  readonly size?: number;
}

/** An uncompressed ustar archive without any checks. */
export function tar(entries: readonly RawEntry[], isEnded = true): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const block = Buffer.alloc(512);
    block.write(entry.name, 0, 100, 'utf8');
    block.write((entry.mode ?? 0o644).toString(8).padStart(7, '0'), 100, 'latin1');
    block.write('0000000', 108, 'latin1');
    block.write('0000000', 116, 'latin1');
    block.write((entry.size ?? content.length).toString(8).padStart(11, '0'), 124, 'latin1');
    block.write('00000000000', 136, 'latin1');
    block.write(entry.type ?? '0', 156, 'latin1');
    block.write(entry.link ?? '', 157, 100, 'utf8');
    block.write('ustar\u000000', 257, 'latin1');
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
    parts.push(block, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  if (isEnded) parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}
