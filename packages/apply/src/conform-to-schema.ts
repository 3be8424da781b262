import type { KubeObject } from '@fluvial/kube';
import { type OpenApiSchema, schemaOfKind, type TypeSchema } from '@fluvial/openapi';

/** A value of another type than the schema's: the whole object stays as it is, and the server says what is wrong. */
class Unconvertible extends Error {}

/**
 * The object as a typed client would send it: fields that its built-in kind does not have, and nulls, are left out.
 * Custom resources, Roles and ClusterRoles, and objects with a value of the wrong type come back as they are.
 *
 * The argument is not changed; parts without a difference are shared with it.
 */
export function conformToSchema(object: KubeObject): KubeObject {
  if (object.apiVersion === 'rbac.authorization.k8s.io/v1' && /^(Cluster)?Role$/.test(object.kind)) return object;
  const type = schemaOfKind(object.apiVersion, object.kind);
  if (type === undefined) return object;
  try {
    return conform(object, type.schema, type) as KubeObject;
  } catch (error) {
    if (error instanceof Unconvertible) return object;
    throw error;
  }
}

function conform(value: unknown, node: OpenApiSchema, type: TypeSchema): unknown {
  const schema = follow(node, type);
  if (schema === undefined || value === null || schema['x-kubernetes-preserve-unknown-fields']) return value;
  switch (schema.type) {
    case 'object':
      return conformObject(value, schema, type);
    case 'array':
      return conformArray(value, schema, type);
    case 'string':
      if (typeof value !== 'string') throw new Unconvertible();
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw new Unconvertible();
      return value;
    case 'integer':
      if (typeof value !== 'bigint' && !Number.isInteger(value)) throw new Unconvertible();
      return value;
    case 'number':
      if (typeof value !== 'bigint' && typeof value !== 'number') throw new Unconvertible();
      return value;
    default:
      // Quantities, int-or-string, free JSON.
      return value;
  }
}

function follow(node: OpenApiSchema, type: TypeSchema): OpenApiSchema | undefined {
  let schema: OpenApiSchema | undefined = node;
  for (let depth = 0; schema !== undefined && depth < 8; depth++) {
    const ref: string | undefined = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
    if (ref === undefined) return schema;
    schema = type.resolve(ref);
  }
  return undefined;
}

function conformObject(value: unknown, schema: OpenApiSchema, type: TypeSchema): unknown {
  if (typeof value !== 'object' || Array.isArray(value)) throw new Unconvertible();
  const { properties, additionalProperties } = schema;
  // Free-form objects, such as raw extensions.
  if (properties === undefined && additionalProperties === undefined) return value;
  const source = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(source)) {
    const field = fieldSchema(properties, additionalProperties, key);
    const before = source[key];
    const after = before === null ? nullIn(field, properties, key, type) : field && conform(before, field, type);
    if (after === before) continue;
    copy ??= { ...source };
    if (after === undefined) delete copy[key];
    else copy[key] = after;
  }
  return copy ?? source;
}

/** A typed client reads null in a map of strings as the empty string, anywhere else as absent. */
function nullIn(
  field: OpenApiSchema | undefined,
  properties: OpenApiSchema['properties'],
  key: string,
  type: TypeSchema,
): unknown {
  if (field === undefined || (properties !== undefined && Object.hasOwn(properties, key))) return undefined;
  return follow(field, type)?.type === 'string' ? '' : undefined;
}

const anything: OpenApiSchema = {};

function fieldSchema(
  properties: OpenApiSchema['properties'],
  additional: OpenApiSchema['additionalProperties'],
  key: string,
): OpenApiSchema | undefined {
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  if (additional === undefined || additional === false) return undefined;
  return additional === true ? anything : additional;
}

function conformArray(value: unknown, schema: OpenApiSchema, type: TypeSchema): unknown {
  if (!Array.isArray(value)) throw new Unconvertible();
  const { items } = schema;
  if (items === undefined) return value;
  let copy: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const after = conform(value[i], items, type);
    if (after === value[i]) continue;
    copy ??= [...value];
    copy[i] = after;
  }
  return copy ?? value;
}
