import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKubeClient, type KubeClient, type KubeObject } from '@fluvial/kube';
import { builtinResources, schemaOfKind } from '@fluvial/openapi';
import {
  applyJsonPatch,
  applyMergePatch,
  applyServerSide,
  type TypeSchema,
  updateManagedFields,
} from '@fluvial/structured-merge';

type Resource = { group: string; version: string; kind: string; plural: string; namespaced: boolean };
type Refusal = { code: number; reason: string; message: string };

/**
 * Enough of an API server to apply to: storage, server-side apply, dry run, watch, deletion with finalizers. It checks
 * what the test tells it to check, counts requests, and can be told to answer as the test wishes.
 */
export type SmallApiServer = {
  readonly client: KubeClient;
  readonly objects: Map<string, KubeObject>;
  /** `VERB resource/name`, with `dry` behind dry runs; without discovery and watches. */
  readonly requests: string[];
  /** Refuses a write of the object. */
  refuse: (object: KubeObject, live: KubeObject | undefined) => Refusal | undefined;
  /** Told after every stored change. */
  onStored: (object: KubeObject) => void;
  /** Puts an object there as another manager would. */
  put(object: KubeObject, manager?: string): KubeObject;
  get(kind: string, name: string): KubeObject | undefined;
  remove(kind: string, name: string): void;
  addKind(resource: Resource): void;
  close(): Promise<void>;
};

const withGeneration = new Set(['apps', 'batch', 'example.com', 'networking.k8s.io']);

export async function startSmallApiServer(): Promise<SmallApiServer> {
  const resources: Resource[] = builtinResources().map((r) => ({ ...r }));
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<{ resource: Resource; response: ServerResponse }>();
  const log: { version: number; resource: Resource; line: string }[] = [];
  let version = 100;

  const find = (group: string, v: string, plural: string) =>
    resources.find((r) => r.group === group && r.version === v && r.plural === plural);
  const keyOf = (r: Resource, namespace: string, name: string) => `${r.kind}/${namespace}/${name}`;

  function tell(type: string, resource: Resource, object: KubeObject): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    log.push({ version, resource, line });
    for (const watcher of watchers) if (watcher.resource === resource) watcher.response.write(line);
  }

  function store(resource: Resource, object: KubeObject, live: KubeObject | undefined): KubeObject {
    version += 1;
    const { namespace = '', name } = object.metadata;
    const key = keyOf(resource, namespace, name);
    const metadata = {
      ...object.metadata,
      uid: live?.metadata.uid ?? `uid-${version}`,
      creationTimestamp: live?.metadata.creationTimestamp ?? new Date().toISOString(),
      resourceVersion: String(version),
    };
    if (withGeneration.has(resource.group)) {
      const changed = live !== undefined && JSON.stringify(live.spec) !== JSON.stringify(object.spec);
      metadata.generation = (live?.metadata.generation ?? (live ? 1 : 0)) + (changed || !live ? 1 : 0);
    }
    const stored = { ...object, metadata };
    if (metadata.deletionTimestamp && (metadata.finalizers ?? []).length === 0) {
      objects.delete(key);
      tell('DELETED', resource, stored);
    } else {
      objects.set(key, stored);
      tell(live ? 'MODIFIED' : 'ADDED', resource, stored);
    }
    self.onStored(stored);
    return stored;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = text === '' ? undefined : JSON.parse(text);
    const url = new URL(request.url ?? '/', 'http://server');
    const send = (code: number, answer: unknown) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    };
    const fail = (code: number, reason: string, message: string, details: object = {}) =>
      send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details });
    if (url.pathname === '/api' || url.pathname === '/apis') return send(200, discovery(url.pathname === '/api'));
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [group, v, ...path] = parts[0] === 'api' ? ['', parts[1] ?? '', ...parts.slice(2)] : parts.slice(1);
    const namespace = path[0] === 'namespaces' && path.length > 2 ? path[1]! : '';
    const [plural = '', name = ''] = namespace === '' ? path : path.slice(2);
    if (plural === '') {
      const found = resources.filter((r) => r.group === group && r.version === v);
      if (found.length === 0) return fail(404, 'NotFound', 'the server could not find the requested resource');
      return send(200, {
        kind: 'APIResourceList',
        resources: found.map((r) => ({
          name: r.plural,
          kind: r.kind,
          namespaced: r.namespaced,
          verbs: ['list', 'watch'],
        })),
      });
    }
    const resource = find(group!, v!, plural);
    if (resource === undefined || (name !== '' && resource.namespaced && namespace === '')) {
      return fail(404, 'NotFound', 'the server could not find the requested resource');
    }
    const isDry = url.searchParams.get('dryRun') === 'All';
    if (url.searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      const from = Number(url.searchParams.get('resourceVersion'));
      for (const event of log) if (event.resource === resource && event.version > from) response.write(event.line);
      const watcher = { resource, response };
      watchers.add(watcher);
      response.on('close', () => watchers.delete(watcher));
      return;
    }
    self.requests.push(`${request.method} ${plural}${name && `/${name}`}${isDry ? ' dry' : ''}`);
    const key = keyOf(resource, namespace, name);
    const live = objects.get(key);
    if (request.method === 'GET' && name === '') {
      const items = [...objects].filter(([k]) => k.startsWith(`${resource.kind}/${namespace}`)).map(([, o]) => o);
      return send(200, { kind: 'List', apiVersion: v, metadata: { resourceVersion: String(version) }, items });
    }
    const missing = () => fail(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural });
    if (request.method === 'GET') return live ? send(200, live) : missing();
    if (request.method === 'DELETE') {
      if (live === undefined) return missing();
      const wanted = body?.preconditions ?? {};
      for (const field of ['uid', 'resourceVersion']) {
        if (wanted[field] && wanted[field] !== live.metadata[field])
          return fail(409, 'Conflict', `precondition ${field}`);
      }
      store(resource, { ...live, metadata: { ...live.metadata, deletionTimestamp: new Date().toISOString() } }, live);
      return send(200, { kind: 'Status', status: 'Success' });
    }
    const isApply = request.headers['content-type'] === 'application/apply-patch+yaml';
    if (live === undefined && !isApply) return missing();
    const next = isApply
      ? (applyServerSide({
          live,
          applied: body,
          manager: url.searchParams.get('fieldManager') ?? '',
          apiVersion: body.apiVersion,
          type: schemaOfKind(body.apiVersion, body.kind) as TypeSchema | undefined,
          now: new Date(),
          force: url.searchParams.get('force') === 'true',
        }).object as KubeObject)
      : (patched(request, live!, body as never) as KubeObject);
    if (!isApply && next.metadata.resourceVersion !== live?.metadata.resourceVersion) {
      return fail(409, 'Conflict', 'the object has been modified');
    }
    const refusal = self.refuse(next, live);
    if (refusal) return fail(refusal.code, refusal.reason, refusal.message, { name, kind: plural });
    if (isDry) {
      const dry = live ? next : { ...next, metadata: { ...next.metadata, uid: 'dry', creationTimestamp: 'now' } };
      return send(live ? 200 : 201, dry);
    }
    if (live !== undefined && JSON.stringify(live) === JSON.stringify(next)) return send(200, live);
    send(live ? 200 : 201, store(resource, next, live));
  }

  function patched(request: IncomingMessage, live: KubeObject, body: never): unknown {
    return request.headers['content-type'] === 'application/json-patch+json'
      ? applyJsonPatch(live, body)
      : applyMergePatch(live, body);
  }

  function discovery(core: boolean): unknown {
    const groups = new Map<string, Map<string, Resource[]>>();
    for (const r of resources) {
      if ((r.group === '') !== core) continue;
      const versions = groups.get(r.group) ?? new Map<string, Resource[]>();
      versions.set(r.version, [...(versions.get(r.version) ?? []), r]);
      groups.set(r.group, versions);
    }
    return {
      kind: 'APIGroupDiscoveryList',
      items: [...groups].map(([name, versions]) => ({
        metadata: { name },
        versions: [...versions].map(([v, list]) => ({
          version: v,
          resources: list.map((r) => ({
            resource: r.plural,
            responseKind: { kind: r.kind },
            scope: r.namespaced ? 'Namespaced' : 'Cluster',
            verbs: ['list', 'watch'],
          })),
        })),
      })),
    };
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code: 500, message: error.message }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const resourceOf = (kind: string) => resources.find((r) => r.kind === kind)!;
  const self: SmallApiServer = {
    client,
    objects,
    requests: [],
    refuse: () => undefined,
    onStored: () => undefined,
    put(object, manager = 'someone') {
      const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
      const resource = resources.find((r) => r.kind === object.kind && r.group === group)!;
      const live = objects.get(keyOf(resource, object.metadata.namespace ?? '', object.metadata.name));
      const owned = updateManagedFields({
        live,
        next: live ? { ...object, metadata: { ...live.metadata, ...object.metadata } } : object,
        manager,
        apiVersion: object.apiVersion,
        type: schemaOfKind(object.apiVersion, object.kind) as TypeSchema | undefined,
        now: new Date(),
      });
      return store(resource, owned as KubeObject, live);
    },
    get: (kind, name) => [...objects.values()].find((o) => o.kind === kind && o.metadata.name === name),
    remove(kind, name) {
      const found = self.get(kind, name);
      if (found === undefined) return;
      store(
        resourceOf(kind),
        { ...found, metadata: { ...found.metadata, deletionTimestamp: 'now', finalizers: [] } },
        found,
      );
    },
    addKind: (resource) => resources.push(resource),
    async close() {
      await client.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return self;
}
