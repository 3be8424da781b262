import type { FieldError, JsonSchema } from '@fluvial/schema';
import { checkDefinition } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkDns1035Label, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** Rules of CustomResourceDefinitions (apiextensions v1). */
export function validateDefinition(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = asObject(object['spec']);
  const names = asObject(spec['names']);
  const group = asString(spec['group']);
  const plural = asString(names['plural']);
  if (old === undefined && object.metadata.name !== `${plural}.${group}`) {
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
      for (const text of checkDns1035Label(value.toLowerCase())) {
        const mixed = field === 'kind' || field === 'listKind';
        const why = mixed ? `may have mixed case, but should otherwise match: ${text}` : text;
        errors.push(invalidValue(`spec.names.${field}`, value, why));
      }
  }
  const versions = asArray(spec['versions']).map(asObject);
  const storage = versions.filter((version) => version['storage'] === true).map((version) => asString(version['name']));
  const seen = new Set<string>();
  const [first] = versions;
  const alike = versions.every(
    (version) =>
      equalJson(version['schema'] ?? null, first?.['schema'] ?? null) &&
      equalJson(version['additionalPrinterColumns'] ?? null, first?.['additionalPrinterColumns'] ?? null),
  );
  if (storage.length !== 1) {
    const shown = versions.map((version) => internalVersion(version, alike));
    errors.push(invalidValue('spec.versions', shown, 'must have exactly one version marked as storage version'));
  }
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    const name = asString(version['name']);
    for (const text of checkDns1035Label(name)) {
      errors.push(invalidValue(`${at}.name`, name, text));
      // The first one is also the version of definitions that had only one.
      if (i === 0) errors.push(invalidValue('spec.version', name, text));
    }
    if (seen.has(name)) errors.push(invalidValue('spec.versions', [...seen], 'must contain unique version names'));
    seen.add(name);
    const schema = asObject(version['schema'])['openAPIV3Schema'];
    if (!isObject(schema)) {
      errors.push(required(`${at}.schema.openAPIV3Schema`, ''));
      return;
    }
    // Versions that all say the same are checked as one, at the place that they had before there were several.
    if (alike && i > 0) return;
    const place = alike ? 'spec.validation' : `${at}.schema`;
    errors.push(...checkDefinition(schema as JsonSchema, `${place}.openAPIV3Schema`));
    const columns = alike ? 'spec' : at;
    asArray(version['additionalPrinterColumns']).forEach((column, index) => {
      errors.push(...validateColumn(asObject(column), `${columns}.additionalPrinterColumns[${index}]`));
    });
  });
  if (spec['preserveUnknownFields'] === true && old === undefined) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, why));
  }
  errors.push(...validateConversion(asObject(spec['conversion'])));
  const kept = asArray(asObject(object['status'])['storedVersions']).map(asString);
  if (storage.length !== 1) {
    const missing = storage.find((name) => !kept.includes(name));
    if (kept.length === 0)
      errors.push(invalidValue('status.storedVersions', null, 'must have at least one stored version'));
    else if (missing !== undefined)
      errors.push(invalidValue('status.storedVersions', kept, `must have the storage version ${missing}`));
  }
  if (old !== undefined) {
    const before = asObject(old['spec']);
    const established = asArray(asObject(old['status'])['conditions']).some(
      (entry) => asObject(entry)['type'] === 'Established' && asObject(entry)['status'] === 'True',
    );
    const fixed: FieldError[] = [];
    const keep = (field: string, was: unknown, is: unknown) => {
      if (was !== is) fixed.push(invalidValue(field, is, 'field is immutable'));
    };
    if (established) {
      keep('spec.scope', before['scope'], spec['scope']);
      keep('spec.names.kind', asObject(before['names'])['kind'], names['kind']);
    }
    keep('spec.group', before['group'], spec['group']);
    keep('spec.names.plural', asObject(before['names'])['plural'], names['plural']);
    errors.unshift(...fixed);
    const known = asArray(asObject(object['status'])['storedVersions']).map(asString);
    known.forEach((name, i) => {
      if (!seen.has(name))
        errors.push(invalidValue(`status.storedVersions[${i}]`, name, 'must appear in spec.versions'));
    });
  }
  return errors;
}

/** A version as upstream holds it: what all versions share has gone to the definition itself. */
function internalVersion(version: JsonObject, alike: boolean): JsonObject {
  return {
    Name: version['name'],
    Served: version['served'] === true,
    Storage: version['storage'] === true,
    Deprecated: version['deprecated'] === true,
    DeprecationWarning: version['deprecationWarning'] ?? null,
    Schema: alike ? null : (version['schema'] ?? null),
    Subresources: alike ? null : (version['subresources'] ?? null),
    AdditionalPrinterColumns: alike ? null : (version['additionalPrinterColumns'] ?? null),
    SelectableFields: alike ? null : (version['selectableFields'] ?? null),
  };
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function validateColumn(column: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, type, jsonPath } = column;
  if (asString(name) === '') errors.push(required(`${at}.name`));
  if (asString(type) === '') errors.push(required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
  else if (!COLUMN_TYPES.includes(asString(type)))
    errors.push(invalidValue(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
  if (asString(jsonPath) === '') errors.push(required(`${at}.JSONPath`));
  else if (!asString(jsonPath).startsWith('.'))
    errors.push(invalidValue(`${at}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
  return errors;
}

function validateConversion({ strategy = 'None', webhook }: JsonObject): FieldError[] {
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const { clientConfig, conversionReviewVersions } = asObject(webhook);
  const errors: FieldError[] = [];
  if (clientConfig === undefined)
    errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  if (asArray(conversionReviewVersions).length === 0) errors.push(required('spec.conversion.conversionReviewVersions'));
  return errors;
}
