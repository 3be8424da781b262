import type { JsonSchema } from '@fluvial/schema';

/**
 * One field's schema: OpenAPI v3 at run time, a TypeScript type at compile time.
 *
 * `type` exists only for the compiler (it carries `T`); no value ever has it.
 */
export type Schema<T> = { readonly json: JsonSchema; readonly type?: T };

/** A schema that its object must carry; made by {@link required}. */
export type RequiredSchema<T> = Schema<T> & { readonly required: true };

/** The fields of an object schema by name. */
export type Fields = { readonly [name: string]: Schema<unknown> };

/** The TypeScript type that a schema describes. */
export type Infer<S> = S extends { readonly type?: infer T } ? Exclude<T, undefined> : never;

type RequiredNames<F> = { [K in keyof F]: F[K] extends { readonly required: true } ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };

/** The object type of a set of fields: required ones present, all others optional. */
export type ObjectOf<F extends Fields> = Flat<
  { -readonly [K in RequiredNames<F>]: Infer<F[K]> } & {
    -readonly [K in Exclude<keyof F, RequiredNames<F>>]?: Infer<F[K]>;
  }
>;

/** Marks a field that must be present. */
export function required<T>(schema: Schema<T>): RequiredSchema<T> {
  return { ...schema, required: true };
}

/** The same schema under other words; for shared pieces that mean different things in different places. */
export function described<S extends Schema<unknown>>(schema: S, description: string): S {
  return { ...schema, json: { ...schema.json, description } };
}

/** The same schema with a default. */
export function withDefault<S extends Schema<unknown>>(schema: S, value: Infer<S>): S {
  return { ...schema, json: { ...schema.json, default: value } };
}

type StringRules = { pattern?: string; minLength?: number; maxLength?: number; format?: string; default?: string };

/** Free text. */
export function string(description: string, rules: StringRules = {}): Schema<string> {
  return make({ description, ...rules, type: 'string' });
}

/** One of a closed list of words. */
export function oneOf<const V extends readonly string[]>(
  description: string,
  values: V,
  rules: { default?: V[number] } = {},
): Schema<V[number]> {
  return make({ description, ...rules, enum: [...values], type: 'string' });
}

/** A truth value. */
export function boolean(description: string, rules: { default?: boolean } = {}): Schema<boolean> {
  return make({ description, ...rules, type: 'boolean' });
}

type IntegerRules = { format?: 'int32' | 'int64'; minimum?: number; maximum?: number; default?: number };

/** A whole number; `int64` unless the rules say otherwise, `format: undefined` for none. */
export function integer(description: string, rules: IntegerRules = {}): Schema<number> {
  return make({ description, format: 'int64', ...rules, type: 'integer' });
}

/** A point in time, RFC 3339 text. */
export function timestamp(description: string): Schema<string> {
  return make({ description, format: 'date-time', type: 'string' });
}

type ArrayRules<T> = {
  minItems?: number;
  maxItems?: number;
  default?: T[];
  listType?: 'atomic' | 'map' | 'set';
  listMapKeys?: string[];
};

/** A list of one schema. */
export function array<T>(description: string, items: Schema<T>, rules: ArrayRules<T> = {}): Schema<T[]> {
  const { listType, listMapKeys, ...plain } = rules;
  return make({
    description,
    ...plain,
    items: items.json,
    'x-kubernetes-list-type': listType,
    'x-kubernetes-list-map-keys': listMapKeys,
    type: 'array',
  });
}

/** A map from any name to one schema. */
export function map<T>(description: string, values: Schema<T>): Schema<Record<string, T>> {
  return make({ description, additionalProperties: values.json, type: 'object' });
}

/** A CEL rule over an object with the message that a violation answers. */
export type Rule = { rule: string; message: string };

type ObjectRules<T> = { rules?: readonly Rule[]; default?: Partial<T>; mapType?: 'atomic' };

/** An object of known fields. Unknown ones are pruned by the API server. */
export function object<F extends Fields>(
  description: string,
  fields: F,
  rules: ObjectRules<ObjectOf<F>> = {},
): Schema<ObjectOf<F>> {
  const entries = Object.entries(fields);
  const needed = entries.filter(([, field]) => 'required' in field && field.required === true).map(([name]) => name);
  return make({
    description,
    default: rules.default,
    properties:
      entries.length === 0 ? undefined : Object.fromEntries(entries.map(([name, field]) => [name, field.json])),
    required: needed.length === 0 ? undefined : needed.sort(),
    'x-kubernetes-map-type': rules.mapType,
    'x-kubernetes-validations': rules.rules?.map(({ rule, message }) => ({ message, rule })),
    type: 'object',
  });
}

/** Any JSON value, kept as it is. */
export function anything(description: string): Schema<unknown> {
  return make({ description, 'x-kubernetes-preserve-unknown-fields': true });
}

function make<T>(json: { [key: string]: unknown }): Schema<T> {
  const clean: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(json)) if (value !== undefined) clean[key] = value;
  return { json: clean as JsonSchema };
}
