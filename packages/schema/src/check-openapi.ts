import { getField, goNumber, isNumber, isObject, type JsonObject, jsonEqual } from '@fluvial/go-text';
import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from './field-error.ts';
import { formatCheck } from './formats.ts';
import { compilePattern } from './regex.ts';
import { additionalOf, followRef, propertyOf, type ResolveRef } from './schema-walk.ts';
import type { FieldError, JsonSchema } from './types.ts';

// The keywords of OpenAPI v3 as the API server checks custom resources by them. Source: kube-openapi `validation/validate`
// and `kubeOpenAPIResultToFieldErrors` of apiextensions-apiserver.

/** What to compare an updated value with: unchanged parts are not held against the request. Undefined on create. */
export type OldValue = { readonly value: unknown } | undefined;

export interface OpenApiContext {
  /** Path before the names in errors; not part of the messages themselves. */
  readonly prefix: string;
  readonly resolve: ResolveRef | undefined;
}

/**
 * Checks the OpenAPI keywords. A whole number is held against a fractional bound as it is; the original first cuts the
 * bound to a whole number, and so takes 0 for a minimum of 0.5.
 *
 * Errors of sibling fields come in the order of the fields' names.
 */
export function checkOpenApi(context: OpenApiContext, schema: JsonSchema, value: unknown, old: OldValue): FieldError[] {
  const errors: FieldError[] = [];
  checkNode(context, schema, value, '', old, errors);
  const seen = new Set<string>();
  return errors.filter((error) => {
    // The same problem found twice (by the schema and by a branch of anyOf) is told once.
    const key = `${error.field} ${error.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * Adds the problems of one value and returns how many checks it passed, which is what chooses the branch of anyOf and
 * oneOf whose problems are shown.
 */
function checkNode(
  context: OpenApiContext,
  given: JsonSchema,
  value: unknown,
  path: string,
  old: OldValue,
  errors: FieldError[],
): number {
  const schema = followRef(given, context.resolve);
  if (schema === undefined) return 1;
  const start = errors.length;
  const count = checkKeywords(context, schema, value, path, old, errors);
  if (errors.length > start && old !== undefined && isUnchanged(schema, old.value, value)) {
    // Ratcheting: what was stored before may stay as it is.
    errors.length = start;
  }
  return count;
}

/** Equality for ratcheting: lists by key may be in another order, and fields without a schema are never the same. */
function isUnchanged(schema: JsonSchema, old: unknown, value: unknown): boolean {
  if (isObject(value)) {
    if (!isObject(old) || Object.keys(old).length !== Object.keys(value).length) return false;
    return Object.keys(value).every((key) => {
      const before = getField(old, key);
      const below = propertyOf(schema, key) ?? additionalOf(schema);
      return before !== undefined && below !== undefined && isUnchanged(below, before, value[key]);
    });
  }
  if (!Array.isArray(value) || schema['x-kubernetes-list-type'] !== 'map') return jsonEqual(old, value);
  if (!Array.isArray(old) || old.length !== value.length) return false;
  const before = oldItems(schema, old);
  return value.every((item) => {
    const match = before?.(item);
    return match !== undefined && isUnchanged(schema.items ?? {}, match.value, item);
  });
}

function checkKeywords(
  context: OpenApiContext,
  schema: JsonSchema,
  value: unknown,
  path: string,
  old: OldValue,
  errors: FieldError[],
): number {
  const types = typesOf(schema);
  if (value === null || value === undefined) {
    const refused = types.length > 0 && schema.nullable !== true;
    if (refused) errors.push(wrongType(context, path, types.join(','), 'null'));
    add(errors, enumError(context, schema, value ?? null, path));
    return refused ? 0 : 1;
  }
  // What counts as a passed check follows the original's bookkeeping, so that the same branch is chosen.
  let passed = 4;
  if (types.length > 0 || knownFormat(schema) !== undefined) {
    passed += add(errors, typeError(context, schema, types, value, path)) ? 1 : 2;
  }
  if (
    schema.allOf !== undefined ||
    schema.anyOf !== undefined ||
    schema.oneOf !== undefined ||
    schema.not !== undefined
  ) {
    passed += checkJunctors(context, schema, value, path, errors);
  }
  if (typeof value === 'string') {
    add(errors, stringError(context, schema, value, path));
    add(errors, formatError(context, schema, value, path));
    passed += knownFormat(schema) === undefined ? 1 : 2;
  } else if (isNumber(value)) {
    checkNumber(context, schema, types, value, path, errors);
    passed += 2;
  } else if (Array.isArray(value)) {
    passed += checkArray(context, schema, value, path, old, errors) + 2;
  }
  add(errors, enumError(context, schema, value, path));
  if (isObject(value)) passed += checkObject(context, schema, value, path, old, errors) + 1;
  return passed;
}

/** Returns whether there was an error to add. */
function add(errors: FieldError[], error: FieldError | undefined): boolean {
  if (error !== undefined) errors.push(error);
  return error !== undefined;
}

function typesOf(schema: JsonSchema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined || schema.type === '' ? [] : [schema.type];
}

/** The path of an error's field. */
function fieldAt(context: OpenApiContext, name: string): string {
  const bare = name.startsWith('.') ? name.slice(1) : name;
  if (context.prefix === '') return bare;
  return bare === '' ? context.prefix : `${context.prefix}.${bare}`;
}

function wrongType(context: OpenApiContext, path: string, expected: string, actual: string): FieldError {
  return typeInvalid(fieldAt(context, path), actual, `${path} in body must be of type ${expected}: "${actual}"`);
}

/** JSON type of a value, and the format that goes with it. */
function typeAndFormat(value: unknown): [string, string] {
  switch (typeof value) {
    case 'string':
      return ['string', ''];
    case 'boolean':
      return ['boolean', ''];
    case 'bigint':
      return ['integer', 'int64'];
    case 'number':
      return Number.isInteger(value) ? ['integer', 'int64'] : ['number', 'float64'];
    default:
      return [Array.isArray(value) ? 'array' : 'object', ''];
  }
}

/** The format as far as the server knows it for the type. */
function knownFormat(schema: JsonSchema): string | undefined {
  const { format, type } = schema;
  if (format === undefined || format === '' || schema['x-kubernetes-int-or-string'] === true) return undefined;
  switch (type) {
    case undefined:
    case '':
    case 'string':
      return formatCheck(format) === undefined ? undefined : format;
    case 'integer':
      return format === 'int32' || format === 'int64' ? format : undefined;
    case 'number':
      return format === 'float' || format === 'double' ? format : undefined;
    default:
      return undefined;
  }
}

function typeError(
  context: OpenApiContext,
  schema: JsonSchema,
  types: readonly string[],
  value: unknown,
  path: string,
): FieldError | undefined {
  const [actual, actualFormat] = typeAndFormat(value);
  const format = knownFormat(schema);
  const isNumeric = types.includes('number') || types.includes('integer');
  const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
  const textual = actual === 'string' || actual === 'array';
  if (format !== undefined) {
    if (!textual && !fits && actualFormat !== format) return wrongType(context, path, format, actualFormat);
    if (!isNumeric && textual) return undefined;
  }
  if (fits || types.length === 0) return undefined;
  return wrongType(context, path, types.join(','), actual);
}

function stringError(context: OpenApiContext, schema: JsonSchema, value: string, path: string): FieldError | undefined {
  const { maxLength, minLength, pattern } = schema;
  if (maxLength !== undefined || minLength !== undefined) {
    const length = lengthOf(value);
    if (maxLength !== undefined && length > maxLength) return tooLong(fieldAt(context, path), maxLength);
    if (minLength !== undefined && length < minLength) {
      return invalid(fieldAt(context, path), value, `${path} in body should be at least ${minLength} chars long`);
    }
  }
  if (pattern !== undefined && pattern !== '') {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) {
      const text = `${pattern}, but pattern is invalid: ${compiled.why}`;
      return invalid(fieldAt(context, path), value, `${path} in body should match '${text}'`);
    }
    if (!compiled.test(value)) {
      return invalid(fieldAt(context, path), value, `${path} in body should match '${pattern}'`);
    }
  }
  return undefined;
}

/** Length in code points. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) length--;
  }
  return length;
}

function formatError(context: OpenApiContext, schema: JsonSchema, value: string, path: string): FieldError | undefined {
  const format = knownFormat(schema);
  if (format === undefined) return undefined;
  const check = formatCheck(format);
  if (check === undefined || check(value)) return undefined;
  return typeInvalid(fieldAt(context, path), value, `${path} in body must be of type ${format}: ${quoted(value)}`);
}

function quoted(value: string): string {
  return JSON.stringify(value);
}

function checkNumber(
  context: OpenApiContext,
  schema: JsonSchema,
  types: readonly string[],
  value: number | bigint,
  path: string,
  errors: FieldError[],
): void {
  const field = fieldAt(context, path);
  const type = types.length === 1 ? types[0] : '';
  if (!inRange(type, knownFormat(schema), value)) {
    const format = knownFormat(schema);
    const what = format === undefined ? `${type} (default format)` : `${type} with format ${format}`;
    errors.push(invalid(context.prefix, '', `Checked value must be of type ${what} in ${path}`));
  }
  const { multipleOf, minimum, maximum } = schema;
  // Of a whole number only the whole part of the factor is asked, as the original does.
  const factor = multipleOf !== undefined && isWhole(value) ? Math.trunc(multipleOf) : multipleOf;
  if (factor !== undefined && !isMultiple(value, factor)) {
    const detail =
      factor <= 0
        ? `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`
        : `${path} in body should be a multiple of ${goNumber(factor)}`;
    errors.push(invalid(field, factor <= 0 ? factor : value, detail));
  }
  if (minimum !== undefined && (value < minimum || (schema.exclusiveMinimum === true && value <= minimum))) {
    const relation = schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to';
    errors.push(invalid(field, value, `${path} in body should be ${relation} ${goNumber(minimum)}`));
  }
  if (maximum !== undefined && (value > maximum || (schema.exclusiveMaximum === true && value >= maximum))) {
    const relation = schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to';
    errors.push(invalid(field, value, `${path} in body should be ${relation} ${goNumber(maximum)}`));
  }
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

function inRange(type: string | undefined, format: string | undefined, value: number | bigint): boolean {
  if (type === 'integer') {
    if (format === 'int32') return value >= -2147483648 && value <= 2147483647 && isWhole(value);
    return isWhole(value) && BigInt(value) >= int64Min && BigInt(value) <= int64Max;
  }
  return format !== 'float' || Number.isFinite(Math.fround(Number(value)));
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function isMultiple(value: number | bigint, factor: number): boolean {
  if (factor <= 0) return false;
  if (typeof value === 'bigint') return Number.isInteger(factor) ? value % BigInt(factor) === 0n : true;
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  const nearest = Math.round(quotient);
  return quotient === nearest || Math.abs(quotient - nearest) < 1e-9 * Math.max(1, Math.abs(quotient));
}

function checkArray(
  context: OpenApiContext,
  schema: JsonSchema,
  value: readonly unknown[],
  path: string,
  old: OldValue,
  errors: FieldError[],
): number {
  let passed = 0;
  const { items, maxItems, minItems } = schema;
  if (items !== undefined) {
    const before = old === undefined ? undefined : oldItems(schema, old.value);
    for (let i = 0; i < value.length; i++) {
      passed += checkNode(context, items, value[i], `${path}[${i}]`, before?.(value[i]), errors);
    }
  }
  const field = fieldAt(context, path);
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(field, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(field, value.length, maxItems));
  if (
    schema.uniqueItems === true &&
    value.some((item, i) => value.slice(0, i).some((other) => jsonEqual(item, other)))
  ) {
    errors.push(invalid(field, '', `${path} in body shouldn't contain duplicates`));
  }
  return passed;
}

/** Finds the old item of a list by its keys; other lists have no items that can be told apart. */
function oldItems(schema: JsonSchema, old: unknown): ((item: unknown) => OldValue) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old)) return undefined;
  return (item) => {
    if (!isObject(item)) return undefined;
    const found: unknown = old.find(
      (other: unknown) => isObject(other) && keys.every((key) => sameKey(getField(item, key), getField(other, key))),
    );
    return found === undefined ? undefined : { value: found };
  };
}

/** An item without its key cannot be told from others without theirs. */
function sameKey(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && jsonEqual(a, b);
}

function enumError(context: OpenApiContext, schema: JsonSchema, value: unknown, path: string): FieldError | undefined {
  const allowed = schema.enum ?? [];
  if (allowed.length === 0) return undefined;
  if (value !== null && allowed.some((item) => jsonEqual(item, value))) return undefined;
  return notSupported(fieldAt(context, path), value, allowed);
}

function checkObject(
  context: OpenApiContext,
  schema: JsonSchema,
  value: JsonObject,
  path: string,
  old: OldValue,
  errors: FieldError[],
): number {
  let passed = 0;
  const { minProperties, maxProperties, additionalProperties, properties } = schema;
  const field = fieldAt(context, path);
  const keys = Object.keys(value);
  if (minProperties !== undefined && keys.length < minProperties) {
    errors.push(invalid(field, keys.length, `${path} in body should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && keys.length > maxProperties)
    errors.push(tooMany(field, keys.length, maxProperties));

  const oldObject = old !== undefined && isObject(old.value) ? old.value : undefined;
  const groups: [string, FieldError[]][] = [];
  for (const key of keys) {
    const item = value[key];
    if (item === undefined) continue;
    const property = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    const before = oldObject === undefined ? undefined : oldField(oldObject, key);
    const found: FieldError[] = [];
    if (property !== undefined) {
      passed += checkNode(context, property, item, path === '' ? key : `${path}.${key}`, before, found);
    } else if (additionalProperties === false) {
      found.push(invalid(field, key, `${path}.${key} in body is a forbidden property`));
    } else if (isObject(additionalProperties)) {
      passed += checkNode(context, additionalProperties as JsonSchema, item, `${path}.${key}`, before, found);
    }
    if (found.length > 0) groups.push([key, found]);
  }
  if (groups.length > 1) groups.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, found] of groups) errors.push(...found);
  for (const name of schema.required ?? []) {
    if (getField(value, name) === undefined) errors.push(required(fieldAt(context, `${path}.${name}`)));
  }
  return passed;
}

function oldField(old: JsonObject, key: string): OldValue {
  const value = getField(old, key);
  return value === undefined ? undefined : { value };
}

/** anyOf, oneOf, allOf and not. The branches see no old value: changes inside them are not told apart. */
function checkJunctors(
  context: OpenApiContext,
  schema: JsonSchema,
  value: unknown,
  path: string,
  errors: FieldError[],
): number {
  let passed = 0;
  const attempt = (branch: JsonSchema): Attempt => {
    const found: FieldError[] = [];
    const count = checkNode(context, branch, value, path, undefined, found);
    return { errors: found, count };
  };
  const complain = (text: string): void => {
    errors.push(invalid(context.prefix, '', `${quoted(path)} ${text}`));
  };
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) {
    let best: Attempt | undefined;
    let success: Attempt | undefined;
    for (const branch of schema.anyOf) {
      const result = attempt(branch);
      if (result.errors.length === 0) {
        success = result;
        break;
      }
      if (best === undefined || result.count > best.count) best = result;
    }
    if (success !== undefined) passed += success.count;
    else {
      complain('must validate at least one schema (anyOf)');
      errors.push(...(best?.errors ?? []));
      passed += best?.count ?? 0;
    }
  }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) {
    const results = schema.oneOf.map(attempt);
    const valid = results.filter((result) => result.errors.length === 0);
    if (valid.length === 1) passed += valid[0]?.count ?? 0;
    else {
      const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
      complain(`must validate one and only one schema (oneOf). ${found}`);
      if (valid.length === 0) {
        const best = results.reduce((a, b) => (b.count > a.count ? b : a));
        errors.push(...best.errors);
        passed += best.count;
      }
    }
  }
  if (schema.allOf !== undefined && schema.allOf.length > 0) {
    let valid = 0;
    for (const branch of schema.allOf) {
      const result = attempt(branch);
      if (result.errors.length === 0) valid++;
      errors.push(...result.errors);
      passed += result.count;
    }
    if (valid !== schema.allOf.length) {
      complain(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    }
  }
  if (schema.not !== undefined && attempt(schema.not).errors.length === 0) {
    complain('must not validate the schema (not)');
  }
  return passed;
}

interface Attempt {
  readonly errors: FieldError[];
  readonly count: number;
}
