import type { FieldError, JsonSchema } from '@fluvial/schema';
import { checkStructural } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkDns1035Label, checkSubdomain } from '../../rest/names.ts';
import type { KubeObject } from '../../types.ts';

/** Rules of CustomResourceDefinitions (apiextensions v1). */
export function validateDefinition(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = asObject(object['spec']);
  const names = asObject(spec['names']);
  const group = asString(spec['group']);
  const plural = asString(names['plural']);
  if (object.metadata.name !== `${plural}.${group}`) {
    errors.push(invalidValue('metadata.name', object.metadata.name, `must be spec.names.plural+"."+spec.group`));
  }
  if (group === '') errors.push(required('spec.group'));
  else {
    for (const text of checkSubdomain(group)) errors.push(invalidValue('spec.group', group, text));
    if (!group.includes('.'))
      errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (spec['scope'] === undefined) errors.push(required('spec.scope'));
  else if (spec['scope'] !== 'Cluster' && spec['scope'] !== 'Namespaced')
    errors.push(notSupported('spec.scope', spec['scope'], ['Cluster', 'Namespaced']));
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    const value = asString(names[field]);
    if (value === '' && (field === 'plural' || field === 'kind')) errors.push(required(`spec.names.${field}`));
    else if (value !== '')
      for (const text of checkDns1035Label(value.toLowerCase()))
        errors.push(invalidValue(`spec.names.${field}`, value, text));
  }
  const versions = asArray(spec['versions']).map(asObject);
  const stored = versions.filter((version) => version['storage'] === true).length;
  if (stored !== 1) {
    errors.push(
      invalidValue(
        'spec.versions',
        versions.map((v) => v['name']),
        'must have exactly one version marked as storage version',
      ),
    );
  }
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    const name = asString(version['name']);
    for (const text of checkDns1035Label(name)) errors.push(invalidValue(`${at}.name`, name, text));
    if (seen.has(name)) errors.push(invalidValue('spec.versions', [...seen], 'must contain unique version names'));
    seen.add(name);
    const schema = asObject(version['schema'])['openAPIV3Schema'];
    if (!isObject(schema)) {
      errors.push(required(`${at}.schema.openAPIV3Schema`, ''));
      return;
    }
    errors.push(...checkStructural(schema as JsonSchema, `${at}.schema.openAPIV3Schema`));
  });
  if (old !== undefined) {
    const before = asObject(old['spec']);
    const established = asArray(asObject(old['status'])['conditions']).some(
      (entry) => asObject(entry)['type'] === 'Established' && asObject(entry)['status'] === 'True',
    );
    if (established && before['scope'] !== spec['scope'])
      errors.push(invalidValue('spec.scope', spec['scope'], 'field is immutable'));
    if (established && asObject(before['names'])['kind'] !== names['kind']) {
      errors.push(invalidValue('spec.names.kind', names['kind'], 'field is immutable'));
    }
    const known = asArray(asObject(object['status'])['storedVersions']).map(asString);
    known.forEach((name, i) => {
      if (!seen.has(name))
        errors.push(invalidValue(`status.storedVersions[${i}]`, name, 'must appear in spec.versions'));
    });
  }
  return errors;
}
