import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, required, tooLong } from '../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../json.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '../types.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';
import type { Resource, Strategy } from './resource.ts';

/** Bytes of all annotations together. */
const MAX_ANNOTATIONS = 256 * 1024;

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** `metadata` of a new object: apimachinery's ValidateObjectMeta. */
export function validateMeta(resource: Resource, strategy: Strategy, meta: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (asString(meta.generateName) !== '') {
    for (const text of strategy.validateName(meta.generateName!, true)) {
      errors.push(invalidValue('metadata.generateName', meta.generateName, text));
    }
  }
  if (asString(meta.name) === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else {
    for (const text of strategy.validateName(meta.name!, false))
      errors.push(invalidValue('metadata.name', meta.name, text));
  }
  if (resource.namespaced) {
    if (asString(meta.namespace) === '') errors.push(required('metadata.namespace'));
  } else if (asString(meta.namespace) !== '') {
    errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  }
  errors.push(...validateCommonMeta(meta), ...validateFinalizers(resource, meta));
  return errors;
}

/** Built-in kinds want finalizers with a domain, but for the three that have a meaning. */
function validateFinalizers(resource: Resource, meta: ObjectMeta): FieldError[] {
  if (resource.custom) return [];
  const names = meta.finalizers ?? [];
  const errors = names.flatMap((name, index) => validateFinalizerName(name, `metadata.finalizers[${index}]`));
  if (names.includes('orphan') && names.includes('foregroundDeletion'))
    errors.push(
      invalidValue('metadata.finalizers', names, 'finalizer orphan and foregroundDeletion cannot be both set'),
    );
  return errors;
}

/** A finalizer of a built-in kind. */
export function validateFinalizerName(name: string, field: string): FieldError[] {
  if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return [];
  return [invalidValue(field, name, 'name is neither a standard finalizer name nor is it fully qualified')];
}

function validateCommonMeta(meta: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(meta.labels ?? {})) {
    for (const text of checkQualifiedName(key)) errors.push(invalidValue('metadata.labels', key, text));
    for (const text of checkLabelValue(value)) errors.push(invalidValue('metadata.labels', value, text));
  }
  let size = 0;
  for (const [key, value] of Object.entries(meta.annotations ?? {})) {
    for (const text of checkQualifiedName(key.toLowerCase()))
      errors.push(invalidValue('metadata.annotations', key, text));
    size += Buffer.byteLength(key) + Buffer.byteLength(asString(value));
  }
  if (size > MAX_ANNOTATIONS) errors.push(tooLong('metadata.annotations', MAX_ANNOTATIONS));
  const controllers: string[] = [];
  asArray(meta.ownerReferences).forEach((entry) => {
    // Upstream does not say which one.
    const at = 'metadata.ownerReferences';
    const owner = isObject(entry) ? entry : {};
    if (asString(owner['apiVersion']) === '') {
      errors.push(invalidValue(`${at}.apiVersion`, owner['apiVersion'] ?? '', 'version must not be empty'));
    }
    if (asString(owner['kind']) === '')
      errors.push(invalidValue(`${at}.kind`, owner['kind'] ?? '', 'must not be empty'));
    if (asString(owner['name']) === '')
      errors.push(invalidValue(`${at}.name`, owner['name'] ?? '', 'must not be empty'));
    if (asString(owner['uid']) === '') errors.push(invalidValue(`${at}.uid`, owner['uid'] ?? '', 'must not be empty'));
    if (owner['apiVersion'] === 'v1' && owner['kind'] === 'Event')
      errors.push(invalidValue(at, inFieldOrder(owner), '/v1, Kind=Event is disallowed from being an owner'));
    if (owner['controller'] === true) controllers.push(`${asString(owner['kind'])}/${asString(owner['name'])}`);
  });
  const [first, ...others] = controllers;
  for (const other of others) {
    errors.push(
      invalidValue(
        'metadata.ownerReferences',
        asArray(meta.ownerReferences).map((entry) => inFieldOrder(asObject(entry))),
        `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`,
      ),
    );
  }
  for (const name of asArray(meta.finalizers)) {
    const text = asString(name);
    for (const problem of checkQualifiedName(text)) errors.push(invalidValue('metadata.finalizers', text, problem));
  }
  return errors;
}

const OWNER_FIELDS = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'];

/** An owner reference as Go prints it. */
function inFieldOrder(owner: JsonObject): JsonObject {
  return Object.fromEntries(OWNER_FIELDS.flatMap((field) => (field in owner ? [[field, owner[field]]] : [])));
}

/** Takes over what a client cannot change, then checks the rest: ValidateObjectMetaUpdate. */
export function validateMetaUpdate(resource: Resource, object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const meta = object.metadata;
  const before = old.metadata;
  meta.uid ??= before.uid;
  meta.creationTimestamp = before.creationTimestamp;
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (meta[field] === undefined || meta[field] === null) {
      if (before[field] === undefined) delete meta[field];
      else meta[field] = before[field] as never;
    }
  }
  if (before.generation === undefined) delete meta.generation;
  else meta.generation = before.generation;
  delete meta['selfLink'];
  const immutable = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ];
  for (const field of immutable) {
    if (meta[field] !== before[field])
      errors.push(invalidValue(`metadata.${field}`, meta[field] ?? '', 'field is immutable'));
  }
  if (before.deletionTimestamp !== undefined) {
    const known = before.finalizers ?? [];
    const added = (meta.finalizers ?? []).filter((name) => !known.includes(name));
    if (added.length > 0) {
      const list = added.map((name) => JSON.stringify(name)).join(', ');
      errors.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  errors.push(...validateCommonMeta(meta), ...validateFinalizers(resource, meta));
  return errors;
}

/** Whether two objects differ outside `metadata` and `status`: the usual rule for bumping the generation. */
export function specDiffers(object: KubeObject, old: KubeObject, ignoreStatus: boolean): boolean {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === 'metadata' || key === 'apiVersion' || key === 'kind') continue;
    if (key === 'status' && ignoreStatus) continue;
    if (!equalJson(object[key], old[key])) return true;
  }
  return false;
}
