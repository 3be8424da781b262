import { isObject, setField } from '@fluvial/go-text';
import { type FieldSet, isEmptySet } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import type { ListType, MapType, TypeNode } from './type-node.ts';
import { itemElement, walkOf, walkOrMap } from './typed-value.ts';
import type { JsonObject } from './types.ts';

/**
 * A value without the fields and list items of `set`. What does not change is returned as it is.
 *
 * A map that loses all it holds stays, empty. (Upstream leaves null there, which its next apply of the same
 * configuration turns into the empty map: applying twice would not be applying once.) A list becomes null, which is also
 * the only way to own a list without items.
 */
export function removeItems(node: TypeNode, value: unknown, set: FieldSet): unknown {
  if (isEmptySet(set)) return value;
  switch (walkOrMap(walkOf(node, value))) {
    case 'map': {
      const map = node.map as MapType;
      if (!isObject(value) || map.atomic) return value;
      return removeFromMap(map, value, set);
    }
    case 'list': {
      const list = node.list as ListType;
      if (!Array.isArray(value) || list.atomic) return value;
      return removeFromList(list, value, set);
    }
    default:
      return value;
  }
}

function removeFromMap(map: MapType, value: JsonObject, set: FieldSet): JsonObject {
  const out: JsonObject = {};
  let changed = false;
  for (const key in value) {
    let item = value[key];
    if (item === undefined) continue;
    const element = fieldElement(key);
    if (set.members.has(element)) {
      changed = true;
      continue;
    }
    const below = set.children.get(element);
    const entry = map.entry(key);
    if (below !== undefined && entry !== undefined) {
      const rest = removeItems(entry, item, below);
      if (rest !== item) changed = true;
      item = rest;
    }
    setField(out, key, item);
  }
  return changed ? out : value;
}

function removeFromList(list: ListType, value: readonly unknown[], set: FieldSet): readonly unknown[] | null {
  const out: unknown[] = [];
  let changed = false;
  for (const entry of value) {
    const element = itemElement(list, entry);
    if (typeof element !== 'string') {
      out.push(entry);
      continue;
    }
    if (set.members.has(element)) {
      changed = true;
      continue;
    }
    const below = set.children.get(element);
    const rest = below === undefined ? entry : removeItems(list.item, entry, below);
    if (rest !== entry) changed = true;
    out.push(rest);
  }
  if (out.length === 0 && changed) return null;
  return changed ? out : value;
}
