import { KubeError } from './errors.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { KindRef, ResourceInfo } from './types.ts';

/** Finds the REST resource of a kind. Discovery is read on first use, kept, and read again when a kind is missing. */
export interface RestMapper {
  /** @throws {KubeError} `NO_MATCH`: `no matches for kind "X" in version "g/v"`. */
  resolve(apiVersion: string, kind: string, options?: { signal?: AbortSignal }): Promise<ResourceInfo>;
  /** What is known without asking the server; undefined when that is nothing. */
  known(kind: KindRef): ResourceInfo | undefined;
  /** The kind in the given version, when it is served, else in the version that the server prefers. */
  resolveGroupKind(
    group: string,
    kind: string,
    version?: string,
    options?: { signal?: AbortSignal },
  ): Promise<ResourceInfo>;
  /** By any name a person types: plural, singular, short name, kind, `plural.group`, `plural.version.group`. */
  resolveName(name: string, options?: { signal?: AbortSignal }): Promise<ResourceInfo>;
  /** All resources in all served versions; preferred versions first within a group. */
  all(options?: { signal?: AbortSignal }): Promise<readonly ResourceInfo[]>;
  /** Forgets a version (after its definition changed) or everything. */
  invalidate(apiVersion?: string): void;
}

/** Reads one discovery document; 404 is an answer like any other. */
export type DiscoveryFetch = (
  path: string,
  accept: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<{ status: number; body: unknown; error: () => Error }>;

const aggregated = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/** `v1` → `["", "v1"]`, `apps/v1` → `["apps", "v1"]`. */
export function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

export function joinApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

type KindMap = Map<string, ResourceInfo>;

/**
 * The mapper over a server's discovery documents. Starts with the two aggregated documents; a server without them is
 * read version by version, each when first needed. A miss asks for that one version only, so a definition installed a
 * moment ago costs one small request, and a kind that does not exist is asked for a few times a second at most.
 */
export class DiscoveryMapper implements RestMapper {
  readonly #fetch: DiscoveryFetch;
  readonly #misses: RateLimiter;
  /** By apiVersion; undefined: served, but not read yet. */
  readonly #versions = new Map<string, KindMap | undefined>();
  /** By group: its versions, the preferred one first. */
  readonly #groups = new Map<string, string[]>();
  readonly #reading = new Map<string, Promise<void>>();
  #loaded = false;

  constructor(fetch: DiscoveryFetch, now?: () => number) {
    this.#fetch = fetch;
    this.#misses = new RateLimiter(4, 20, now);
  }

  known(kind: KindRef): ResourceInfo | undefined {
    return this.#versions.get(kind.apiVersion)?.get(kind.kind);
  }

  async resolve(apiVersion: string, kind: string, options: { signal?: AbortSignal } = {}): Promise<ResourceInfo> {
    const at = { apiVersion, kind };
    const hit = this.known(at);
    if (hit !== undefined) return hit;
    await this.#load(options.signal);
    if (this.#versions.has(apiVersion) && this.#versions.get(apiVersion) === undefined) {
      await this.#readVersion(apiVersion, options.signal);
    }
    let found = this.known(at);
    if (found === undefined && this.#misses.tryTake()) {
      await this.#readVersion(apiVersion, options.signal);
      found = this.known(at);
    }
    if (found === undefined) {
      throw new KubeError('NO_MATCH', `no matches for kind ${quote(kind)} in version ${quote(apiVersion)}`);
    }
    return found;
  }

  async resolveGroupKind(
    group: string,
    kind: string,
    version?: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<ResourceInfo> {
    if (version !== undefined && version !== '') {
      const hit = this.known({ apiVersion: joinApiVersion(group, version), kind });
      if (hit !== undefined) return hit;
    }
    await this.#load(options.signal);
    let found = await this.#inGroup(group, kind, version, options.signal);
    if (found === undefined && this.#misses.tryTake()) {
      await this.#readGroup(group, options.signal);
      found = await this.#inGroup(group, kind, version, options.signal);
    }
    if (found === undefined) {
      throw new KubeError('NO_MATCH', `no matches for kind ${quote(kind)} in group ${quote(group)}`);
    }
    return found;
  }

  async resolveName(name: string, options: { signal?: AbortSignal } = {}): Promise<ResourceInfo> {
    const wanted = name.toLowerCase();
    let found = findByName(await this.all(options), wanted);
    if (found === undefined && this.#misses.tryTake()) {
      this.#loaded = false;
      found = findByName(await this.all(options), wanted);
    }
    if (found === undefined) {
      throw new KubeError('NO_MATCH', `the server doesn't have a resource type ${quote(name)}`);
    }
    return found;
  }

  async all(options: { signal?: AbortSignal } = {}): Promise<readonly ResourceInfo[]> {
    await this.#load(options.signal);
    const unread = [...this.#versions].filter(([, kinds]) => kinds === undefined);
    await Promise.all(unread.map(([apiVersion]) => this.#readVersion(apiVersion, options.signal)));
    const found: ResourceInfo[] = [];
    for (const [group, versions] of this.#groups) {
      for (const version of versions) {
        found.push(...(this.#versions.get(joinApiVersion(group, version))?.values() ?? []));
      }
    }
    return found;
  }

  invalidate(apiVersion?: string): void {
    if (apiVersion === undefined) {
      this.#versions.clear();
      this.#groups.clear();
      this.#loaded = false;
    } else if (this.#versions.has(apiVersion)) {
      this.#versions.set(apiVersion, undefined);
    }
  }

  async #inGroup(
    group: string,
    kind: string,
    version: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ResourceInfo | undefined> {
    const versions = [...(this.#groups.get(group) ?? [])];
    if (version && versions.includes(version)) versions.unshift(version);
    for (const candidate of versions) {
      const apiVersion = joinApiVersion(group, candidate);
      if (this.#versions.get(apiVersion) === undefined) await this.#readVersion(apiVersion, signal);
      const found = this.known({ apiVersion, kind });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Runs one read for all who wait for the same document. A waiter's abort does not end the others' read. */
  #once(key: string, read: () => Promise<void>): Promise<void> {
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = read().finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  #load(signal: AbortSignal | undefined): Promise<void> {
    if (this.#loaded) return Promise.resolve();
    return abortable(
      this.#once('*', async () => {
        await Promise.all([this.#loadRoot('/api'), this.#loadRoot('/apis')]);
        this.#loaded = true;
      }),
      signal,
    );
  }

  async #loadRoot(path: '/api' | '/apis'): Promise<void> {
    const { status, body, error } = await this.#fetch(path, aggregated, undefined);
    if (status === 404) return;
    if (status !== 200) throw error();
    const document = asRecord(body);
    if (document.kind === 'APIGroupDiscoveryList') {
      for (const item of asArray(document.items)) this.#keepAggregatedGroup(asRecord(item));
    } else if (path === '/api') {
      this.#keepGroup('', asArray(document.versions).map(String));
    } else {
      for (const item of asArray(document.groups)) this.#keepGroupDocument(asRecord(item));
    }
  }

  #keepAggregatedGroup(item: Record<string, unknown>): void {
    const group = text(asRecord(item.metadata).name);
    const versions: string[] = [];
    for (const each of asArray(item.versions)) {
      const entry = asRecord(each);
      const version = text(entry.version);
      const kinds: KindMap = new Map();
      for (const resource of asArray(entry.resources))
        keepKind(kinds, readAggregated(group, version, asRecord(resource)));
      versions.push(version);
      // A stale entry is what the aggregator remembers of an extension server that is away: ask that server itself.
      this.#versions.set(joinApiVersion(group, version), text(entry.freshness) === 'Stale' ? undefined : kinds);
    }
    this.#groups.set(group, versions);
  }

  #keepGroupDocument(item: Record<string, unknown>): void {
    const preferred = text(asRecord(item.preferredVersion).version);
    const versions = asArray(item.versions).map((each) => text(asRecord(each).version));
    versions.sort((a, b) => Number(b === preferred) - Number(a === preferred));
    this.#keepGroup(text(item.name), versions);
  }

  #keepGroup(group: string, versions: string[]): void {
    this.#groups.set(group, versions);
    for (const version of versions) {
      const apiVersion = joinApiVersion(group, version);
      if (!this.#versions.has(apiVersion)) this.#versions.set(apiVersion, undefined);
    }
  }

  #readGroup(group: string, signal: AbortSignal | undefined): Promise<void> {
    if (group === '') return this.#readVersion('v1', signal);
    const read = this.#once(`group ${group}`, async () => {
      const { status, body, error } = await this.#fetch(`/apis/${encodeURIComponent(group)}`, undefined, undefined);
      if (status === 404) {
        this.#groups.delete(group);
        return;
      }
      if (status !== 200) throw error();
      this.#keepGroupDocument(asRecord(body));
      for (const version of this.#groups.get(group) ?? [])
        this.#versions.set(joinApiVersion(group, version), undefined);
    });
    return abortable(read, signal);
  }

  #readVersion(apiVersion: string, signal: AbortSignal | undefined): Promise<void> {
    const read = this.#once(apiVersion, async () => {
      const [group, version] = splitApiVersion(apiVersion);
      if (!/^[a-z0-9.-]*$/.test(group) || !/^[a-z0-9.-]+$/i.test(version)) return;
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const { status, body, error } = await this.#fetch(path, undefined, undefined);
      const known = this.#groups.get(group);
      if (status === 404) {
        this.#versions.delete(apiVersion);
        if (known?.includes(version))
          this.#groups.set(
            group,
            known.filter((each) => each !== version),
          );
        return;
      }
      if (status !== 200) throw error();
      this.#versions.set(apiVersion, readResourceList(group, version, asRecord(body)));
      if (known === undefined) this.#groups.set(group, [version]);
      else if (!known.includes(version)) known.push(version);
    });
    return abortable(read, signal);
  }
}

function readAggregated(group: string, version: string, resource: Record<string, unknown>): ResourceInfo {
  return {
    group,
    version,
    kind: text(asRecord(resource.responseKind).kind),
    plural: text(resource.resource),
    singular: text(resource.singularResource),
    namespaced: resource.scope === 'Namespaced',
    verbs: asArray(resource.verbs).map(String),
    shortNames: asArray(resource.shortNames).map(String),
    categories: asArray(resource.categories).map(String),
    subresources: asArray(resource.subresources).map((each) => text(asRecord(each).subresource)),
  };
}

function readResourceList(group: string, version: string, document: Record<string, unknown>): KindMap {
  const kinds: KindMap = new Map();
  const rows = asArray(document.resources).map(asRecord);
  for (const row of rows) {
    const plural = text(row.name);
    if (plural.includes('/')) continue;
    const prefix = `${plural}/`;
    keepKind(kinds, {
      group,
      version,
      kind: text(row.kind),
      plural,
      singular: text(row.singularName),
      namespaced: row.namespaced === true,
      verbs: asArray(row.verbs).map(String),
      shortNames: asArray(row.shortNames).map(String),
      categories: asArray(row.categories).map(String),
      subresources: rows.filter((r) => text(r.name).startsWith(prefix)).map((r) => text(r.name).slice(prefix.length)),
    });
  }
  return kinds;
}

/** Two resources of one kind (as `pods` and a metrics API's): the first one counts. */
function keepKind(kinds: KindMap, info: ResourceInfo): void {
  if (info.kind !== '' && info.plural !== '' && !kinds.has(info.kind)) kinds.set(info.kind, info);
}

function findByName(resources: readonly ResourceInfo[], wanted: string): ResourceInfo | undefined {
  const dot = wanted.indexOf('.');
  const name = dot < 0 ? wanted : wanted.slice(0, dot);
  const rest = dot < 0 ? undefined : wanted.slice(dot + 1);
  const inGroup = resources.filter(
    (r) =>
      rest === undefined ||
      r.group === rest ||
      `${r.version}.${r.group}` === rest ||
      (r.group === '' && r.version === rest),
  );
  return (
    inGroup.find((r) => r.plural === name) ??
    inGroup.find((r) => r.singular === name || r.kind.toLowerCase() === name) ??
    inGroup.find((r) => r.shortNames.includes(name))
  );
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

const quote = (value: string): string => JSON.stringify(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
