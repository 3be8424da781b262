import { getField, isObject, type JsonObject } from '@fluvial/go-text';
import { invalid, required } from './field-error.ts';
import { additionalOf, propertyOf } from './schema-walk.ts';
import type { FieldError, JsonSchema } from './types.ts';

/** Checks apiVersion, kind and metadata of objects inside an object (`x-kubernetes-embedded-resource`). */
export function checkEmbedded(schema: JsonSchema | undefined, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, value, path, errors);
  return errors;
}

function walk(schema: JsonSchema | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      walk(schema.items, item, `${path}[${i}]`, errors);
    });
  } else if (isObject(value)) {
    if (schema['x-kubernetes-embedded-resource'] === true) checkResource(value, path, errors);
    const additional = additionalOf(schema);
    for (const key in value) {
      const property = propertyOf(schema, key);
      if (property !== undefined) walk(property, value[key], path === '' ? key : `${path}.${key}`, errors);
      else if (additional !== undefined) walk(additional, value[key], `${path}[${key}]`, errors);
    }
  }
}

function checkResource(value: JsonObject, path: string, errors: FieldError[]): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of ['apiVersion', 'kind']) {
    const text = getField(value, name);
    if (text === undefined) errors.push(required(at(name)));
    else if (typeof text !== 'string') errors.push(invalid(at(name), text, 'must be a string'));
    else if (text === '') errors.push(invalid(at(name), text, 'must not be empty'));
    else if (name === 'apiVersion' && text.split('/').length > 2)
      errors.push(invalid(at(name), text, `unexpected GroupVersion string: ${text}`));
  }
  const { kind } = value;
  if (typeof kind === 'string' && kind !== '' && !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/i.test(kind)) {
    errors.push(
      invalid(
        at('kind'),
        kind,
        "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ),
    );
  }
  const metadata = getField(value, 'metadata');
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
    errors.push(invalid(at('metadata'), metadata, 'must be an object'));
  }
}
