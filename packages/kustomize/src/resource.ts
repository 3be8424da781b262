import { CLUSTER_NAMESPACE, type Gvk, isClusterScoped, isSelected, parseApiVersion, type ResId } from './id.ts';
import { isMap, mapMember, stringMember } from './scalar.ts';
import { type KObject, KustomizeError, type Origin } from './types.ts';

/** A former name, namespace (the effective one) and kind. */
export interface Former {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
}

/** How a generator's output meets an object of the same id. */
export type Behavior = 'unspecified' | 'create' | 'merge' | 'replace';

/**
 * A resource on its way through a build: the object and what the build knows about it. The object is owned by the
 * build and changed in place; all changes of name, namespace and kind go through {@link Resource.remember} first, so
 * that references and selectors can find it by its earlier ids.
 */
export class Resource {
  object: KObject;
  readonly former: Former[] = [];
  readonly prefixes: string[] = [];
  readonly suffixes: string[] = [];
  behavior: Behavior = 'unspecified';
  needsHash = false;
  allowNameChange = false;
  allowKindChange = false;
  /** Where it comes from, whatever happens to it. */
  readonly origin: Origin;
  /** What the origin annotation says: a transformer may come in between. */
  notedOrigin: Origin | undefined;
  /** The transformers that ran on it since. */
  transformations: Origin[] = [];
  /** Names of the vars that read this resource. */
  readonly vars: string[] = [];
  /** Cluster-scoped kinds of a custom schema. */
  readonly clusterScoped: ReadonlySet<string> | undefined;
  private oddNames = false;
  private gvkOf: { apiVersion: unknown; kind: unknown; gvk: Gvk } | undefined;

  constructor(object: KObject, origin: Origin, clusterScoped?: ReadonlySet<string>) {
    this.object = object;
    this.origin = origin;
    this.notedOrigin = origin;
    this.clusterScoped = clusterScoped;
  }

  get gvk(): Gvk {
    const { apiVersion, kind } = this.object;
    const cached = this.gvkOf;
    if (cached !== undefined && cached.apiVersion === apiVersion && cached.kind === kind) return cached.gvk;
    const gvk = {
      ...parseApiVersion(stringMember(this.object, 'apiVersion')),
      kind: stringMember(this.object, 'kind'),
    };
    this.gvkOf = { apiVersion, kind, gvk };
    return gvk;
  }

  get kind(): string {
    return stringMember(this.object, 'kind');
  }

  get name(): string {
    return stringMember(this.object.metadata, 'name');
  }

  set name(name: string) {
    this.metadata().name = name;
  }

  get namespace(): string {
    return stringMember(this.object.metadata, 'namespace');
  }

  set namespace(namespace: string) {
    const metadata = this.metadata();
    if (namespace === '') delete metadata.namespace;
    else metadata.namespace = namespace;
  }

  metadata(): Record<string, unknown> {
    const metadata = mapMember(this.object, 'metadata');
    if (metadata !== undefined) return metadata;
    const created: Record<string, unknown> = {};
    this.object.metadata = created;
    return created;
  }

  get annotations(): Record<string, unknown> | undefined {
    return mapMember(this.object.metadata, 'annotations');
  }

  get labels(): Record<string, unknown> | undefined {
    return mapMember(this.object.metadata, 'labels');
  }

  /** Sets string labels or annotations, over what is there. */
  merge(field: 'labels' | 'annotations', values: Readonly<Record<string, string>>): void {
    const keys = Object.keys(values);
    if (keys.length === 0) return;
    for (const key of keys) assertTextKey(key);
    const metadata = this.metadata();
    const target = isMap(metadata[field]) ? (metadata[field] as Record<string, unknown>) : {};
    for (const key of keys) target[key] = values[key];
    metadata[field] = target;
  }

  isEmpty(): boolean {
    return Object.keys(this.object).length === 0;
  }

  isClusterScoped(): boolean {
    return isClusterScoped(this.gvk, this.clusterScoped);
  }

  /** The namespace that counts in comparisons. */
  effectiveNamespace(): string {
    if (this.isClusterScoped()) return CLUSTER_NAMESPACE;
    return this.namespace || 'default';
  }

  /** Notes the present name, namespace and kind as former ones. @throws {KustomizeError} */
  remember(): void {
    this.former.push({ name: this.name, namespace: this.effectiveNamespace(), kind: this.kind });
    this.oddNames ||= this.name === '' || this.name.includes(',');
    if (this.oddNames) this.checkNames();
  }

  /** In the original the former names are a list with commas in an annotation. */
  private checkNames(): void {
    const names = this.former.flatMap(({ name }) => (name === '' ? [] : [name]));
    if (names.join(',').split(',').length === this.former.length) return;
    const parts = ['names', 'namespaces', 'kinds'].map((part) => `number of previous ${part}`);
    throw new KustomizeError('TRANSFORM_FAILED', `error getting node IDs: ${parts.join(', ')} not equal`);
  }

  /**
   * Forgets what the build knew about it: the original keeps all that in annotations, and a patch that replaces the
   * annotations takes it away.
   */
  forget(): void {
    for (const list of [this.former, this.prefixes, this.suffixes]) list.length = 0;
    this.needsHash = false;
    this.behavior = 'unspecified';
    this.forgetOrigin();
  }

  forgetOrigin(): void {
    this.notedOrigin = undefined;
    this.transformations = [];
  }

  currentId(): ResId {
    return { ...this.gvk, name: this.name, namespace: this.namespace };
  }

  /** The first id that the build knew. */
  originalId(): ResId {
    const first = this.former[0];
    if (first === undefined) return this.currentId();
    return { ...this.gvk, ...first };
  }

  originalGvk(): Gvk {
    const first = this.former[0];
    return first === undefined || first.kind === this.kind ? this.gvk : { ...this.gvk, kind: first.kind };
  }

  /** All ids, former ones first, then the current one. */
  ids(): ResId[] {
    return [...this.formerIds(), this.currentId()];
  }

  formerIds(): ResId[] {
    const gvk = this.gvk;
    return this.former.map((former) => ({ ...gvk, ...former }));
  }

  effective(id: ResId): string {
    return effectiveNamespaceOf(id, this.clusterScoped);
  }
}

const OLD_BOOLEANS = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;

/** A key that YAML 1.1 reads as a boolean does not survive the original's printing; neither here. */
export function assertTextKey(key: string): void {
  if (key.length <= 3 && OLD_BOOLEANS.test(key)) {
    throw new KustomizeError('TRANSFORM_FAILED', 'json: unsupported type: map[interface {}]interface {}');
  }
}

/** The namespace of an id that counts in comparisons. */
export function effectiveNamespaceOf(id: ResId, clusterScoped?: ReadonlySet<string>): string {
  if (isClusterScoped(id, clusterScoped)) return CLUSTER_NAMESPACE;
  return id.namespace || 'default';
}

/** Equality key: gvk, name and effective namespace. */
export function idKey(id: ResId, clusterScoped?: ReadonlySet<string>): string {
  return `${id.group}\n${id.version}\n${id.kind}\n${effectiveNamespaceOf(id, clusterScoped)}\n${id.name}`;
}

/** Tells whether a Gvk selector fits the resource's current Gvk. */
export function gvkFits(resource: Resource, selector: Gvk): boolean {
  return isSelected(resource.gvk, selector);
}
