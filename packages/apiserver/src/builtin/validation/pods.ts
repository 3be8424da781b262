import type { FieldError } from '@fluvial/schema';
import { forbiddenField } from '../../field-errors.ts';
import { asArray, asObject, equalJson } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { internalPodSpec } from '../go-print/internal-value.ts';
import { unifiedDiff } from '../go-print/unified-diff.ts';
import { checkPodSpec } from './pod-spec.ts';
import type { Validation } from './rules.ts';

const MUTABLE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export const pods: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  if (old === undefined) return checkPodSpec(spec, 'spec');
  const errors: FieldError[] = [];
  const before = asObject(old['spec']);
  for (const list of ['containers', 'initContainers']) {
    if (asArray(spec[list]).length !== asArray(before[list]).length)
      return [forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  if (!equalJson(frozen(spec), frozen(before))) {
    const lines = (of: JsonObject) => JSON.stringify(internalPodSpec(of), undefined, 1).split('\n');
    errors.push(forbiddenField('spec', `${MUTABLE_TEXT}\n${unifiedDiff(lines(before), lines(munged(spec, before)))}`));
  }
  return errors;
};

/** What may change does not show among the differences. */
function munged(spec: JsonObject, before: JsonObject): JsonObject {
  const images = (list: string) =>
    asArray(spec[list]).map((entry, i) => ({ ...asObject(entry), image: asObject(asArray(before[list])[i])['image'] }));
  return {
    ...spec,
    activeDeadlineSeconds: before['activeDeadlineSeconds'],
    tolerations: before['tolerations'],
    containers: images('containers'),
    initContainers: images('initContainers'),
  };
}

function frozen(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _d, tolerations: _t, schedulingGates: _g, ephemeralContainers: _e, ...rest } = spec;
  const strip = (list: unknown) =>
    asArray(list).map((c) => {
      const { image: _image, resources: _resources, ...kept } = asObject(c);
      return kept;
    });
  return { ...rest, containers: strip(rest['containers']), initContainers: strip(rest['initContainers']) };
}
