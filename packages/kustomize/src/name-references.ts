import type { NameReference, TransformerConfig } from './default-config.ts';
import { changeField, type FieldSpec, PathError } from './field-spec.ts';
import { type Gvk, idText, isSelected } from './id.ts';
import { placeOfOrigin } from './places.ts';
import { idKey, type Resource } from './resource.ts';
import { isMap, isScalar, stringMember, textOf } from './scalar.ts';
import { KustomizeError } from './types.ts';

interface Reference {
  readonly target: Gvk;
  readonly spec: FieldSpec;
}

/** For each kind of referrer, what its fields name. */
function byReferrerKind(config: TransformerConfig): Map<string, Reference[]> {
  const cached = indexes.get(config.nameReference);
  if (cached !== undefined) return cached;
  const index = new Map<string, Reference[]>();
  for (const target of config.nameReference) {
    for (const spec of target.fieldSpecs) {
      const list = index.get(spec.kind) ?? [];
      list.push({ target, spec });
      index.set(spec.kind, list);
    }
  }
  indexes.set(config.nameReference, index);
  return index;
}

const indexes = new WeakMap<readonly NameReference[], Map<string, Reference[]>>();
const order = new WeakMap<readonly NameReference[], Map<Reference, number>>();

function inTableOrder(config: TransformerConfig, references: Reference[]): Reference[] {
  let positions = order.get(config.nameReference);
  if (positions === undefined) {
    positions = new Map();
    for (const list of byReferrerKind(config).values()) for (const reference of list) positions.set(reference, 0);
    let next = 0;
    for (const target of config.nameReference) {
      for (const spec of target.fieldSpecs) {
        for (const reference of positions.keys()) {
          if (reference.spec === spec && reference.target === target) positions.set(reference, next);
        }
        next++;
      }
    }
    order.set(config.nameReference, positions);
  }
  const known = positions;
  return references.sort((a, b) => (known.get(a) as number) - (known.get(b) as number));
}

/**
 * Rewrites the fields that name other resources to the names that these have now. A field is looked up by the earlier
 * names of all resources; see §7.2 of the contract for how one of several candidates is chosen.
 */
export function fixNameReferences(resources: readonly Resource[], config: TransformerConfig): void {
  refuseTwins(resources);
  // Only what was renamed, moved or hashed has a former name; without any there is nothing to fix.
  const renamed = new Map<string, Resource[]>();
  for (const resource of resources) {
    const names = new Set(resource.former.map((former) => former.name));
    for (const name of names) {
      const list = renamed.get(name);
      if (list === undefined) renamed.set(name, [resource]);
      else list.push(resource);
    }
  }
  if (renamed.size === 0) return;
  const index = byReferrerKind(config);
  const scope: Scope = { all: resources, renamed };
  const anyKind = index.get('') ?? [];
  for (const referrer of resources) {
    const gvk = referrer.originalGvk();
    const own = index.get(gvk.kind) ?? [];
    if (own.length === 0 && anyKind.length === 0) continue;
    const references = anyKind.length === 0 ? own : inTableOrder(config, [...own, ...anyKind]);
    const allowed = allowedNamespaces(referrer);
    for (const { target, spec } of references) {
      if (!isSelected(gvk, spec)) continue;
      try {
        changeField(referrer.object, spec, (value) => rewrite(value, referrer, target, spec, scope, allowed), 'any');
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        throw new KustomizeError(
          'TRANSFORM_FAILED',
          `updating name reference in '${spec.path}' field of '${idText(referrer.currentId())}': considering field '${spec.path}' of object ${idText(referrer.currentId())}: ${error.message}`,
          { cause: error, ...placeOfOrigin(referrer.origin) },
        );
      }
    }
  }
}

interface Scope {
  readonly all: readonly Resource[];
  /** By every name that they had before. */
  readonly renamed: ReadonlyMap<string, Resource[]>;
}

// Patches and replacements may rename freely. The original gives up (with a panic) when it gathers what a resource may
// refer to, and that includes itself.
function refuseTwins(resources: readonly Resource[]): void {
  const seen = new Set<string>();
  for (const resource of resources) {
    const key = idKey(resource.currentId(), resource.clusterScoped);
    if (seen.has(key)) {
      throw new KustomizeError(
        'CONFLICT',
        `recovered from kustomize build panic: may not add resource with an already registered id: ${idText(resource.currentId())}`,
        placeOfOrigin(resource.origin),
      );
    }
    seen.add(key);
  }
}

/** Namespaces whose resources a referrer may name; `undefined` if all. */
function allowedNamespaces(referrer: Resource): Set<string> | undefined {
  if (referrer.isClusterScoped()) return undefined;
  const namespaces = new Set([referrer.effectiveNamespace()]);
  if (referrer.kind === 'RoleBinding' && Array.isArray(referrer.object.subjects)) {
    for (const subject of referrer.object.subjects) {
      if (!isMap(subject) || subject.kind !== 'ServiceAccount') continue;
      const namespace = stringMember(subject, 'namespace');
      if (namespace !== '') namespaces.add(namespace);
    }
  }
  return namespaces;
}

function rewrite(
  value: unknown,
  referrer: Resource,
  target: Gvk,
  spec: FieldSpec,
  scope: Scope,
  allowed: ReadonlySet<string> | undefined,
): unknown {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      value[i] = rewrite(value[i], referrer, target, spec, scope, allowed);
    }
    return value;
  }
  if (isMap(value)) return rewriteMap(value, referrer, target, spec, scope, allowed);
  if (!isScalar(value)) return value;
  const name = textOf(value);
  const found = choose(name, scope.renamed.get(name), referrer, target, spec, allowed);
  return found === undefined || found.name === name ? value : found.name;
}

function rewriteMap(
  map: Record<string, unknown>,
  referrer: Resource,
  target: Gvk,
  spec: FieldSpec,
  scope: Scope,
  allowed: ReadonlySet<string> | undefined,
): unknown {
  if (!Object.hasOwn(map, 'name') || map.name === null) {
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `updating name reference in '${spec.path}' field of '${idText(referrer.currentId())}': considering field '${spec.path}' of object ${idText(referrer.currentId())}: path config error; no 'name' field in node`,
      placeOfOrigin(referrer.origin),
    );
  }
  const name = textOf(map.name);
  let candidates = scope.renamed.get(name);
  if (candidates === undefined) return map;
  const namespace = stringMember(map, 'namespace');
  if (namespace !== '') {
    // Where things were first decides; if nothing was there, where they are now.
    const first = (resource: Resource): string => resource.former[0]?.namespace ?? resource.effectiveNamespace();
    const visible = (resource: Resource): boolean =>
      allowed === undefined || resource.isClusterScoped() || allowed.has(resource.effectiveNamespace());
    const byFirst = scope.all.some((resource) => first(resource) === namespace && visible(resource));
    candidates = candidates.filter((candidate) =>
      byFirst ? first(candidate) === namespace : candidate.effectiveNamespace() === namespace,
    );
  }
  const found = choose(name, candidates, referrer, target, spec, allowed);
  if (found === undefined) return map;
  if (found.name !== name) map.name = found.name;
  if (found.namespace !== '') map.namespace = found.namespace;
  return map;
}

function choose(
  name: string,
  pool: readonly Resource[] | undefined,
  referrer: Resource,
  target: Gvk,
  spec: FieldSpec,
  allowed: ReadonlySet<string> | undefined,
): Resource | undefined {
  if (pool === undefined) return undefined;
  const roleRef = spec.path.endsWith('roleRef/name') ? referrer.object.roleRef : undefined;
  const referrerNamespace = referrer.effectiveNamespace();
  const referrerClusterScoped = allowed === undefined;
  let candidates = pool.filter((candidate) => {
    if (!candidate.former.some((former) => isSelected({ ...candidate.gvk, kind: former.kind }, target))) return false;
    if (isMap(roleRef)) {
      const { group, kind } = candidate.gvk;
      if (stringMember(roleRef, 'kind') !== kind || stringMember(roleRef, 'apiGroup') !== group) return false;
    }
    if (referrerClusterScoped || candidate.isClusterScoped()) return true;
    const namespace = candidate.effectiveNamespace();
    if (!allowed.has(namespace)) return false;
    return candidate.kind === 'ServiceAccount' || namespace === referrerNamespace;
  });
  if (candidates.length <= 1) return candidates[0];
  candidates = candidates.filter((candidate) => sameAffixes(candidate, referrer, true));
  if (candidates.length === 1) return candidates[0];
  candidates = candidates.filter((candidate) => sameAffixes(candidate, referrer, false));
  if (candidates.length <= 1) return candidates[0];
  const first = candidates[0] as Resource;
  if (candidates.every((other) => other.name === first.name && other.namespace === first.namespace)) return first;
  throw new KustomizeError(
    'CONFLICT',
    `updating name reference in '${spec.path}' field of '${idText(referrer.currentId())}': considering field '${spec.path}' of object ${idText(referrer.currentId())}: found multiple possible referrals: ${candidates.map((candidate) => idText(candidate.currentId())).join(', ')} for '${name}'`,
    placeOfOrigin(referrer.origin),
  );
}

// An empty list fits any, if allowed; otherwise the shorter list has to be the end of the longer one.
function sameAffixes(a: Resource, b: Resource, allowEmpty: boolean): boolean {
  return sameEnd(a.prefixes, b.prefixes, allowEmpty) && sameEnd(a.suffixes, b.suffixes, allowEmpty);
}

function sameEnd(a: readonly string[], b: readonly string[], allowEmpty: boolean): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 0) return allowEmpty || long.length === 0;
  return short.every((item, i) => item === long[long.length - short.length + i]);
}
