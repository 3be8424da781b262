import { type OpenApiSchema, resolveBuiltinRef } from '@fluvial/openapi';
import type { FieldError } from '@fluvial/schema';
import { notSupported } from '../field-errors.ts';
import { isObject } from '../json.ts';

/** Fields whose enum the schema knows, compiled to the paths that lead to them. */
interface EnumNode {
  readonly values?: readonly string[];
  readonly fields?: ReadonlyMap<string, EnumNode>;
  readonly items?: EnumNode;
}

const compiled = new Map<string, EnumNode | undefined>();
const REF = '#/components/schemas/';

/**
 * A check of the enumerated fields of a kind. `spec` only: a status is written by those who know.
 *
 * Empty strings pass: whether a field is required is another question.
 */
export function createEnumCheck(definition: string): (object: unknown) => FieldError[] {
  let root: EnumNode | undefined | null = null;
  return (object) => {
    if (root === null) root = compileDefinition(definition, new Set());
    if (root === undefined) return [];
    const errors: FieldError[] = [];
    check(root, object, '', errors);
    return errors;
  };
}

function compileDefinition(name: string, open: Set<string>): EnumNode | undefined {
  if (compiled.has(name)) return compiled.get(name);
  if (open.has(name)) return undefined;
  open.add(name);
  const schema = resolveBuiltinRef(name);
  const node = schema === undefined ? undefined : compile(schema, open);
  open.delete(name);
  compiled.set(name, node);
  return node;
}

function compile(schema: OpenApiSchema, open: Set<string>): EnumNode | undefined {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref !== undefined) return compileDefinition(ref.slice(REF.length), open);
  if (schema.enum !== undefined)
    return { values: schema.enum.filter((v): v is string => typeof v === 'string' && v !== '').sort() };
  if (schema.items !== undefined) {
    const items = compile(schema.items, open);
    return items === undefined ? undefined : { items };
  }
  if (schema.properties === undefined) return undefined;
  const fields = new Map<string, EnumNode>();
  for (const [name, property] of Object.entries(schema.properties)) {
    if (name === 'status' || name === 'metadata') continue;
    const node = compile(property, open);
    if (node !== undefined) fields.set(name, node);
  }
  return fields.size === 0 ? undefined : { fields };
}

function check(node: EnumNode, value: unknown, path: string, errors: FieldError[]): void {
  if (node.values !== undefined) {
    if (typeof value === 'string' && value !== '' && !node.values.includes(value))
      errors.push(notSupported(path, value, node.values));
    return;
  }
  if (node.items !== undefined) {
    if (Array.isArray(value))
      for (let i = 0; i < value.length; i++) check(node.items, value[i], `${path}[${i}]`, errors);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, field] of node.fields!) {
    const inner = value[name];
    if (inner !== undefined) check(field, inner, path === '' ? name : `${path}.${name}`, errors);
  }
}
