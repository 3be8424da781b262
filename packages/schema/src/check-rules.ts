import type { FieldError, JsonSchema } from './types.ts';

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

export function checkRules(_schema: JsonSchema, _value: unknown, _old: unknown, _path: string): FieldError[] {
  return [];
}
