import type { Accumulator } from '../accumulator.ts';
import { mergeSpecs, toFieldSpecs } from '../config.ts';
import type { TransformerConfig } from '../default-config.ts';
import {
  type Change,
  changeField,
  type FieldSpec,
  FieldSpecs,
  fieldSpec,
  isPlain,
  type LastKind,
  PathError,
} from '../field-spec.ts';
import { idText } from '../id.ts';
import type { LabelSpec, ReplicaSpec } from '../kustomization.ts';
import { placeOfOrigin } from '../places.ts';
import { assertTextKey, idKey, type Resource } from '../resource.ts';
import { isMap, resolveResourceScalar, SharedText, textOf } from '../scalar.ts';
import { KustomizeError } from '../types.ts';
import { isQuoted, noteUntyped } from '../written.ts';
import { wrongKindText } from '../wrong-kind.ts';

const indexes = new WeakMap<readonly FieldSpec[], FieldSpecs>();

/** The index of a list of specs, made once per list. */
export function indexed(specs: readonly FieldSpec[]): FieldSpecs {
  let index = indexes.get(specs);
  if (index === undefined) {
    index = new FieldSpecs(specs);
    indexes.set(specs, index);
  }
  return index;
}

/** {@link changeField} with the original's error around it. */
export function changeResource(resource: Resource, spec: FieldSpec, change: Change, lastKind: LastKind): void {
  try {
    changeField(resource.object, spec, change, lastKind);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `considering field '${spec.path}' of object ${idText(resource.currentId())}: ${error.message}`,
      { cause: error, ...placeOfOrigin(resource.origin) },
    );
  }
}

export interface NamespaceOptions {
  readonly unsetOnly?: boolean;
  readonly subjects?: 'defaultOnly' | 'allServiceAccounts' | 'none';
}

/** Sets the namespace of everything that has one; see §6.1 of the contract for what moves along. */
export function setNamespace(
  accumulator: Accumulator,
  namespace: string,
  specs: readonly FieldSpec[],
  options: NamespaceOptions = {},
): void {
  if (namespace === '') return;
  const index = indexed(specs);
  const seen = new Map<string, Resource>();
  const unsetOnly = options.unsetOnly === true;
  for (const resource of accumulator.resources) {
    if (resource.isEmpty()) continue;
    resource.remember();
    if (!resource.isClusterScoped()) {
      if (!unsetOnly || resource.namespace === '') resource.metadata().namespace = namespace;
    }
    const { kind } = resource;
    if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') {
      setSubjects(resource.object.subjects, namespace, unsetOnly, options.subjects ?? 'defaultOnly');
    }
    for (const spec of index.for(resource.gvk)) {
      if (spec.path === 'metadata/namespace') continue;
      if (spec.path === 'subjects' || spec.path === 'subjects/namespace') continue;
      if (spec.path === 'metadata/name' && spec.kind === 'Namespace' && !resource.isClusterScoped()) continue;
      changeResource(
        resource,
        spec,
        (value) => (unsetOnly && value !== undefined && value !== '' ? value : isPlain(value) ? namespace : value),
        'scalar',
      );
    }
  }
  for (const resource of accumulator.resources) {
    const key = idKey(resource.currentId(), resource.clusterScoped);
    const other = seen.get(key);
    if (other !== undefined) {
      const ids = accumulator.resources
        .filter((candidate) => idKey(candidate.currentId(), candidate.clusterScoped) === key)
        .map((candidate) => idText(candidate.currentId()));
      throw new KustomizeError('CONFLICT', `namespace transformation produces ID conflict: [${ids.join(' ')}]`);
    }
    seen.set(key, resource);
  }
  accumulator.touch();
}

function setSubjects(subjects: unknown, namespace: string, unsetOnly: boolean, mode: string): void {
  if (!Array.isArray(subjects) || mode === 'none') return;
  for (const subject of subjects) {
    if (!isMap(subject)) continue;
    const chosen = mode === 'allServiceAccounts' ? subject.kind === 'ServiceAccount' : subject.name === 'default';
    if (!chosen) continue;
    if (unsetOnly && typeof subject.namespace === 'string' && subject.namespace !== '') continue;
    subject.namespace = namespace;
  }
}

/** Kinds whose names never get a prefix or suffix, judged by the original kind. */
function keepsName(resource: Resource): boolean {
  const { kind, group } = resource.originalGvk();
  return (
    kind === 'CustomResourceDefinition' ||
    kind === 'Namespace' ||
    (kind === 'APIService' && group === 'apiregistration.k8s.io')
  );
}

/** Puts a prefix before, or a suffix behind, the fields of `specs`; `metadata/name` counts as a rename. */
export function addAffix(
  resources: readonly Resource[],
  affix: string,
  position: 'prefix' | 'suffix',
  specs: readonly FieldSpec[],
): void {
  if (affix === '') return;
  const index = indexed(specs);
  const change: Change = (value, map, key) => {
    const text = position === 'prefix' ? affix + textOf(value ?? '') : textOf(value ?? '') + affix;
    if (isQuoted(map, key) || value instanceof SharedText) return text;
    noteUntyped(map, key);
    return resolveResourceScalar(text);
  };
  for (const resource of resources) {
    if (keepsName(resource)) continue;
    for (const spec of index.for(resource.originalGvk())) {
      if (spec.path === 'metadata/name') {
        (position === 'prefix' ? resource.prefixes : resource.suffixes).push(affix);
        resource.remember();
      }
      changeResource(resource, spec, change, 'scalar');
    }
  }
}

/** Sets string entries in the maps that `specs` name. */
export function setEntries(
  resources: readonly Resource[],
  entries: Readonly<Record<string, string>>,
  specs: readonly FieldSpec[],
): void {
  const keys = Object.keys(entries).sort();
  if (keys.length === 0) return;
  for (const key of keys) assertTextKey(key);
  const index = indexed(specs);
  for (const resource of resources) {
    const created = new Map<string, SharedText>();
    const change = (value: unknown): unknown => {
      if (!isMap(value)) throw new PathError(wrongKindText('MappingNode', value));
      for (const key of keys) setShared(value, key, entries[key] as string, created);
      return value;
    };
    for (const spec of index.for(resource.gvk)) changeResource(resource, spec, change, 'map');
  }
}

/** Sets a member; members that this run creates in one object are one and the same text. */
function setShared(map: Record<string, unknown>, key: string, text: string, created: Map<string, SharedText>): void {
  const old = Object.hasOwn(map, key) ? map[key] : undefined;
  if (old instanceof SharedText) old.change(text);
  else if (old !== undefined) map[key] = text;
  else {
    let shared = created.get(key);
    if (shared === undefined) {
      shared = new SharedText(text, text);
      created.set(key, shared);
    }
    map[key] = shared;
  }
}

const METADATA_LABELS = fieldSpec('metadata/labels', { create: true });

/** The field specs of one `labels` entry. */
export function labelSpecs(entry: LabelSpec, config: TransformerConfig): readonly FieldSpec[] {
  let specs = mergeSpecs(toFieldSpecs(entry.fields), config.labels);
  if (entry.includeSelectors === true) return mergeSpecs(specs, config.commonLabels);
  if (entry.includeTemplates === true) specs = mergeSpecs(specs, config.templateLabels);
  const own = specs.some((spec) => spec.path === METADATA_LABELS.path && spec.kind === '' && spec.group === '');
  return own ? specs : [...specs, METADATA_LABELS];
}

const REPLICA_KINDS = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'];

/** Sets `spec.replicas` of the resources that have, or had, a name. */
export function setReplicas(resources: readonly Resource[], replica: ReplicaSpec, specs: readonly FieldSpec[]): void {
  const index = indexed(specs);
  let found = false;
  for (const resource of resources) {
    // Any id will do, but only what is of the right kind now has the field.
    if (!resource.ids().some((id) => id.name === replica.name && index.for(id).length > 0)) continue;
    found = true;
    for (const spec of index.for(resource.gvk)) changeResource(resource, spec, () => replica.count ?? 0, 'scalar');
  }
  if (found) return;
  const kinds = specs === undefined ? [] : REPLICA_KINDS.map((kind) => `${kind}.[noVer].[noGrp]`);
  throw new KustomizeError(
    'TRANSFORM_FAILED',
    `resource with name ${replica.name} does not match a config with the following GVK [${kinds.join(' ')}]`,
  );
}
