import {
  ApiError,
  type GetOptions,
  type KindRef,
  type KubeClient,
  type KubeObject,
  type PatchOptions,
  type WatchEvent,
  type WatchOptions,
} from '@fluvial/kube';
import { cloneJson } from '../json.ts';

/** One request that the fake answered. */
export interface FakeRequest {
  readonly verb: string;
  readonly kind: string;
  readonly name: string;
  readonly body?: unknown;
}

/** An API server reduced to what the runtime asks of one: objects, merge patches, resource versions, watches. */
export interface FakeKube {
  readonly client: KubeClient;
  readonly requests: FakeRequest[];
  /** Stores an object as a user would; a changed spec raises the generation. */
  put(object: KubeObject): KubeObject;
  read<T extends KubeObject = KubeObject>(kind: string, name: string): T | undefined;
  remove(kind: string, name: string): void;
  /** Called before each request; a throw is the answer. */
  before: (request: FakeRequest) => void;
}

export function createFakeKube(): FakeKube {
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<(event: WatchEvent) => void>();
  const requests: FakeRequest[] = [];
  let version = 0;
  const id = (kind: string, name: string) => `${kind}/${name}`;

  function store(object: KubeObject, type: WatchEvent['type']): KubeObject {
    version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const key = id(object.kind, object.metadata.name);
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, stored);
    for (const tell of watchers) tell({ type, object: cloneJson(stored) });
    return stored;
  }

  function note(request: FakeRequest): void {
    requests.push(request);
    fake.before(request);
  }

  function notFound(kind: string, name: string): ApiError {
    return new ApiError({ code: 404, reason: 'NotFound', message: `${kind.toLowerCase()}s "${name}" not found` });
  }

  const client = {
    async find(kind: KindRef, name: string, _namespace?: string, _options?: GetOptions) {
      note({ verb: 'get', kind: kind.kind, name });
      return cloneJson(objects.get(id(kind.kind, name)));
    },
    async get(kind: KindRef, name: string) {
      const found = await this.find(kind, name);
      if (found === undefined) throw notFound(kind.kind, name);
      return found;
    },
    async list(kind: KindRef) {
      const items = [...objects.values()].filter((object) => object.kind === kind.kind).map(cloneJson);
      return { ...kind, metadata: { resourceVersion: String(version) }, items };
    },
    async create(object: KubeObject) {
      note({ verb: 'create', kind: object.kind, name: object.metadata.name, body: object });
      if (objects.has(id(object.kind, object.metadata.name))) {
        throw new ApiError({ code: 409, reason: 'AlreadyExists', message: 'exists' });
      }
      return cloneJson(store(cloneJson(object), 'ADDED'));
    },
    async replace(object: KubeObject) {
      note({ verb: 'update', kind: object.kind, name: object.metadata.name, body: object });
      const found = objects.get(id(object.kind, object.metadata.name));
      if (found === undefined) throw notFound(object.kind, object.metadata.name);
      if (object.metadata.resourceVersion && object.metadata.resourceVersion !== found.metadata.resourceVersion) {
        throw new ApiError({ code: 409, reason: 'Conflict', message: 'conflict' });
      }
      return cloneJson(store(cloneJson(object), 'MODIFIED'));
    },
    async patch(kind: KindRef, name: string, _namespace: string | undefined, { body, subresource }: PatchOptions) {
      note({ verb: subresource ? `patch ${subresource}` : 'patch', kind: kind.kind, name, body });
      const found = objects.get(id(kind.kind, name));
      if (found === undefined) throw notFound(kind.kind, name);
      const patch = cloneJson(body) as { metadata?: { resourceVersion?: string } };
      const wanted = patch.metadata?.resourceVersion;
      if (wanted && wanted !== found.metadata.resourceVersion) {
        throw new ApiError({ code: 409, reason: 'Conflict', message: 'the object has been modified' });
      }
      const next = merge(found, patch) as KubeObject;
      const gone = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
      return cloneJson(store(next, gone ? 'DELETED' : 'MODIFIED'));
    },
    async *watch(kind: KindRef, { signal }: WatchOptions = {}) {
      const events: WatchEvent[] = [];
      let wake = () => {};
      const tell = (event: WatchEvent) => {
        if (event.object.kind !== kind.kind) return;
        events.push(event);
        wake();
      };
      watchers.add(tell);
      try {
        while (!signal?.aborted) {
          const event = events.shift();
          if (event) yield event;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
              signal?.addEventListener('abort', () => resolve(), { once: true });
            });
          }
        }
      } finally {
        watchers.delete(tell);
      }
    },
    mapper: {
      async resolve(_apiVersion: string, kind: string) {
        return { kind };
      },
    },
  };

  const fake: FakeKube = {
    client: client as unknown as KubeClient,
    requests,
    before: () => {},
    put(object) {
      const found = objects.get(id(object.kind, object.metadata.name));
      const generation = (found?.metadata.generation ?? 0) + 1;
      const metadata = { uid: `uid-${object.metadata.name}`, ...found?.metadata, ...object.metadata, generation };
      return store({ ...found, ...object, metadata }, found ? 'MODIFIED' : 'ADDED');
    },
    read: <T extends KubeObject>(kind: string, name: string) => objects.get(id(kind, name)) as T | undefined,
    remove(kind, name) {
      const found = objects.get(id(kind, name));
      if (found === undefined) return;
      if ((found.metadata.finalizers ?? []).length === 0) {
        store(found, 'DELETED');
        return;
      }
      const { generation = 0 } = found.metadata;
      const metadata = { ...found.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', generation: generation + 1 };
      store({ ...found, metadata }, 'MODIFIED');
    },
  };
  return fake;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
