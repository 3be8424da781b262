import { type OpenApiSchema, resolveBuiltinRef } from '@fluvial/openapi';
import { type GoField, goFieldsOf } from './go-fields.ts';

/** A struct of the Go types: what its fields are and what becomes of absent ones. */
export interface ObjectNode {
  readonly kind: 'object';
  /** Go's name without the package, for messages. */
  readonly struct: string;
  readonly fields: Map<string, FieldNode>;
  /** Fields that Go prints even when nothing was given. */
  readonly printed: FieldNode[];
}

/** One field of a struct. */
export interface FieldNode extends GoField {
  readonly node: Node;
}

/** What decoding has to know about a type. */
export type Node =
  | ObjectNode
  | { readonly kind: 'map'; readonly value: Node; readonly type: string }
  | { readonly kind: 'list'; readonly item: Node; readonly type: string }
  | { readonly kind: 'string'; readonly type: string }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'time'; readonly micro: boolean }
  | { readonly kind: 'integer'; readonly bits: 32 | 64; readonly type: string }
  | { readonly kind: 'number'; readonly type: string }
  | { readonly kind: 'boolean'; readonly type: string }
  | { readonly kind: 'intOrString' }
  | { readonly kind: 'quantity' }
  | { readonly kind: 'any' };

const definitions = new Map<string, Node>();
const ANY: Node = { kind: 'any' };
const REF = '#/components/schemas/';
/** JSON that Go keeps as it is. */
const RAW = /\.(JSON|JSONSchemaPropsOr\w+|FieldsV1|RawExtension)$/;

/** The node of a definition, compiled at first use. */
export function nodeOfDefinition(name: string): Node {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  if (name.endsWith('.resource.Quantity')) return { kind: 'quantity' };
  if (name.endsWith('.IntOrString')) return { kind: 'intOrString' };
  if (name.endsWith('meta.v1.Time')) return { kind: 'time', micro: false };
  if (name.endsWith('meta.v1.MicroTime')) return { kind: 'time', micro: true };
  const schema = resolveBuiltinRef(name);
  if (schema === undefined || RAW.test(name)) return ANY;
  if (schema.properties === undefined && schema.type !== 'object' && schema.type !== undefined) {
    const node = nodeOf(schema, name.split('.').slice(-2).join('.'));
    definitions.set(name, node);
    return node;
  }
  return objectNode(name, schema);
}

function objectNode(name: string, schema: OpenApiSchema): Node {
  const node: ObjectNode = {
    kind: 'object',
    struct: name.slice(name.lastIndexOf('.') + 1),
    fields: new Map(),
    printed: [],
  };
  // Before the fields: schemas of schemas refer to themselves.
  definitions.set(name, node);
  const properties = schema.properties ?? {};
  for (const go of goFieldsOf(name) ?? []) {
    const property = properties[go.name];
    if (property === undefined) continue;
    const field: FieldNode = { ...go, node: nodeOf(property, go.type) };
    node.fields.set(go.name, field);
    if (isPrinted(field)) node.printed.push(field);
  }
  return node;
}

function isPrinted({ node, omitEmpty, omitZero, pointer, type }: FieldNode): boolean {
  if (!omitEmpty && !omitZero) return true;
  if (pointer || omitZero) return false;
  // `omitempty` says nothing about structs, and Go has these as structs.
  switch (node.kind) {
    case 'object':
    case 'time':
    case 'intOrString':
    case 'quantity':
      return true;
    default:
      return type === 'runtime.RawExtension';
  }
}

function nodeOf(schema: OpenApiSchema, type: string): Node {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref !== undefined) return nodeOfDefinition(ref.slice(REF.length));
  switch (schema.type) {
    case 'object': {
      const value = schema.additionalProperties;
      if (value === undefined || typeof value !== 'object') return ANY;
      return { kind: 'map', value: nodeOf(value, /^map\[[^\]]*\](.*)$/.exec(type)?.[1] ?? typeOf(value)), type };
    }
    case 'array':
      return {
        kind: 'list',
        item: schema.items === undefined ? ANY : nodeOf(schema.items, type.startsWith('[]') ? type.slice(2) : 'string'),
        type,
      };
    case 'string':
      if (schema.format === 'byte') return { kind: 'bytes' };
      if (schema.format === 'date-time') return { kind: 'time', micro: false };
      return { kind: 'string', type };
    case 'integer':
      return { kind: 'integer', bits: schema.format === 'int64' ? 64 : 32, type };
    case 'number':
      return { kind: 'number', type };
    case 'boolean':
      return { kind: 'boolean', type };
    default:
      return ANY;
  }
}

function typeOf(schema: OpenApiSchema): string {
  return schema.type ?? 'interface {}';
}
