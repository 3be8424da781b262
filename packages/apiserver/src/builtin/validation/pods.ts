import type { FieldError } from '@fluvial/schema';
import { forbiddenField } from '../../field-errors.ts';
import { asArray, asObject, equalJson } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { checkPodSpec } from './pod-spec.ts';
import type { Validation } from './rules.ts';

const MUTABLE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export const pods: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  if (old === undefined) return checkPodSpec(spec, 'spec');
  const errors: FieldError[] = [];
  const before = asObject(old['spec']);
  if (!equalJson(frozen(spec), frozen(before)) && before['nodeName'] === spec['nodeName'])
    errors.push(forbiddenField('spec', MUTABLE_TEXT));
  return errors;
};

function frozen(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _d, tolerations: _t, schedulingGates: _g, ephemeralContainers: _e, ...rest } = spec;
  const strip = (list: unknown) =>
    asArray(list).map((c) => {
      const { image: _image, resources: _resources, ...kept } = asObject(c);
      return kept;
    });
  return { ...rest, containers: strip(rest['containers']), initContainers: strip(rest['initContainers']) };
}
