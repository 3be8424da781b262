import { type CelType, dynType, listOf, mapOf, type ScalarName, scalarType } from '@fluvial/cel';
import type { JsonSchema } from './types.ts';

// What a rule sees of a schema: the type of each place, and bounds on its size for the estimate of a rule's cost. Source: the
// table "Validation expressions" of the CustomResourceDefinition documentation.

/** A place of a schema as rules see it. */
export interface RuleType {
  readonly type: CelType;
  /** Most characters, bytes, items or entries; 0 for what has no size. */
  readonly maxElements: number;
  /** Least length of the value in JSON. */
  readonly minLength: number;
  /** By the name that rules use. */
  readonly fields?: ReadonlyMap<string, RuleType>;
  /** Of items or of a map's values. */
  readonly item?: RuleType;
}

/** The largest request, which bounds what has no bound of its own. */
export const maxRequest = 3 * 1024 * 1024;

/**
 * The type of a schema's values; undefined when rules cannot see them.
 *
 * @param isResource an object of its own, which has apiVersion, kind and a name whatever the schema says
 * @param name of objects, in messages
 */
export function ruleType(schema: JsonSchema, isResource: boolean, name = 'selfType1'): RuleType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return { type: dynType, maxElements: bytesOf(schema.maxLength) ?? maxRequest - 2, minLength: 1 };
  }
  switch (schema.type) {
    case 'array':
      return arrayType(schema, name);
    case 'object':
      return objectType(schema, isResource, name);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return plain('bool', 4);
    case 'number':
      return plain('double', 1);
    case 'integer':
      return plain('int', 1);
    default:
      return undefined;
  }
}

function plain(name: ScalarName, minLength: number, maxElements = 0): RuleType {
  return { type: scalarType(name), maxElements, minLength };
}

/** A character may take four bytes. */
function bytesOf(maxLength: number | undefined): number | undefined {
  return maxLength === undefined ? undefined : Math.max(0, maxLength) * 4;
}

function stringType(schema: JsonSchema): RuleType {
  const { maxLength } = schema;
  switch (schema.format) {
    case 'byte':
      return plain('bytes', 2, maxLength === undefined ? maxRequest - 2 : Math.max(0, maxLength));
    case 'duration':
      return plain('duration', 3, 32);
    case 'date':
      return plain('timestamp', 12, 12);
    case 'date-time':
      return plain('timestamp', 21, 32);
    default:
      return plain('string', 2, bytesOf(maxLength) ?? longestOf(schema.enum) ?? maxRequest - 2);
  }
}

function longestOf(values: readonly unknown[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return Math.max(...values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)));
}

function arrayType(schema: JsonSchema, name: string): RuleType | undefined {
  if (schema.items === undefined) return undefined;
  const item = ruleType(schema.items, isEmbedded(schema.items), `${name}.@idx`);
  if (item === undefined) return undefined;
  const most = Math.floor((maxRequest - 2) / (item.minLength + 1));
  const maxElements = schema.maxItems === undefined ? most : Math.max(0, schema.maxItems);
  return { type: listOf(item.type), maxElements, minLength: 2, item };
}

const string: JsonSchema = { type: 'string' };
const resourceFields: { readonly [name: string]: JsonSchema } = {
  apiVersion: string,
  kind: string,
  metadata: { type: 'object', properties: { name: string, generateName: string } },
};

function objectType(schema: JsonSchema, isResource: boolean, name: string): RuleType | undefined {
  if (typeof schema.additionalProperties === 'object') {
    const item = ruleType(schema.additionalProperties, isEmbedded(schema.additionalProperties), `${name}.@elem`);
    if (item === undefined) return undefined;
    const most = Math.floor((maxRequest - 2) / (item.minLength + 6));
    const maxElements = schema.maxProperties === undefined ? most : Math.max(0, schema.maxProperties);
    return { type: mapOf(scalarType('string'), item.type), maxElements, minLength: 2, item };
  }
  const properties = isResource ? { ...schema.properties, ...withOwn(schema) } : (schema.properties ?? {});
  const fields = new Map<string, RuleType>();
  let minLength = 2;
  for (const [property, below] of Object.entries(properties)) {
    const escaped = escapeName(property);
    const type = ruleType(below, isEmbedded(below), `${name}.${escaped}`);
    if (type === undefined) continue;
    if (escaped !== undefined) fields.set(escaped, type);
    if (schema.required?.includes(property) === true && below.default === undefined) {
      minLength += Buffer.byteLength(property) + type.minLength + 4;
    }
  }
  const types = new Map([...fields].map(([field, type]): [string, CelType] => [field, type.type]));
  return { type: { kind: 'struct', name, fields: types }, maxElements: 0, minLength, fields };
}

/** What the server adds to the schema of a resource, unless the schema has all of it. */
function withOwn(schema: JsonSchema): { readonly [name: string]: JsonSchema } {
  const { apiVersion, kind, metadata } = schema.properties ?? {};
  const named = metadata?.properties ?? {};
  const isComplete =
    [apiVersion, kind, named['name'], named['generateName']].every((field) => field?.type === 'string') &&
    metadata?.type === 'object';
  return isComplete ? {} : resourceFields;
}

function isEmbedded(schema: JsonSchema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true;
}

const keywords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const escapes: { readonly [text: string]: string } = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** The name of a property in rules; undefined when it has none. */
export function escapeName(name: string): string | undefined {
  if (keywords.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, (text) => escapes[text] ?? text);
}
