import { jsonEqual } from '@fluvial/go-text';
import { checkRuleForm } from './check-rule-form.ts';
import { forbidden, invalid, notSupported, required } from './field-error.ts';
import { compilePattern } from './regex.ts';
import type { FieldError, JsonSchema } from './types.ts';

type Level = 'root' | 'item' | 'field';

/**
 * Checks that a CRD version's `openAPIV3Schema` is structural and uses the Kubernetes extensions as they are meant.
 * `path` is where it stands in the CRD. Errors of the structure, sorted by their text, come before those of the extensions.
 *
 * Source: the "structural schema" section of the CustomResourceDefinition documentation.
 */
export function checkStructural(schema: JsonSchema, path = 'spec.validation.openAPIV3Schema'): FieldError[] {
  const [extensions, errors]: [FieldError[], FieldError[]] = [[], []];
  checkExtensions(schema, path, extensions);
  checkInvariants(schema, 'root', path, errors);
  checkComplete(schema, schema, path, path, errors);
  const byText = (error: FieldError): string => `${error.field}: ${error.message}`;
  return [...errors.sort((a, b) => (byText(a) < byText(b) ? -1 : 1)), ...extensions];
}

const intOrString: readonly JsonSchema[] = [{ type: 'integer' }, { type: 'string' }];

function checkInvariants(schema: JsonSchema, level: Level, path: string, errors: FieldError[]): void {
  const { additionalProperties, items, properties, type = '' } = schema;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;

  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) checkInvariants(items, 'item', `${path}.items`, errors);
  for (const [name, property] of Object.entries(properties ?? {})) {
    checkInvariants(property, 'field', `${path}.properties[${name}]`, errors);
  }
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    if (typeof additionalProperties === 'object') {
      checkInvariants(additionalProperties, 'field', `${path}.additionalProperties`, errors);
    }
    if (isEmbedded) {
      errors.push(
        forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
      );
    }
  }
  if (isIntOrString && preserves) {
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, detail));
  }
  if (isIntOrString && isEmbedded) {
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, detail));
  }
  checkJunctors(schema, isIntOrString, path, errors);
  if (isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail));
  } else if (type === '' && !isIntOrString && !preserves) {
    const detail = {
      root: 'must not be empty at the root',
      item: 'must not be empty for specified array items',
      field: 'must not be empty for specified object fields',
    }[level];
    errors.push(required(`${path}.type`, detail));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalid(`${path}.type`, type, 'must be object at the root'));
  }
  if (level === 'root' || isEmbedded) checkObjectFields(schema, level, path, errors);
  if (isEmbedded && !preserves && Object.keys(properties ?? {}).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
}

/** apiVersion, kind and metadata are the server's: a schema may restrict metadata's name and generateName only. */
function checkObjectFields(schema: JsonSchema, level: Level, path: string, errors: FieldError[]): void {
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name];
    if (property !== undefined && property.type !== 'string') {
      errors.push(invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'));
    }
  }
  const metadata = schema.properties?.['metadata'];
  if (metadata === undefined) return;
  if (metadata.type !== 'object') {
    errors.push(invalid(`${path}.properties[metadata].type`, metadata.type ?? '', 'must be object'));
  }
  const { type: _type, properties = {}, description: _d, default: _default, ...rest } = metadata;
  const named = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (level === 'root' && (!named || Object.keys(rest).length > 0)) {
    errors.push(
      forbidden(
        `${path}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  }
}

function checkJunctors(schema: JsonSchema, isIntOrString: boolean, path: string, errors: FieldError[]): void {
  const exempt = (branches: readonly JsonSchema[] | undefined): boolean =>
    isIntOrString && jsonEqual(branches, intOrString);
  if (!exempt(schema.anyOf)) {
    schema.anyOf?.forEach((branch, i) => {
      checkNested(branch, false, `${path}.anyOf[${i}]`, errors);
    });
  }
  schema.allOf?.forEach((branch, i) => {
    checkNested(branch, i === 0 && exempt(branch.anyOf), `${path}.allOf[${i}]`, errors);
  });
  schema.oneOf?.forEach((branch, i) => {
    checkNested(branch, false, `${path}.oneOf[${i}]`, errors);
  });
  if (schema.not !== undefined) checkNested(schema.not, false, `${path}.not`, errors);
  if (schema.pattern !== undefined && schema.pattern !== '') {
    const compiled = compilePattern(schema.pattern);
    if (!compiled.ok) {
      const detail = `must be a valid regular expression, but isn't: ${compiled.why}`;
      errors.push(invalid(`${path}.pattern`, schema.pattern, detail));
    }
  }
}

const forbiddenInNested: readonly [keyword: string, detail: string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

/** Inside allOf, anyOf, oneOf and not there may be conditions but no structure. */
function checkNested(schema: JsonSchema, skipAnyOf: boolean, path: string, errors: FieldError[]): void {
  const { anyOf, ...withoutAnyOf } = schema;
  checkJunctors(skipAnyOf ? withoutAnyOf : { ...withoutAnyOf, anyOf }, false, path, errors);
  if (schema.items !== undefined) checkNested(schema.items, false, `${path}.items`, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkNested(property, false, `${path}.properties[${name}]`, errors);
    if (name === 'metadata') {
      errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
    }
  }
  for (const [keyword, detail] of forbiddenInNested) {
    const value = schema[keyword];
    const isEmpty =
      value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) errors.push(forbidden(`${path}.${keyword}`, detail));
  }
}

/** Every field that a condition speaks of has to be part of the structure. */
function checkComplete(
  conditions: JsonSchema,
  structure: JsonSchema,
  structurePath: string,
  path: string,
  errors: FieldError[],
): void {
  const nested = (branch: JsonSchema, at: string): void => {
    checkNestedComplete(branch, structure, structurePath, at, errors);
  };
  if (conditions.not !== undefined) nested(conditions.not, `${path}.not`);
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    conditions[junctor]?.forEach((branch, i) => {
      nested(branch, `${path}.${junctor}[${i}]`);
    });
  }
}

function checkNestedComplete(
  branch: JsonSchema,
  structure: JsonSchema,
  structurePath: string,
  path: string,
  errors: FieldError[],
): void {
  checkComplete(branch, structure, structurePath, path, errors);
  const missing = (at: string, because: string): void => {
    errors.push(required(at, `because it is defined in ${because}`));
  };
  if (branch.items !== undefined) {
    if (structure.items === undefined) missing(`${structurePath}.items`, `${path}.items`);
    else checkNestedComplete(branch.items, structure.items, `${structurePath}.items`, `${path}.items`, errors);
  }
  for (const [name, property] of Object.entries(branch.properties ?? {})) {
    const at = `properties[${name}]`;
    const field = structure.properties?.[name];
    if (field === undefined) missing(`${structurePath}.${at}`, `${path}.${at}`);
    else checkNestedComplete(property, field, `${structurePath}.${at}`, `${path}.${at}`, errors);
  }
}

const types: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Keywords that the API refuses, and the extensions' own rules, at every level. */
function checkExtensions(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { additionalProperties, items, properties, type = '' } = schema;
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
  for (const keyword of ['$ref', 'definitions', 'dependencies', 'id', 'patternProperties', 'additionalItems']) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${path}.${keyword}`, `${keyword} is not supported`));
  }
  if (additionalProperties !== undefined && Object.keys(properties ?? {}).length > 0 && additionalProperties !== true) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    errors.push(forbidden(`${path}.additionalProperties`, detail));
  }
  if (additionalProperties === false && Object.keys(properties ?? {}).length === 0) {
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    if (type !== 'object') {
      const detail = 'must be object if x-kubernetes-map-type is specified';
      errors.push(type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail));
    }
    if (mapType !== 'atomic' && mapType !== 'granular') {
      errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
    }
  }
  checkListType(schema, path, errors);
  errors.push(...checkRuleForm(schema, path));
  if (items !== undefined) checkExtensions(items, `${path}.items`, errors);
  if (typeof additionalProperties === 'object') {
    checkExtensions(additionalProperties, `${path}.additionalProperties`, errors);
  }
  for (const [name, property] of Object.entries(properties ?? {})) {
    checkExtensions(property, `${path}.properties[${name}]`, errors);
  }
}

/** Items of a set are compared as a whole. */
function checkSetItems(items: JsonSchema | undefined, path: string, errors: FieldError[]): void {
  const listType = items?.['x-kubernetes-list-type'];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    errors.push(invalid(`${path}.x-kubernetes-list-type`, listType, detail));
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    // The value that is told is that of the list type, whatever the map type is.
    errors.push(invalid(`${path}.x-kubernetes-map-type`, listType ?? null, detail));
  }
}

function checkListType(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { items, type = '' } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (listType !== undefined) {
    if (type !== 'array') {
      const detail = 'must be array if x-kubernetes-list-type is specified';
      errors.push(type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail));
    }
    if (type === 'array' && listType === 'set') checkSetItems(items, `${path}.items`, errors);
    if (listType !== 'atomic' && listType !== 'set' && listType !== 'map') {
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
    }
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const at = `${path}.x-kubernetes-list-type`;
    errors.push(listType === undefined ? required(at, detail) : invalid(at, listType, detail));
  }
  if (listType !== 'map') return;
  const keysAt = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
  if (items === undefined) {
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    return;
  }
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${path}.items.type`, items.type ?? '', detail));
    return;
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) {
      errors.push(invalid(keysAt, keys, 'entries must all be names of item properties'));
    } else if (property.type === 'object' || property.type === 'array') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, detail));
    } else if (property.default === undefined && !items.required?.includes(key)) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${path}.items.properties[${key}].default`, detail));
    }
    if (seen.has(key)) errors.push(invalid(keysAt, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
}
