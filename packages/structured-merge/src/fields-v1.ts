import { isObject } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { emptyFieldSet, type FieldSet, makeSet } from './field-set.ts';
import { compareElements, parseElement } from './path-element.ts';
import type { JsonObject } from './types.ts';

// Deeper than any object that an API server stores; keeps hostile input off the stack.
const maxDepth = 200;

// Ownership is read far more often than it changes, and stored objects are immutable: the set of a fieldsV1 value and the
// fieldsV1 value of a set are remembered by identity.
const setOfFields = new WeakMap<JsonObject, FieldSet>();
const fieldsOfSet = new WeakMap<FieldSet, JsonObject>();

// Objects of one kind by one manager mostly have the same fields: they share one value, and with it one set.
const sharedFields = new Map<string, JsonObject>();
const maxShared = 1024;
const maxSharedLength = 16 * 1024;

/**
 * Reads a `fieldsV1` value. Do not change the value afterwards: its set is remembered.
 *
 * @throws {MergeError} `MANAGED_FIELDS_INVALID`
 */
export function parseFieldsV1(fields: JsonObject): FieldSet {
  const known = setOfFields.get(fields);
  if (known !== undefined) return known;
  const set = parseLevel(fields, 0).set;
  setOfFields.set(fields, set);
  return set;
}

function parseLevel(fields: unknown, depth: number): { set: FieldSet; self: boolean } {
  if (!isObject(fields)) throw new MergeError('MANAGED_FIELDS_INVALID', 'fieldsV1 may only hold objects');
  if (depth > maxDepth) throw new MergeError('MANAGED_FIELDS_INVALID', `fieldsV1 is nested deeper than ${maxDepth}`);
  let self = false;
  let empty = true;
  let members: Set<string> | undefined;
  let children: Map<string, FieldSet> | undefined;
  for (const key in fields) {
    empty = false;
    if (key === '.') {
      self = true;
      continue;
    }
    const element = parseElement(key);
    const below = parseLevel(fields[key], depth + 1);
    if (below.self) {
      members ??= new Set();
      members.add(element);
    }
    if (below.set !== emptyFieldSet) {
      children ??= new Map();
      children.set(element, below.set);
    }
  }
  // `{}` stands for the path itself.
  return { set: makeSet(members, children), self: self || empty };
}

/** The `fieldsV1` value of a set, keys in the order of an API server. The result is shared: do not change it. */
export function formatFieldsV1(set: FieldSet): JsonObject {
  const known = fieldsOfSet.get(set);
  if (known !== undefined) return known;
  const fields = share(formatLevel(set, false));
  fieldsOfSet.set(set, fields);
  if (!setOfFields.has(fields)) setOfFields.set(fields, set);
  return fields;
}

/** The value that says the same and was made before, if it is among those last used. */
function share(fields: JsonObject): JsonObject {
  const text = JSON.stringify(fields);
  if (text.length > maxSharedLength) return fields;
  const known = sharedFields.get(text);
  if (known !== undefined) sharedFields.delete(text);
  else if (sharedFields.size === maxShared) {
    const [oldest] = sharedFields.keys();
    sharedFields.delete(oldest as string);
  }
  const kept = known ?? fields;
  sharedFields.set(text, kept);
  return kept;
}

function formatLevel(set: FieldSet, self: boolean): JsonObject {
  const fields: JsonObject = {};
  if (self) fields['.'] = {};
  const elements: string[] = [...set.children.keys()];
  for (const member of set.members) if (!set.children.has(member)) elements.push(member);
  for (const element of elements.sort(compareElements)) {
    const child = set.children.get(element);
    fields[element] = child === undefined ? {} : formatLevel(child, set.members.has(element));
  }
  return fields;
}
