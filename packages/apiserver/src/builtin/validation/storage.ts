import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asObject, asString, equalJson } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import { each, IMMUTABLE, type Validation } from './rules.ts';

export const storageClasses: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const provisioner = asString(object['provisioner']).toLowerCase();
  if (provisioner === '') errors.push(required('provisioner'));
  else errors.push(...each('provisioner', provisioner, checkQualifiedName(provisioner)));
  for (const [field, supported] of [
    ['reclaimPolicy', ['Delete', 'Retain']],
    ['volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']],
  ] as const) {
    if (!(supported as readonly string[]).includes(asString(object[field])))
      errors.push(notSupported(field, object[field], supported));
  }
  if (old === undefined) return errors;
  if (!equalJson(object['parameters'] ?? {}, old['parameters'] ?? {}))
    errors.push(invalidValue('parameters', object['parameters'] ?? null, IMMUTABLE));
  if (object['provisioner'] !== old['provisioner'])
    errors.push(invalidValue('provisioner', object['provisioner'] ?? null, IMMUTABLE));
  if (object['reclaimPolicy'] !== old['reclaimPolicy'])
    errors.push(invalidValue('reclaimPolicy', object['reclaimPolicy'] ?? null, IMMUTABLE));
  if (object['volumeBindingMode'] !== old['volumeBindingMode'])
    errors.push(invalidValue('volumeBindingMode', object['volumeBindingMode'], IMMUTABLE));
  return errors;
};

/** Drivers read these only once. */
export const drivers: Validation = (object, old) => {
  if (old === undefined) return [];
  const [spec, before] = [asObject(object['spec']), asObject(old['spec'])];
  return (
    ['attachRequired', 'fsGroupPolicy', 'volumeLifecycleModes']
      .filter((field) => !equalJson(spec[field], before[field]))
      // Upstream spells the first one so.
      .map((field) =>
        invalidValue(`spec.${field === 'attachRequired' ? 'attachedRequired' : field}`, spec[field] ?? null, IMMUTABLE),
      )
  );
};

export const runtimeClasses: Validation = (object, old) => {
  if (asString(object['handler']) === '') return [required('handler')];
  return old !== undefined && object['handler'] !== old['handler']
    ? [invalidValue('handler', object['handler'], IMMUTABLE)]
    : [];
};
