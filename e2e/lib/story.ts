import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isNotFound, type KindRef, type KubeClient, type KubeObject } from '@fluvial/kube';
import { type RunningRegistry, startRegistry } from '@fluvial/registry';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Cluster } from './cluster.ts';
import { type ControllerProcess, startControllerProcess } from './controller-process.ts';
import type { ClusterHandle } from './describe-on-clusters.ts';
import { type ProgramEnd, programPath, runProgram } from './program.ts';
import { pushFiles } from './push-files.ts';
import { configMaps, findObject, kustomizations, ociRepositories, waitFor, waitForReady } from './wait-for.ts';

/** What a story starts with. */
export interface StoryOptions {
  /** Flags of the controllers besides those that keep the story to itself. */
  readonly sourceFlags?: readonly string[];
  readonly kustomizeFlags?: readonly string[];
}

type Spec = Readonly<Record<string, unknown>>;
type Files = Readonly<Record<string, string>>;

const namespaces = { apiVersion: 'v1', kind: 'Namespace' };
const shardKey = 'sharding.fluxcd.io/key';
const fieldManager = 'e2e';

/**
 * The world of one story: a namespace, a registry, and both controllers as processes behind fault proxies.
 *
 * The controllers are a shard of their own (`sharding.fluxcd.io/key`), which the story's objects are labelled with: they
 * see nothing of other stories, and a Flux that is installed in the cluster sees nothing of this one.
 */
export class Story {
  readonly #options: StoryOptions;
  readonly #dir = mkdtempSync(path.join(tmpdir(), 'fluvial-story-'));
  readonly #namespaces: string[] = [];
  readonly #clusterObjects: KubeObject[] = [];
  readonly #controllers: ControllerProcess[] = [];
  #cluster: Cluster | undefined;
  #registry: RunningRegistry | undefined;
  #source: ControllerProcess | undefined;
  #kustomize: ControllerProcess | undefined;
  #requested = 0;
  /** Unique in the cluster; names of the story's cluster-wide objects start with it. */
  readonly id = `e2e-${randomBytes(4).toString('hex')}`;
  /** In which the story's objects live unless it says otherwise. */
  readonly namespace = this.id;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  get cluster(): Cluster {
    return started(this.#cluster);
  }
  /** Straight to the API server, past the proxies. */
  get kube(): KubeClient {
    return this.cluster.kube;
  }
  /** `127.0.0.1:PORT` */
  get registry(): string {
    return started(this.#registry).address;
  }
  get source(): ControllerProcess {
    return started(this.#source);
  }
  get kustomize(): ControllerProcess {
    return started(this.#kustomize);
  }
  /** Both, and those that were started later. */
  get controllers(): readonly ControllerProcess[] {
    return this.#controllers;
  }

  async start(cluster: Cluster): Promise<void> {
    this.#cluster = cluster;
    this.#registry = await startRegistry({});
    await this.createNamespace(this.namespace);
    [this.#source, this.#kustomize] = await Promise.all([
      this.startController('source-controller'),
      this.startController('kustomize-controller'),
    ]);
  }

  /** Starts one more controller of the story's shard, with the same flags as the first of its name. */
  async startController(name: 'source-controller' | 'kustomize-controller'): Promise<ControllerProcess> {
    const { sourceFlags = [], kustomizeFlags = [] } = this.#options;
    const controller = await startControllerProcess({
      name,
      config: this.cluster.config,
      dir: path.join(this.#dir, `${name}-${randomBytes(2).toString('hex')}`),
      runtimeNamespace: this.namespace,
      flags: [
        `--watch-label-selector=${shardKey}=${this.id}`,
        ...(name === 'source-controller' ? sourceFlags : kustomizeFlags),
      ],
    });
    this.#controllers.push(controller);
    return controller;
  }

  async close(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.close()));
    await this.#registry?.close();
    if (this.#cluster !== undefined) await this.#clean(this.#cluster.kube);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** What the controllers have said, for a test that failed. */
  logs(): string {
    return this.#controllers
      .filter(({ log }) => existsSync(log))
      .map(({ log }) => `${log}\n${readFileSync(log, 'utf8').split('\n').slice(-40).join('\n')}`)
      .join('\n');
  }

  // No controller is left to take finalizers away; and a cluster that lives on should find nothing of ours.
  async #clean(kube: KubeClient): Promise<void> {
    for (const namespace of this.#namespaces) {
      for (const kind of [kustomizations, ociRepositories, configMaps]) {
        const { items } = await kube.list(kind, { namespace, metadataOnly: true });
        for (const { metadata } of items.filter((item) => (item.metadata.finalizers ?? []).length > 0)) {
          const patch = { type: 'merge', fieldManager, body: { metadata: { finalizers: null } } } as const;
          await kube.patch(kind, metadata.name, namespace, patch).catch(ignoreNotFound);
        }
      }
      await kube.delete(namespaces, namespace, undefined).catch(ignoreNotFound);
    }
    for (const object of this.#clusterObjects) {
      await kube.delete(object, object.metadata.name, undefined).catch(ignoreNotFound);
    }
  }

  /** Makes a namespace that goes with the story. */
  async createNamespace(name: string): Promise<string> {
    await this.kube.create({ ...namespaces, metadata: { name } });
    this.#namespaces.push(name);
    return name;
  }

  /** Applies an object of the test's; a cluster-wide one goes with the story. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const applied = await this.kube.apply(object, { fieldManager, force: true });
    if (applied.metadata.namespace === undefined) this.#clusterObjects.push(applied);
    return applied;
  }

  /** Pushes files to the story's registry; returns the digest. */
  push(name: string, files: Files, tag = 'latest'): Promise<string> {
    return pushFiles(`${this.registry}/${name}:${tag}`, files);
  }

  /** Applies an OCIRepository that follows `latest` of what `push` pushed under the name. */
  applySource(name: string, spec: Spec = {}, namespace = this.namespace): Promise<KubeObject> {
    return this.apply({
      ...ociRepositories,
      metadata: { name, namespace, labels: { [shardKey]: this.id } },
      spec: { interval: '1h', url: `oci://${this.registry}/${name}`, ref: { tag: 'latest' }, ...spec },
    });
  }

  /** Applies a Kustomization of the source of the same name, into the story's namespace; `spec` replaces what it names. */
  applyKustomization(name: string, spec: Spec = {}, namespace = this.namespace): Promise<KubeObject> {
    return this.apply({
      ...kustomizations,
      metadata: { name, namespace, labels: { [shardKey]: this.id } },
      spec: {
        interval: '1h',
        retryInterval: '1s',
        prune: true,
        path: './',
        targetNamespace: namespace,
        sourceRef: { kind: 'OCIRepository', name },
        ...spec,
      },
    });
  }

  /** Pushes, and applies source and Kustomization; returns the digest. */
  async deploy(name: string, files: Files, spec: Spec = {}): Promise<string> {
    const digest = await this.push(name, files);
    await this.applySource(name);
    await this.applyKustomization(name, spec);
    return digest;
  }

  /** Waits until a Kustomization is ready, or with `status: 'False'` until it is not, and says what it should. */
  ready(name: string, expected: { status?: string; message?: RegExp } = {}, namespace = this.namespace) {
    return waitForReady(this.kube, kustomizations, namespace, name, expected);
  }

  /** Waits until a Kustomization is ready with this digest. */
  applied(name: string, digest: string, namespace = this.namespace): Promise<KubeObject> {
    return waitFor(`${name} at ${digest}`, async () => {
      const object = await findObject(this.kube, kustomizations, namespace, name);
      const { conditions = [], lastAppliedRevision = '' } = (object?.['status'] ?? {}) as {
        conditions?: { type: string; status: string }[];
        lastAppliedRevision?: string;
      };
      const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady && lastAppliedRevision.endsWith(digest) ? object : undefined;
    });
  }

  /** Asks an object for a run now, as `flux reconcile` does, and waits for nothing. */
  async requestRun(kind: KindRef, name: string, namespace = this.namespace): Promise<void> {
    this.#requested += 1;
    await this.kube.patch(kind, name, namespace, {
      type: 'merge',
      fieldManager,
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': `${this.id}-${this.#requested}` } } },
    });
  }

  /** Pushes the next version and has the source fetch it; returns the digest. */
  async upgrade(name: string, files: Files): Promise<string> {
    const digest = await this.push(name, files);
    await this.requestRun(ociRepositories, name);
    return digest;
  }

  /** Runs the flux program on the story's cluster and namespace. */
  flux(...args: readonly string[]): Promise<ProgramEnd> {
    return runProgram(programPath('flux'), ['--namespace', this.namespace, ...args], {
      env: { KUBECONFIG: this.cluster.kubeconfig },
    });
  }

  /** The `value` of a ConfigMap; undefined where there is none. */
  async value(name: string, namespace = this.namespace): Promise<string | undefined> {
    const object = await findObject(this.kube, configMaps, namespace, name);
    return (object?.['data'] as Record<string, string> | undefined)?.['value'];
  }

  /** Names of the story's ConfigMaps, but for the one that a cluster puts into each namespace. */
  async configMapNames(namespace = this.namespace): Promise<string[]> {
    const { items } = await this.kube.list(configMaps, { namespace, metadataOnly: true });
    return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  }

  /** Messages of the events about a Kustomization, as `REASON: MESSAGE`. */
  async events(name: string, namespace = this.namespace): Promise<string[]> {
    const { items } = await this.kube.list(
      { apiVersion: 'v1', kind: 'Event' },
      { namespace, fieldSelector: `involvedObject.kind=Kustomization,involvedObject.name=${name}` },
    );
    return items.map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
  }
}

/** A story on a suite's cluster: starts before its tests and ends, leaving nothing, after them. */
export function useStory(cluster: ClusterHandle, options: StoryOptions = {}): Story {
  const story = new Story(options);
  beforeAll(() => story.start(cluster.current));
  afterAll(() => story.close());
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(story.logs());
  });
  return story;
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the story has not begun: use it in hooks and tests');
  return value;
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
