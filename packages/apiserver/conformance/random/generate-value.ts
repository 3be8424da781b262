import type { OpenApiSchema } from '@fluvial/openapi';
import { type Definition, definitionOf, type Fields, valuesOf } from './definition.ts';
import { likelyKeys, likelyNumbers, likelyQuantities, likelyResources, likelyTexts } from './likely-values.ts';
import { oddKeys, oddNumbers, oddQuantities, oddResources, oddTexts } from './odd-values.ts';
import type { Random } from './random.ts';

/** How a value is made. */
export interface Making {
  readonly random: Random;
  /** Share of values that their field probably refuses, 0 to 1. */
  readonly odd: number;
}

/** A value of a built-in schema. `field`: name of the field that it is for; `depth`: how far inside a made value it stands. */
export function generateValue(making: Making, schema: OpenApiSchema, field: string, depth = 0): unknown {
  const { random } = making;
  const definition = definitionOf(schema);
  const { properties, items, type } = definition.schema;
  if (definition.name === 'JSON') return random.pick<unknown>([1, 'a', { a: 1 }]);
  if (properties !== undefined) return generateFields(making, definition.schema, depth);
  const values = valuesOf(definition.schema);
  if (values !== undefined) return generateMap(making, values, field, depth);
  if (type === 'object') return {};
  if (type === 'array' && items !== undefined) {
    const length = random.pick([0, 1, 1, 1, 1, 2]);
    return Array.from({ length }, () => generateValue(making, items, field, depth + 1));
  }
  return generateScalar(making, definition, field);
}

/** A key for a map of these values. */
export function generateKey({ random, odd }: Making, values: OpenApiSchema): string {
  const isOdd = random.chance(odd);
  if (definitionOf(values).name === 'Quantity') return random.pick(isOdd ? oddResources : likelyResources);
  return random.pick(isOdd ? oddKeys : likelyKeys);
}

function generateFields(making: Making, { properties = {}, required = [] }: OpenApiSchema, depth: number): Fields {
  const names = Object.keys(properties);
  // Few of many, and fewer the deeper it goes: in a value with everything, one field hides what another one does.
  const share = depth > 3 ? 0.1 : names.length > 12 ? 1.5 / names.length : 0.35;
  const made: Fields = {};
  for (const [name, property] of Object.entries(properties)) {
    if (making.random.chance(required.includes(name) ? 0.93 : share))
      made[name] = generateValue(making, property, name, depth + 1);
  }
  return made;
}

function generateMap(making: Making, values: OpenApiSchema, field: string, depth: number): Fields {
  const made: Fields = {};
  for (let left = 1 + making.random.below(3); left > 0; left--)
    made[generateKey(making, values)] = generateValue(making, values, field, depth + 1);
  return made;
}

function generateScalar({ random, odd }: Making, { schema, name }: Definition, field: string): unknown {
  const isOdd = random.chance(odd);
  if (name === 'Quantity') return random.pick(isOdd ? oddQuantities : likelyQuantities);
  if (name === 'IntOrString')
    return random.pick<unknown>(isOdd ? [...oddNumbers, ...oddTexts] : [1, 80, 2, '25%', 'http', '50%']);
  const choices = schema.enum ?? [];
  if (choices.length > 0) {
    if (!isOdd) return random.pick(choices);
    return random.pick<unknown>(['Nope', '', String(choices[0]).toLowerCase(), ...oddTexts]);
  }
  switch (schema.type) {
    case 'integer':
      return random.pick(isOdd ? oddNumbers : likelyNumbers(field));
    case 'number':
      return random.pick([0, 1, 1.5, -1]);
    case 'boolean':
      return random.chance(0.5);
    case 'string':
      if (schema.format === 'byte') return random.pick(isOdd ? ['!', ''] : ['YQ==', 'ZA==', 'YWE=']);
      if (schema.format === 'date-time')
        return random.pick(isOdd ? ['x', '2026-01-01'] : ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000Z']);
      return random.pick(isOdd ? oddTexts : likelyTexts(field));
    default:
      return random.pick<unknown>(['a', 1, true]);
  }
}
