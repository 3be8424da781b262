import { getField, isObject, jsonEqual, setField } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { printElement } from './path-element.ts';
import type { ListType, MapType, TypeNode } from './type-node.ts';
import { itemElement, type Walk, walkOf, walkOrMap } from './typed-value.ts';
import type { JsonObject } from './types.ts';

/**
 * Lays a configuration over a live value, both checked against `node`: leaves of the configuration win, nothing is
 * removed. Parts of `live` that do not change are returned as they are, so an unchanged merge is `live` itself.
 *
 * Lists by key keep live's order unless the configuration orders shared items otherwise.
 *
 * @throws {MergeError} `TYPE_MISMATCH`
 */
export function mergeTyped(node: TypeNode, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined || live === config) return config;
  const configWalk: Walk = walkOf(node, config);
  switch (walkOrMap(configWalk)) {
    case 'map': {
      const map = node.map as MapType;
      const left = isObject(live) ? live : undefined;
      const right = isObject(config) ? config : undefined;
      if (map.atomic || (isBare(left) && isBare(right))) return keepRight(live, config);
      return mergeMap(map, left ?? {}, right ?? {});
    }
    case 'list': {
      const list = node.list as ListType;
      const left = Array.isArray(live) ? live : undefined;
      const right = Array.isArray(config) ? config : undefined;
      if (list.atomic || (!left?.length && !right?.length)) return keepRight(live, config);
      return mergeList(list, left ?? [], right ?? []);
    }
    default:
      return keepRight(live, config);
  }
}

function keepRight(live: unknown, config: unknown): unknown {
  return jsonEqual(live, config) ? live : config;
}

function isBare(object: JsonObject | undefined): boolean {
  if (object === undefined) return true;
  for (const key in object) if (object[key] !== undefined) return false;
  return true;
}

function mergeMap(map: MapType, live: JsonObject, config: JsonObject): JsonObject {
  let out: JsonObject | undefined;
  for (const key in config) {
    const right = config[key];
    if (right === undefined) continue;
    const left = getField(live, key);
    const merged = left === undefined ? right : mergeTyped(map.entry(key) as TypeNode, left, right);
    if (merged === left) continue;
    if (out === undefined) {
      out = {};
      for (const name in live) setField(out, name, live[name]);
    }
    setField(out, key, merged);
  }
  return out ?? live;
}

function mergeList(list: ListType, live: readonly unknown[], config: readonly unknown[]): readonly unknown[] {
  if (config.length === 0) return live;
  const right = new Map<string, unknown>();
  for (let i = 0; i < config.length; i++) {
    const element = elementAt(list, config, i);
    if (right.has(element)) {
      throw new MergeError(
        'TYPE_MISMATCH',
        `failed to merge config: duplicate entries for key ${printElement(element)}`,
      );
    }
    right.set(element, config[i]);
  }
  const leftElements = live.map((_, i) => elementAt(list, live, i));
  const left = new Map<string, unknown>();
  for (let i = 0; i < live.length; i++) {
    const element = leftElements[i] as string;
    // Duplicates in live cannot be merged with: the configured item replaces all of them.
    left.set(element, left.has(element) ? null : live[i]);
  }

  const rightElements = [...right.keys()];
  const shared = rightElements.filter((element) => left.has(element));
  const merge = (element: string): unknown => mergeTyped(list.item, left.get(element), right.get(element));
  const out: unknown[] = [];
  const done = new Set<string>();
  let nextShared = 0;
  let l = 0;
  let r = 0;
  while (l < leftElements.length || r < rightElements.length) {
    if (l < leftElements.length) {
      const element = leftElements[l] as string;
      if (r < rightElements.length) {
        if (element === rightElements[r]) {
          out.push(merge(element));
          done.add(element);
          nextShared++;
          l++;
          r++;
          continue;
        }
        // A shared item that the configuration wants later: it is placed when its turn comes.
        if (right.has(element) && nextShared < shared.length && shared[nextShared] !== element) {
          l++;
          continue;
        }
      }
      if (!right.has(element)) {
        out.push(live[l]);
        l++;
        continue;
      }
      if (done.has(element)) l++;
    }
    if (r < rightElements.length) {
      const element = rightElements[r] as string;
      out.push(merge(element));
      done.add(element);
      if (shared[nextShared] === element) nextShared++;
      r++;
    }
  }
  return out.length === live.length && out.every((item, i) => item === live[i]) ? live : out;
}

function elementAt(list: ListType, items: readonly unknown[], index: number): string {
  const element = itemElement(list, items[index]);
  if (element instanceof Error) {
    throw new MergeError('TYPE_MISMATCH', `failed to merge config: element ${index}: ${element.message}`);
  }
  return element;
}
