import { isObject } from '@fluvial/go-text';
import type { JsonSchema, TypeSchema } from './types.ts';

export type ScalarKind = 'string' | 'numeric' | 'boolean' | 'untyped';

/** What a value may be at one place. At least one of the three is set; untyped places have all. */
export interface TypeNode {
  readonly scalar: ScalarKind | undefined;
  readonly list: ListType | undefined;
  readonly map: MapType | undefined;
  /** Exactly one of the three is set. */
  readonly single: boolean;
}

export interface ListType {
  readonly atomic: boolean;
  /** Sorted key names; empty for a set. */
  readonly keys: readonly string[];
  readonly item: TypeNode;
  /** Default of a key that an item leaves out, or undefined. */
  keyDefault(name: string): unknown;
}

export interface MapType {
  readonly atomic: boolean;
  /** Whether the schema names this field. */
  isNamed(name: string): boolean;
  /** Type of an entry: of the named field, else of further entries; undefined when there may be none. */
  entry(name: string): TypeNode | undefined;
  /** A map without named fields whose entries are deduced. */
  readonly deduced: boolean;
  /** Whether entries beyond the named fields are allowed. */
  readonly open: boolean;
}

function makeNode(scalar: ScalarKind | undefined, list: ListType | undefined, map: MapType | undefined): TypeNode {
  const kinds = (scalar === undefined ? 0 : 1) + (list === undefined ? 0 : 1) + (map === undefined ? 0 : 1);
  return { scalar, list, map, single: kinds === 1 };
}

function everyEntry(atomic: boolean, node: () => TypeNode, deduced: boolean): MapType {
  return { atomic, deduced, open: true, isNamed: () => false, entry: node };
}

/** Anything, as one piece. */
export const untypedNode: TypeNode = makeNode(
  'untyped',
  {
    atomic: true,
    keys: [],
    keyDefault: () => undefined,
    get item() {
      return untypedNode;
    },
  },
  everyEntry(true, () => untypedNode, false),
);

/** Anything: maps entry by entry, lists as one piece. The type of what has no schema. */
export const deducedNode: TypeNode = makeNode(
  'untyped',
  { atomic: true, keys: [], keyDefault: () => undefined, item: untypedNode },
  everyEntry(false, () => deducedNode, true),
);

const compiled = new WeakMap<TypeSchema, TypeNode>();

/** The compiled root of a type; compiled once per `TypeSchema` object, its parts when first needed. */
export function compileType(type: TypeSchema | undefined): TypeNode {
  if (type === undefined) return deducedNode;
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const node = new Compiler(type).root();
  compiled.set(type, node);
  return node;
}

const objectMetaSchema: JsonSchema = {
  type: 'object',
  properties: {
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    creationTimestamp: { type: 'string', format: 'date-time' },
    deletionGracePeriodSeconds: { type: 'integer' },
    deletionTimestamp: { type: 'string', format: 'date-time' },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    generateName: { type: 'string' },
    generation: { type: 'integer' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    managedFields: { type: 'array', items: {}, 'x-kubernetes-list-type': 'atomic' },
    name: { type: 'string' },
    namespace: { type: 'string' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: {
          apiVersion: { type: 'string' },
          blockOwnerDeletion: { type: 'boolean' },
          controller: { type: 'boolean' },
          kind: { type: 'string' },
          name: { type: 'string' },
          uid: { type: 'string' },
        },
      },
    },
    resourceVersion: { type: 'string' },
    selfLink: { type: 'string' },
    uid: { type: 'string' },
  },
};

const typeMeta = { apiVersion: { type: 'string' }, kind: { type: 'string' } } as const;

/** Turns schemas into nodes. One per type: `$ref` targets and inline parts are compiled once each. */
class Compiler {
  readonly #type: TypeSchema;
  readonly #refs = new Map<string, TypeNode>();

  constructor(type: TypeSchema) {
    this.#type = type;
  }

  root(): TypeNode {
    const schema = this.#type.schema;
    if (refOf(schema) !== undefined) return this.#node(schema, false);
    return this.#inline(withObjectFields(schema), false);
  }

  #node(schema: JsonSchema, preserve: boolean): TypeNode {
    const ref = refOf(schema);
    if (ref === undefined) return this.#inline(schema, preserve);
    const mapType = schema['x-kubernetes-map-type'];
    const key = mapType === undefined ? ref : `${mapType} ${ref}`;
    const known = this.#refs.get(key);
    if (known !== undefined) return known;
    const node = this.#resolve(ref, mapType);
    this.#refs.set(key, node);
    return node;
  }

  #resolve(ref: string, mapType: string | undefined): TypeNode {
    // Two types of the API are not what their schema says: a quantity is one scalar, a raw extension one piece.
    if (ref.endsWith('.api.resource.Quantity')) return makeNode('untyped', undefined, undefined);
    if (ref.endsWith('.pkg.runtime.RawExtension')) return untypedNode;
    const target = this.#type.resolve(ref);
    if (target === undefined) return deducedNode;
    const again = refOf(target);
    const node = again === undefined ? this.#inline(target, false) : this.#node(target, false);
    if (mapType === undefined || node.map === undefined) return node;
    return makeNode(node.scalar, node.list, { ...node.map, atomic: mapType === 'atomic' });
  }

  #inline(schema: JsonSchema, inherited: boolean): TypeNode {
    const preserve = inherited || schema['x-kubernetes-preserve-unknown-fields'] === true;
    if (schema['x-kubernetes-embedded-resource'] === true) {
      return makeNode(undefined, undefined, this.#map(withObjectFields(schema), preserve));
    }
    switch (schema.type) {
      case undefined:
      case '':
        return makeNode('untyped', this.#list(schema, preserve), this.#map(schema, preserve));
      case 'object':
        return makeNode(undefined, undefined, this.#map(schema, preserve));
      case 'array':
        return makeNode(undefined, this.#list(schema, preserve), undefined);
      case 'integer':
      case 'number':
        return makeNode('numeric', undefined, undefined);
      case 'boolean':
        return makeNode('boolean', undefined, undefined);
      case 'string': {
        const plain = schema['format'] === undefined || schema['format'] === '' || schema['format'] === 'byte';
        return makeNode(plain ? 'string' : 'untyped', undefined, undefined);
      }
      default:
        return makeNode('untyped', undefined, undefined);
    }
  }

  #map(schema: JsonSchema, preserve: boolean): MapType {
    const properties = schema.properties ?? {};
    const additional = schema.additionalProperties;
    const named = Object.keys(properties).length > 0;
    let rest: (() => TypeNode) | undefined;
    let deduced = false;
    if (isObject(additional)) {
      let node: TypeNode | undefined;
      rest = () => {
        node ??= this.#node(additional as JsonSchema, preserve);
        return node;
      };
    } else if (additional === true || (additional === undefined && (preserve || !named))) {
      rest = () => deducedNode;
      deduced = !named;
    }
    const atomic = schema['x-kubernetes-map-type'] === 'atomic';
    if (!named && rest !== undefined) return everyEntry(atomic, rest, deduced);

    const nodes = new Map<string, TypeNode>();
    return {
      atomic,
      deduced: false,
      open: rest !== undefined,
      isNamed: (name) => Object.hasOwn(properties, name),
      entry: (name) => {
        const known = nodes.get(name);
        if (known !== undefined) return known;
        const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
        if (property === undefined) return rest?.();
        const node = this.#node(property, property === objectMetaSchema ? false : preserve);
        nodes.set(name, node);
        return node;
      },
    };
  }

  #list(schema: JsonSchema, preserve: boolean): ListType {
    const { atomic, keys } = listRelation(schema);
    const items = schema.items;
    const itemSchema = items === undefined ? undefined : this.#target(items);
    let node: TypeNode | undefined;
    const compileItem = (): TypeNode => (items === undefined ? untypedNode : this.#node(items, preserve));
    return {
      atomic,
      keys: [...keys].sort(),
      keyDefault: (name) => itemSchema?.properties?.[name]?.default,
      get item() {
        node ??= compileItem();
        return node;
      },
    };
  }

  #target(schema: JsonSchema): JsonSchema | undefined {
    let target: JsonSchema | undefined = schema;
    for (let hops = 0; target !== undefined && hops < 8; hops++) {
      const ref = refOf(target);
      if (ref === undefined) return target;
      target = this.#type.resolve(ref);
    }
    return target;
  }
}

/** The `$ref` of a schema, also of one that stands alone in an `allOf`. */
export function refOf(schema: JsonSchema): string | undefined {
  if (schema.$ref !== undefined) return schema.$ref;
  return schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined;
}

function listRelation(schema: JsonSchema): { atomic: boolean; keys: readonly string[] } {
  switch (schema['x-kubernetes-list-type']) {
    case 'atomic':
      return { atomic: true, keys: [] };
    case 'set':
      return { atomic: false, keys: [] };
    case 'map':
      return { atomic: false, keys: schema['x-kubernetes-list-map-keys'] ?? [] };
    default:
  }
  const strategy = schema['x-kubernetes-patch-strategy'];
  if (strategy === 'merge' || strategy === 'merge,retainKeys') {
    const key = schema['x-kubernetes-patch-merge-key'];
    return { atomic: false, keys: key === undefined ? [] : [key] };
  }
  return { atomic: true, keys: [] };
}

/**
 * CRDs leave apiVersion, kind and metadata to the server, here and in embedded resources: whatever their schema says of
 * metadata, ownership follows the type that all objects share.
 */
function withObjectFields(schema: JsonSchema): JsonSchema {
  const metadata = schema.properties?.['metadata'];
  if (metadata !== undefined && refOf(metadata) !== undefined) return schema;
  const empty = schema.properties === undefined && schema.additionalProperties === undefined;
  const properties = { ...schema.properties, ...typeMeta, metadata: objectMetaSchema };
  if (!empty) return { ...schema, properties };
  return { ...schema, type: 'object', properties, 'x-kubernetes-preserve-unknown-fields': true };
}
