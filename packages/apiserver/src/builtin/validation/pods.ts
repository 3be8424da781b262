import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { internalPodSpec, internalStruct } from '../go-print/internal-value.ts';
import { unifiedDiff } from '../go-print/unified-diff.ts';
import { checkImageSpace } from './containers.ts';
import { checkPodAnnotations, checkPodSpec } from './pod-spec.ts';
import type { Validation } from './rules.ts';
import { checkTolerations } from './scheduling.ts';

const MUTABLE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const LISTS = ['containers', 'initContainers'];

export const pods: Validation = (object, old, { subresource }) => {
  const spec = asObject(object['spec']);
  const errors = checkPod(object, spec);
  if (old !== undefined) {
    const check = CHANGES[subresource] ?? checkPodChange;
    return [...errors, ...check(spec, asObject(old['spec']))];
  }
  if (asArray(spec['ephemeralContainers']).length > 0)
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  if (asString(spec['nodeName']) !== '' && asArray(spec['schedulingGates']).length > 0)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return errors;
};

function checkPod(object: KubeObject, spec: JsonObject): FieldError[] {
  const errors = [
    ...checkPodAnnotations(object.metadata.annotations, spec, 'metadata.annotations'),
    ...checkPodSpec(spec, 'spec', asString(object.metadata.name)),
  ];
  if (asString(spec['serviceAccountName']) === '')
    asArray(spec['volumes']).forEach((volume, i) => {
      asArray(asObject(asObject(volume)['projected'])['sources']).forEach((source, j) => {
        if (asObject(source)['serviceAccountToken'] !== undefined)
          errors.push(
            forbiddenField(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          );
      });
    });
  for (const list of LISTS)
    asArray(spec[list]).forEach((container, i) => {
      errors.push(...checkImageSpace(asObject(container), `spec.${list}[${i}]`));
    });
  return errors;
}

/** What may change through the parts of a pod. */
const CHANGES: { readonly [subresource: string]: typeof checkPodChange } = {
  resize: (spec, before) =>
    equalJson(internalPodSpec(withoutComputing(spec)), internalPodSpec(withoutComputing(before)))
      ? []
      : [forbiddenField('spec', 'only cpu and memory resources are mutable')],
  ephemeralcontainers: (spec, before) => {
    const path = 'spec.ephemeralContainers';
    const own = asArray(spec['ephemeralContainers']).map(asObject);
    return asArray(before['ephemeralContainers']).flatMap((entry) => {
      const old = asObject(entry);
      const name = JSON.stringify(asString(old['name']));
      const now = own.find((container) => container['name'] === old['name']);
      if (now === undefined)
        return [forbiddenField(path, `existing ephemeral containers ${name} may not be removed\n`)];
      const lines = (of: JsonObject) =>
        JSON.stringify(internalStruct('EphemeralContainer', of), undefined, 1).split('\n');
      const difference = unifiedDiff(lines(old), lines(now));
      return difference === ''
        ? []
        : [forbiddenField(path, `existing ephemeral containers ${name} may not be changed\n${difference}`)];
    });
  },
};

/** A pod without what its containers compute with. */
function withoutComputing(spec: JsonObject): JsonObject {
  const made: JsonObject = { ...spec };
  for (const list of LISTS)
    made[list] = asArray(spec[list]).map((container) => {
      const resources: JsonObject = { ...asObject(asObject(container)['resources']) };
      for (const field of ['limits', 'requests']) {
        const { cpu: _c, memory: _m, ...rest } = asObject(resources[field]);
        resources[field] = rest;
      }
      return { ...asObject(container), resources };
    });
  return made;
}

function checkPodChange(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of LISTS) {
    const containers = asArray(spec[list]).map(asObject);
    if (containers.length !== asArray(before[list]).length)
      return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
    containers.forEach((container, i) => {
      const at = `spec.${list}[${i}]`;
      if (asString(container['image']) === '') errors.push(required(`${at}.image`));
      errors.push(...checkImageSpace(container, at));
    });
  }
  const [deadline, was] = [spec['activeDeadlineSeconds'], before['activeDeadlineSeconds']];
  const at = 'spec.activeDeadlineSeconds';
  if (typeof deadline === 'number') {
    if (deadline < 0 || deadline > 2147483647)
      return [...errors, invalidValue(at, deadline, 'must be between 0 and 2147483647, inclusive')];
    if (typeof was === 'number' && was < deadline)
      return [...errors, invalidValue(at, deadline, 'must be less than or equal to previous value')];
  } else if (was !== undefined)
    errors.push(invalidValue(at, null, 'must not update from a positive integer to nil value'));
  errors.push(...checkAddedTolerations(spec['tolerations'], before['tolerations']));
  errors.push(...checkRemovedGates(spec['schedulingGates'], before['schedulingGates']));
  const kept = munged(spec, before);
  if (!equalJson(internalPodSpec(kept), internalPodSpec(before))) {
    const lines = (of: JsonObject) => JSON.stringify(internalPodSpec(of), undefined, 1).split('\n');
    errors.push(forbiddenField('spec', `${MUTABLE_TEXT}\n${unifiedDiff(lines(before), lines(kept))}`));
  }
  return errors;
}

function checkAddedTolerations(tolerations: unknown, before: unknown): FieldError[] {
  const path = 'spec.tolerations';
  const timeless = (entry: unknown) => ({ ...asObject(entry), tolerationSeconds: undefined });
  const now = asArray(tolerations).map(timeless);
  const isLost = asArray(before).some((old) => !now.some((entry) => equalJson(entry, timeless(old))));
  return isLost
    ? [forbiddenField(path, 'existing toleration can not be modified except its tolerationSeconds')]
    : checkTolerations(tolerations, path);
}

function checkRemovedGates(gates: unknown, before: unknown): FieldError[] {
  const names = new Set(asArray(before).map((gate) => asString(asObject(gate)['name'])));
  return asArray(gates).flatMap((gate, i) => {
    const name = asString(asObject(gate)['name']);
    return names.has(name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${i}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ];
  });
}

/** What may change does not show among the differences. */
function munged(spec: JsonObject, before: JsonObject): JsonObject {
  const images = (list: string) =>
    asArray(spec[list]).map((entry, i) => ({ ...asObject(entry), image: asObject(asArray(before[list])[i])['image'] }));
  // A pod that waits to be scheduled may still be told where.
  const waits = asArray(before['schedulingGates']).length > 0;
  return {
    ...spec,
    activeDeadlineSeconds: before['activeDeadlineSeconds'],
    tolerations: before['tolerations'],
    schedulingGates: before['schedulingGates'],
    ...(waits ? { nodeSelector: before['nodeSelector'] } : {}),
    containers: images('containers'),
    initContainers: images('initContainers'),
  };
}
