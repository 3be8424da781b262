import { isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { type Node, nodeOfDefinition } from './nodes.ts';

/** What an object looks like where Go writes it: fields in the order of their declaration, maps in order of their keys. */
export interface StructOrder {
  /** The value, written so. */
  arrange(value: unknown): unknown;
  /** The order of what is in a field. */
  field(name: string): StructOrder;
}

/** @param definition Such as `io.k8s.api.apps.v1.Deployment`; without one everything is a map. */
export function structOrder(definition: string | undefined): StructOrder {
  return orderOf(definition === undefined ? undefined : nodeOfDefinition(definition));
}

function orderOf(node: Node | undefined): StructOrder {
  return {
    arrange: (value) => arrange(node, value),
    field: (name) => orderOf(childOf(node, name)),
  };
}

function childOf(node: Node | undefined, name: string): Node | undefined {
  if (node?.kind === 'object') return node.fields.get(name)?.node;
  if (node?.kind === 'list') return node.item;
  return node?.kind === 'map' ? node.value : undefined;
}

function arrange(node: Node | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => arrange(childOf(node, ''), item));
  if (!isObject(value)) return value;
  if (node?.kind === 'any') return value;
  const names = node?.kind === 'object' ? [...node.fields.keys()] : Object.keys(value).sort();
  const arranged: JsonObject = {};
  for (const name of names) {
    if (Object.hasOwn(value, name)) arranged[name] = arrange(childOf(node, name), value[name]);
  }
  return arranged;
}
