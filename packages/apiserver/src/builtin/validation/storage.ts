import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel, checkQualifiedName } from '../../rest/names.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkTopologyTerms } from './node-selectors.ts';
import { checkContainerResources } from './resources.ts';
import { checkLabels, each, IMMUTABLE, type Validation } from './rules.ts';
import { checkTolerations } from './scheduling.ts';
import { checkParameters } from './storage-drivers.ts';
import { inOrder } from './workloads.ts';

export const storageClasses: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const provisioner = asString(object['provisioner']).toLowerCase();
  if (provisioner === '') errors.push(required('provisioner'));
  else errors.push(...each('provisioner', provisioner, checkQualifiedName(provisioner)));
  errors.push(...checkParameters(asObject(object['parameters']), 'parameters'));
  for (const [field, supported] of [
    ['reclaimPolicy', ['Delete', 'Retain']],
    ['volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']],
  ] as const) {
    if (!(supported as readonly string[]).includes(asString(object[field])))
      errors.push(notSupported(field, object[field], supported));
  }
  errors.push(...checkTopologyTerms(object['allowedTopologies'], 'allowedTopologies'));
  if (old === undefined) return errors;
  if (!equalJson(object['parameters'] ?? {}, old['parameters'] ?? {}))
    errors.push(
      invalidValue('parameters', isObject(object['parameters']) ? inOrder(object['parameters']) : null, IMMUTABLE),
    );
  if (object['provisioner'] !== old['provisioner'])
    errors.push(invalidValue('provisioner', object['provisioner'] ?? null, IMMUTABLE));
  if (object['reclaimPolicy'] !== old['reclaimPolicy'])
    errors.push(invalidValue('reclaimPolicy', object['reclaimPolicy'] ?? null, IMMUTABLE));
  if (object['volumeBindingMode'] !== old['volumeBindingMode'])
    errors.push(invalidValue('volumeBindingMode', object['volumeBindingMode'], IMMUTABLE));
  return errors;
};

/** Where pods run, and what that costs. */
export const runtimeClasses: Validation = (object, old) => {
  const handler = asString(object['handler']);
  const { nodeSelector, tolerations } = asObject(object['scheduling']);
  const errors: FieldError[] = handler === '' ? [required('handler')] : each('handler', handler, checkLabel(handler));
  const fixed = asObject(object['overhead'])['podFixed'];
  if (isObject(object['overhead']))
    // Upstream calls this `overhead.limits`.
    errors.push(...checkContainerResources({ limits: asObject(fixed) }, 'overhead', new Set()));
  errors.push(...checkLabels(nodeSelector, 'scheduling.nodeSelector'));
  errors.push(...checkTolerations(tolerations, 'scheduling.tolerations'));
  const list = asArray(tolerations);
  list.forEach((toleration, i) => {
    if (list.slice(0, i).some((other) => equalJson(other, toleration)))
      errors.push(duplicate(`scheduling.tolerations[${i}]`, internalStruct('Toleration', asObject(toleration))));
  });
  return old !== undefined && object['handler'] !== old['handler']
    ? [invalidValue('handler', object['handler'], IMMUTABLE), ...errors]
    : errors;
};
