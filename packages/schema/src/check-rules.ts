import {
  CelError,
  type CelProgram,
  compileExpression,
  optionalVariable,
  type TypeHint,
  typedVariable,
} from '@fluvial/cel';
import { getField, isObject, type JsonObject, jsonEqual } from '@fluvial/go-text';
import { readFieldPath } from './check-rule-form.ts';
import { duplicate, forbidden, invalid, noValue, required } from './field-error.ts';
import { additionalOf, propertyOf } from './schema-walk.ts';
import type { FieldError, JsonSchema, ValidationRule } from './types.ts';

// The rules of `x-kubernetes-validations`. Source: the "validation rules" section of the CustomResourceDefinition
// documentation and apiextensions-apiserver `schema/cel`.

const known = new WeakMap<JsonSchema, boolean>();

/** Whether a rule stands anywhere in the schema. */
export function hasRules(schema: JsonSchema): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const { additionalProperties, allOf = [], items, properties = {} } = schema;
  const below = [...Object.values(properties), ...allOf];
  if (items !== undefined) below.push(items);
  if (typeof additionalProperties === 'object') below.push(additionalProperties);
  const answer = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || below.some(hasRules);
  known.set(schema, answer);
  return answer;
}

/**
 * Evaluates all rules, those of an object before those of what it holds. Null values have no rules; rules that speak of
 * `oldSelf` need an old value that belongs to the same place (lists are matched by key only).
 */
export function checkRules(schema: JsonSchema, value: unknown, old: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, value, old, path, errors);
  return errors;
}

function walk(schema: JsonSchema, value: unknown, old: unknown, path: string, errors: FieldError[]): void {
  if (value === null || value === undefined || !hasRules(schema)) return;
  for (const rule of schema['x-kubernetes-validations'] ?? []) checkRule(schema, rule, value, old, path, errors);
  for (const branch of schema.allOf ?? []) walk(branch, value, old, path, errors);
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return;
    value.forEach((item, i) => {
      walk(items, item, oldItem(schema, item, old), `${path}[${i}]`, errors);
    });
  } else if (isObject(value)) {
    walkFields(schema, value, old, path, errors);
  }
}

function walkFields(schema: JsonSchema, value: JsonObject, old: unknown, path: string, errors: FieldError[]): void {
  const additional = additionalOf(schema);
  const isMatched = schema['x-kubernetes-map-type'] !== 'atomic' && isObject(old);
  for (const key of Object.keys(value).sort()) {
    const before = isMatched ? getField(old, key) : undefined;
    const property = propertyOf(schema, key);
    if (property !== undefined) walk(property, value[key], before, path === '' ? key : `${path}.${key}`, errors);
    else if (additional !== undefined) walk(additional, value[key], before, `${path}[${key}]`, errors);
  }
}

function oldItem(schema: JsonSchema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old) || !isObject(item)) {
    return undefined;
  }
  const keyOf = (object: JsonObject, key: string): unknown =>
    getField(object, key) ?? schema.items?.properties?.[key]?.default;
  return old.find(
    (other: unknown) => isObject(other) && keys.every((key) => jsonEqual(keyOf(item, key), keyOf(other, key))),
  );
}

const compiled = new WeakMap<ValidationRule, CelProgram | CelError>();
const variables = ['self', 'oldSelf'];
// About what the API server lets one rule cost; an evaluation of this many steps takes well under a second.
const maxCost = 1_000_000;
// The longest rule that a definition may have.
const maxLength = 100_000;

function programOf(rule: ValidationRule): CelProgram | CelError {
  const before = compiled.get(rule);
  if (before !== undefined) return before;
  let program: CelProgram | CelError;
  try {
    program = compileExpression(rule.rule, { variables, maxCost, maxLength, numbers: 'json' });
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    program = error;
  }
  compiled.set(rule, program);
  return program;
}

function checkRule(
  schema: JsonSchema,
  rule: ValidationRule,
  value: unknown,
  old: unknown,
  path: string,
  errors: FieldError[],
): void {
  const type = schema.type ?? '';
  const program = programOf(rule);
  if (program instanceof CelError) {
    errors.push(invalid(path, type, `rule compile error: compilation failed: ${program.message}`));
    return;
  }
  const isTransition = program.uses.has('oldSelf');
  if (isTransition && old === undefined && rule.optionalOldSelf !== true) return;
  const hint = hintOf(schema);
  const values: { [name: string]: unknown } = { self: typedVariable(value, hint) };
  if (isTransition) {
    values['oldSelf'] = rule.optionalOldSelf === true ? optionalVariable(old, hint) : typedVariable(old, hint);
  }
  try {
    if (program.evaluate(values) === true) return;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    errors.push(invalid(path, type, failureText(error, rule)));
    return;
  }
  // Ratcheting: a value that was stored before may stay as it is.
  if (!isTransition && old !== undefined && jsonEqual(old, value)) return;
  const shown = type === 'object' || type === 'array' ? noValue : value;
  errors.push(ruleError(rule, fieldOf(schema, rule, path), shown, messageOf(rule, values)));
}

function failureText(error: CelError, rule: ValidationRule): string {
  const name = (rule.message ?? '') === '' ? rule.rule.trim() : (rule.message ?? '').trim();
  if (error.code === 'COST') {
    return `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${name}`;
  }
  if (error.message.startsWith('no such overload')) {
    return `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`;
  }
  return `${error.message} evaluating rule: ${name}`;
}

function ruleError(rule: ValidationRule, field: string, value: unknown, detail: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      return invalid(field, value, detail);
  }
}

const maxMessage = 5 * 1024;

/** What to tell: the message expression if it gives one line of text, else the message, else the rule. */
function messageOf(rule: ValidationRule, values: { readonly [name: string]: unknown }): string {
  if (rule.messageExpression !== undefined && rule.messageExpression !== '') {
    try {
      const program = compileExpression(rule.messageExpression, { variables, maxCost, maxLength, numbers: 'json' });
      const text = program.evaluate(values);
      const line = typeof text === 'string' ? text.trim() : '';
      if (line !== '' && line.length <= maxMessage && !line.includes('\n')) return line;
    } catch (error) {
      // A message that cannot be made is no reason to let the value pass or to hide the rule that failed.
      if (!(error instanceof CelError)) throw error;
    }
  }
  if (rule.message === undefined || rule.message === '') return `failed rule: ${rule.rule.trim()}`;
  return rule.message.trim();
}

/** The field an error is laid at: the rule's own place or the `fieldPath` below it. */
function fieldOf(schema: JsonSchema, rule: ValidationRule, path: string): string {
  const below = readFieldPath(schema, rule.fieldPath ?? '') ?? '';
  return path === '' || below === '' || below.startsWith('[') ? path + below : `${path}.${below}`;
}

const hints = new WeakMap<JsonSchema, TypeHint>();

/** How the scalars below a schema enter CEL. */
function hintOf(schema: JsonSchema): TypeHint {
  const before = hints.get(schema);
  if (before !== undefined) return before;
  const hint: TypeHint = {
    scalar: scalarOf(schema),
    field: (name) => {
      const below = propertyOf(schema, name) ?? additionalOf(schema);
      return below === undefined ? undefined : hintOf(below);
    },
    isNamed: (name) => propertyOf(schema, name) !== undefined,
    get item() {
      return schema.items === undefined ? undefined : hintOf(schema.items);
    },
  };
  hints.set(schema, hint);
  return hint;
}

function scalarOf(schema: JsonSchema): TypeHint['scalar'] {
  if (schema['x-kubernetes-int-or-string'] === true) return undefined;
  switch (schema.type) {
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      switch (schema.format) {
        case 'byte':
          return 'bytes';
        case 'date':
        case 'date-time':
        case 'datetime':
          return 'timestamp';
        case 'duration':
          return 'duration';
        default:
          return undefined;
      }
    default:
      return undefined;
  }
}
