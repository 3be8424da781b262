import { createHash } from 'node:crypto';
import { stringifyYaml } from '@fluvial/yaml';
import { notAllowedHere, PathNotFound, pathNotFound } from '../errors.ts';
import { type Exchange, send, sendJson } from '../http/exchange.ts';
import { checkAcceptable, negotiatePlain, parseAccept } from '../http/negotiate.ts';
import { apiVersionOf, type GroupInfo, type Resource, type ServedVersion } from '../rest/resource.ts';
import type { ResourceRegistry } from '../rest/resource-registry.ts';
import type { JsonObject } from '../types.ts';

export const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
  gitCommit: 'fluvial',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.0',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const;

/** Kinds of subresources that are not those of their resource. */
const SUBRESOURCE_KINDS: { readonly [key: string]: { group: string; version: string; kind: string } } = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  '/serviceaccounts/token': { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  '/pods/eviction': { group: 'policy', version: 'v1', kind: 'Eviction' },
  '/pods/binding': { group: '', version: 'v1', kind: 'Binding' },
  '/pods/attach': { group: '', version: 'v1', kind: 'PodAttachOptions' },
  '/pods/exec': { group: '', version: 'v1', kind: 'PodExecOptions' },
  '/pods/portforward': { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
  '/pods/proxy': { group: '', version: 'v1', kind: 'PodProxyOptions' },
  '/nodes/proxy': { group: '', version: 'v1', kind: 'NodeProxyOptions' },
  '/services/proxy': { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
};

const SUBRESOURCE_VERBS: { readonly [name: string]: readonly string[] } = {
  token: ['create'],
  eviction: ['create'],
  binding: ['create'],
  finalize: ['update'],
  log: ['get'],
  exec: ['create', 'get'],
  attach: ['create', 'get'],
  portforward: ['create', 'get'],
  proxy: ['create', 'delete', 'get', 'patch', 'update'],
};

export function subresourcesOf(resource: Resource, served: ServedVersion): string[] {
  if (!resource.custom) return [...resource.subresources];
  return [...(served.hasStatus ? ['status'] : []), ...(served.scale === undefined ? [] : ['scale'])];
}

export function subresourceInfo(
  resource: Resource,
  name: string,
): { verbs: readonly string[]; other: { group: string; version: string; kind: string } | undefined } {
  const other =
    SUBRESOURCE_KINDS[`${resource.group}/${resource.plural}/${name}`] ??
    (name === 'scale' ? SUBRESOURCE_KINDS['scale'] : undefined);
  return { verbs: SUBRESOURCE_VERBS[name] ?? ['get', 'patch', 'update'], other };
}

/** Answers everything below `/api` and `/apis` that is not a resource, from documents made once per change. */
export class Discovery {
  readonly #registry: ResourceRegistry;
  readonly #serverAddress: () => string;
  #generation = -1;
  #documents = new Map<string, string>();

  constructor(registry: ResourceRegistry, serverAddress: () => string) {
    this.#registry = registry;
    this.#serverAddress = serverAddress;
  }

  /** @returns False when the path is none of discovery. */
  handle(exchange: Exchange): boolean {
    const { segments } = exchange;
    const [top, group, version, more] = segments;
    if (top === 'api') {
      if (version !== undefined) return false;
      if (group !== undefined) return this.#resourceList(exchange, '', group);
      checkRoute(exchange);
      this.#root(exchange, 'legacy');
      return true;
    }
    if (top !== 'apis' || more !== undefined) return false;
    // What lists groups looks at no method.
    if (group === undefined) {
      this.#root(exchange, 'groups');
      return true;
    }
    if (version === undefined) return this.#group(exchange, group);
    return this.#resourceList(exchange, group, version);
  }

  #root(exchange: Exchange, which: 'legacy' | 'groups'): void {
    for (const { type, parameters } of parseAccept(exchange.request.headers.accept ?? '')) {
      if (type === 'application/json' && parameters.get('as') === 'APIGroupDiscoveryList') {
        const version = parameters.get('v');
        if (version !== 'v2' && version !== 'v2beta1') continue;
        const body = this.#document(`aggregated/${which}/${version}`, () => this.#aggregated(which, version));
        sendJson(exchange, 200, body, `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
        return;
      }
      if (type === 'application/json' || type === '*/*' || type === 'application/*' || type === '') break;
    }
    sendDocument(
      exchange,
      this.#document(which, () => (which === 'legacy' ? this.#legacyVersions() : this.#groupList())),
    );
  }

  #group(exchange: Exchange, group: string): boolean {
    const info = this.#registry.groups().find((g) => g.group === group && g.group !== '');
    if (info === undefined) throw notFoundText();
    sendDocument(
      exchange,
      this.#document(`group/${group}`, () => ({
        kind: 'APIGroup',
        apiVersion: 'v1',
        ...groupOf(group, info.versions),
      })),
    );
    return true;
  }

  #resourceList(exchange: Exchange, group: string, version: string): boolean {
    const info = this.#registry.groups().find((g) => g.group === group);
    if (info === undefined && group !== '') throw notFoundText();
    if (info === undefined || !info.versions.includes(version)) throw pathNotFound();
    checkRoute(exchange);
    const body = this.#document(`list/${group}/${version}`, () => ({
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf(group, version),
      resources: this.#resources(group, version),
    }));
    sendDocument(exchange, body);
    return true;
  }

  #document(key: string, make: () => JsonObject): string {
    if (this.#generation !== this.#registry.generation) {
      this.#documents.clear();
      this.#generation = this.#registry.generation;
    }
    let text = this.#documents.get(key);
    if (text === undefined) {
      text = JSON.stringify(make());
      this.#documents.set(key, text);
    }
    return text;
  }

  #legacyVersions(): JsonObject {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#serverAddress() }],
    };
  }

  #groupList(): JsonObject {
    // Upstream sorts by the names of APIServices: `v1.apps`.
    const groups = this.#groups(({ group, versions }) => `${versions[0]}.${group}`).filter(({ group }) => group !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map(({ group, versions }) => groupOf(group, versions)),
    };
  }

  /** Built-in groups in their own order, then those of definitions by a key. */
  #groups(keyOf: (info: GroupInfo) => string): GroupInfo[] {
    const builtin = new Set([...this.#registry.all()].filter(({ custom }) => !custom).map(({ group }) => group));
    const all = this.#registry.groups();
    const defined = all.filter(({ group }) => !builtin.has(group)).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return [...all.filter(({ group }) => builtin.has(group)), ...defined];
  }

  #inVersion(group: string, version: string): { resource: Resource; served: ServedVersion }[] {
    const found: { resource: Resource; served: ServedVersion }[] = [];
    for (const resource of this.#registry.all()) {
      if (resource.group !== group) continue;
      const served = resource.versions.get(version);
      if (served?.served) found.push({ resource, served });
    }
    return found.sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1));
  }

  #resources(group: string, version: string): JsonObject[] {
    const list: JsonObject[] = [];
    for (const { resource, served } of this.#inVersion(group, version)) {
      list.push({
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: [...resource.verbs],
        ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
        ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
        ...(resource.verbs.has('watch') ? { storageVersionHash: storageHash(resource) } : {}),
      });
      for (const name of subresourcesOf(resource, served)) {
        const { verbs, other } = subresourceInfo(resource, name);
        list.push({
          name: `${resource.plural}/${name}`,
          singularName: '',
          namespaced: resource.namespaced,
          ...(other === undefined || other.group === '' ? {} : { group: other.group, version: other.version }),
          kind: other?.kind ?? resource.kind,
          verbs,
        });
      }
    }
    return list;
  }

  #aggregated(which: 'legacy' | 'groups', metaVersion: string): JsonObject {
    const groups = this.#groups(({ group }) => group).filter(({ group }) => (which === 'legacy') === (group === ''));
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${metaVersion}`,
      metadata: {},
      items: groups.map(({ group, versions }) => ({
        metadata: { ...(group === '' ? {} : { name: group }) },
        versions: versions.map((version) => ({
          version,
          freshness: 'Current',
          resources: this.#inVersion(group, version).map(({ resource, served }) =>
            this.#aggregatedResource(resource, served),
          ),
        })),
      })),
    };
  }

  #aggregatedResource(resource: Resource, served: ServedVersion): JsonObject {
    const subresources = subresourcesOf(resource, served).map((name) => {
      const { verbs, other } = subresourceInfo(resource, name);
      return {
        subresource: name,
        responseKind: responseKind(resource, served, other),
        verbs,
      };
    });
    return {
      resource: resource.plural,
      responseKind: responseKind(resource, served, undefined),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singular,
      verbs: [...resource.verbs],
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
      ...(subresources.length > 0 ? { subresources } : {}),
    };
  }
}

/** Built-in kinds name group and version only where they are not those of the list. */
function responseKind(
  resource: Resource,
  served: ServedVersion,
  other: { group: string; version: string; kind: string } | undefined,
): JsonObject {
  if (other !== undefined) return other.group === '' ? { ...other, version: '' } : other;
  const { group, version } = resource.custom ? served : { group: '', version: '' };
  return { group, version, kind: resource.kind };
}

function groupOf(group: string, versions: readonly string[]): JsonObject {
  const list = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: list, preferredVersion: list[0] };
}

/** Storage versions of resources that are stored as another one. */
const STORED_AS: { readonly [resource: string]: string } = {
  'events.k8s.io/events': '/v1',
  'apiextensions.k8s.io/customresourcedefinitions': 'apiextensions.k8s.io/v1beta1',
  'admissionregistration.k8s.io/mutatingadmissionpolicies': 'admissionregistration.k8s.io/v1beta1',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': 'admissionregistration.k8s.io/v1beta1',
};

/** Tells versions of the stored form apart: the first bytes of a hash over group, version and kind. */
function storageHash(resource: Resource): string {
  const key = `${resource.group}/${resource.plural}`;
  const stored = [...resource.versions.values()].find(({ isStorage }) => isStorage);
  const groupVersion = Object.hasOwn(STORED_AS, key) ? STORED_AS[key] : `${resource.group}/${stored?.version ?? ''}`;
  const digest = createHash('sha256').update(`${groupVersion}/${resource.kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

/** Routes of single documents answer GET alone. */
function checkRoute({ method, request }: Exchange): void {
  checkAcceptable(request.headers.accept, false);
  if (method !== 'GET') throw notAllowedHere();
}

function sendDocument(exchange: Exchange, json: string): void {
  if (negotiatePlain(exchange.request.headers.accept) === 'json') sendJson(exchange, 200, json);
  else send(exchange, 200, stringifyYaml(JSON.parse(json)), 'application/yaml');
}

function notFoundText(): PathNotFound {
  return new PathNotFound();
}
