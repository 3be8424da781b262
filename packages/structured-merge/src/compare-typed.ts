import { getField, isObject, jsonEqual } from '@fluvial/go-text';
import { buildSet, emptyFieldSet, type FieldSet, type FieldSetBuilder, insertPath, newBuilder } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import type { ListType, MapType, TypeNode } from './type-node.ts';
import { itemElement, type Walk, walkOf, walkOrMap } from './typed-value.ts';
import type { JsonObject } from './types.ts';

/** Paths by which two values differ; no path is in two of them. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export const noDifference: Comparison = { added: emptyFieldSet, modified: emptyFieldSet, removed: emptyFieldSet };

/** Compares two values that fit `node`. Identical parts are not walked. */
export function compareTyped(node: TypeNode, left: unknown, right: unknown): Comparison {
  if (left === right) return noDifference;
  const walker = new Comparer();
  walker.compare(node, left, right);
  return walker.result();
}

class Comparer {
  readonly #added = newBuilder();
  readonly #modified = newBuilder();
  readonly #removed = newBuilder();
  /** The path of the values being compared. */
  readonly #path: string[] = [];

  result(): Comparison {
    return { added: buildSet(this.#added), modified: buildSet(this.#modified), removed: buildSet(this.#removed) };
  }

  /** Undefined stands for a missing value; not both are missing. */
  compare(node: TypeNode, left: unknown, right: unknown): void {
    if (left === right) return;
    const leftWalk = walkOf(node, left);
    const rightWalk = walkOf(node, right);
    let leaf: boolean;
    if (right === undefined) leaf = this.#walk(leftWalk, node, left, right);
    else if (left === undefined || leftWalk === rightWalk) leaf = this.#walk(rightWalk, node, left, right);
    else {
      this.#walk(leftWalk, node, left, right);
      leaf = this.#walk(rightWalk, node, left, right);
    }
    if (leaf) return;
    if (left === undefined) this.#insert(this.#added);
    else if (right === undefined) this.#insert(this.#removed);
  }

  /** Returns whether the values were compared as a leaf. */
  #walk(walk: Walk, node: TypeNode, left: unknown, right: unknown): boolean {
    switch (walkOrMap(walk)) {
      case 'scalar':
        return this.#leaf(left, right);
      case 'map': {
        const map = node.map as MapType;
        const l = isObject(left) ? left : undefined;
        const r = isObject(right) ? right : undefined;
        if (map.atomic || (isBare(l) && isBare(r))) return this.#leaf(left, right);
        this.#maps(map, l, r);
        return false;
      }
      default: {
        const list = node.list as ListType;
        const l = Array.isArray(left) ? left : undefined;
        const r = Array.isArray(right) ? right : undefined;
        if (list.atomic || (!l?.length && !r?.length)) return this.#leaf(left, right);
        this.#lists(list, l ?? [], r ?? []);
        return false;
      }
    }
  }

  #insert(into: FieldSetBuilder): void {
    insertPath(into, this.#path);
  }

  #leaf(left: unknown, right: unknown): boolean {
    if (left === undefined) this.#insert(this.#added);
    else if (right === undefined) this.#insert(this.#removed);
    else if (!jsonEqual(left, right)) this.#insert(this.#modified);
    return true;
  }

  #item(node: TypeNode, element: string, left: unknown, right: unknown): void {
    this.#path.push(element);
    this.compare(node, left, right);
    this.#path.pop();
  }

  #maps(map: MapType, left: JsonObject | undefined, right: JsonObject | undefined): void {
    for (const key in left) {
      const l = left[key];
      if (l === undefined) continue;
      const r = right === undefined ? undefined : getField(right, key);
      if (l === r) continue;
      const entry = map.entry(key);
      if (entry !== undefined) this.#item(entry, fieldElement(key), l, r);
    }
    for (const key in right) {
      const r = right[key];
      if (r === undefined || (left !== undefined && getField(left, key) !== undefined)) continue;
      const entry = map.entry(key);
      if (entry !== undefined) this.#item(entry, fieldElement(key), undefined, r);
    }
  }

  #lists(list: ListType, left: readonly unknown[], right: readonly unknown[]): void {
    const leftItems = groupItems(list, left);
    const rightItems = groupItems(list, right);
    for (const [element, l] of leftItems) this.#group(list, element, l, rightItems.get(element) ?? []);
    for (const [element, r] of rightItems) if (!leftItems.has(element)) this.#group(list, element, [], r);
  }

  /** Items of one element; more than one of them are duplicates, which are compared as a whole. */
  #group(list: ListType, element: string, left: readonly unknown[], right: readonly unknown[]): void {
    if (left.length <= 1 && right.length <= 1) {
      this.#item(list.item, element, left[0], right[0]);
    } else if (left.length >= 2 && right.length >= 2) {
      if (!jsonEqual(left, right)) this.#mark(this.#modified, element);
    } else if (left.length >= 2) {
      if (right.length > 0) this.#item(list.item, element, undefined, right[0]);
      this.#mark(this.#removed, element);
    } else {
      if (left.length > 0) this.#item(list.item, element, left[0], undefined);
      this.#mark(this.#added, element);
    }
  }

  #mark(into: FieldSetBuilder, element: string): void {
    this.#path.push(element);
    this.#insert(into);
    this.#path.pop();
  }
}

function isBare(object: JsonObject | undefined): boolean {
  if (object === undefined) return true;
  for (const key in object) if (object[key] !== undefined) return false;
  return true;
}

function groupItems(list: ListType, items: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    if (typeof element !== 'string') continue;
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}
