import type { GroupInfo, Resource, ServedVersion } from './resource.ts';

/** Which resources are served now. CustomResourceDefinitions come and go at run time. */
export class ResourceRegistry {
  readonly #resources = new Map<string, Resource>();
  /** Groups in the order discovery lists them. */
  readonly #groups = new Map<string, string[]>();
  /** Counts changes, for caches of discovery documents. */
  generation = 0;

  /** Adds or replaces. */
  set(resource: Resource): void {
    this.#resources.set(`${resource.group}/${resource.plural}`, resource);
    this.#changed();
  }

  delete(group: string, plural: string): void {
    if (this.#resources.delete(`${group}/${plural}`)) this.#changed();
  }

  get(group: string, plural: string): Resource | undefined {
    return this.#resources.get(`${group}/${plural}`);
  }

  find(group: string, version: string, plural: string): { resource: Resource; served: ServedVersion } | undefined {
    const resource = this.get(group, plural);
    const served = resource?.versions.get(version);
    return resource && served?.served ? { resource, served } : undefined;
  }

  ofKind(group: string, kind: string): Resource | undefined {
    for (const resource of this.#resources.values()) {
      if (resource.group === group && resource.kind === kind) return resource;
    }
    return undefined;
  }

  all(): IterableIterator<Resource> {
    return this.#resources.values();
  }

  /** Groups with their served versions, preferred version first. The core group has the name ''. */
  groups(): GroupInfo[] {
    return [...this.#groups].map(([group, versions]) => ({ group, versions }));
  }

  #changed(): void {
    this.generation++;
    this.#groups.clear();
    for (const resource of this.#resources.values()) {
      let versions = this.#groups.get(resource.group);
      if (versions === undefined) {
        versions = [];
        this.#groups.set(resource.group, versions);
      }
      for (const served of resource.versions.values()) {
        if (served.served && !versions.includes(served.version)) versions.push(served.version);
      }
    }
    for (const [group, versions] of this.#groups) {
      if (versions.length === 0) this.#groups.delete(group);
      else versions.sort(compareVersions);
    }
  }
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Kubernetes' version priority: v2, v1, v1beta2, v1beta1, v1alpha1, then the rest by name. */
export function compareVersions(a: string, b: string): number {
  const left = VERSION.exec(a);
  const right = VERSION.exec(b);
  if (left === null && right === null) return a < b ? -1 : a > b ? 1 : 0;
  if (left === null) return 1;
  if (right === null) return -1;
  const stage = stageOf(right[2]) - stageOf(left[2]);
  if (stage !== 0) return stage;
  const major = Number(right[1]) - Number(left[1]);
  if (major !== 0) return major;
  return Number(right[3] ?? 0) - Number(left[3] ?? 0);
}

function stageOf(name: string | undefined): number {
  return name === undefined ? 2 : name === 'beta' ? 1 : 0;
}
