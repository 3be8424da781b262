import { SopsError } from './error.ts';
import { maxDepth, maxLeaves } from './limits.ts';

/**
 * A value of a file. Integers are BigInt, numbers are floats: both print differently. Strings that are not UTF-8 stay
 * bytes.
 */
export type TreeValue =
  | string
  | boolean
  | null
  | bigint
  | number
  | Uint8Array
  | TreeTime
  | TreeComment
  | TreeList
  | TreeMap;

/** A point in time as RFC 3339 text. */
export interface TreeTime {
  readonly type: 'time';
  readonly text: string;
}

export interface TreeComment {
  readonly type: 'comment';
  readonly text: string;
  /** Other paths that it may have been encrypted for, where the text leaves it open. */
  readonly paths?: readonly (readonly string[])[];
}

export interface TreeList {
  readonly type: 'list';
  readonly items: readonly TreeValue[];
}

/** Keys in the order of the file. */
export interface TreeMap {
  readonly type: 'map';
  readonly items: readonly TreeItem[];
}

export type TreeItem = TreeComment | TreeEntry;

export interface TreeEntry {
  readonly type: 'entry';
  readonly key: string;
  readonly value: TreeValue;
}

export function isMap(value: TreeValue | undefined): value is TreeMap {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'map';
}

export function isList(value: TreeValue | undefined): value is TreeList {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'list';
}

export function isComment(value: TreeValue | TreeItem | undefined): value is TreeComment {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'comment';
}

export function isTime(value: TreeValue | undefined): value is TreeTime {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'time';
}

/** The first entry with a key. */
export function getEntry(map: TreeMap, key: string): TreeValue | undefined {
  for (const item of map.items) if (item.type === 'entry' && item.key === key) return item.value;
  return undefined;
}

export function withoutKey(map: TreeMap, key: string): TreeMap {
  return { type: 'map', items: map.items.filter((item) => item.type === 'comment' || item.key !== key) };
}

/** Holds the size of a tree while it is read. */
export interface TreeBudget {
  /** @throws {SopsError} `LIMIT` */
  leaf(): void;
  /** @throws {SopsError} `LIMIT` */
  enter(depth: number): void;
}

export function createTreeBudget(): TreeBudget {
  let leaves = 0;
  return {
    leaf() {
      if (++leaves > maxLeaves) throw new SopsError('LIMIT', `more than ${maxLeaves} values`);
    },
    enter(depth) {
      if (depth > maxDepth) throw new SopsError('LIMIT', `nested deeper than ${maxDepth} levels`);
    },
  };
}

/** The value as plain data, for reading metadata: maps have no prototype, comments are dropped. */
export function toPlain(value: TreeValue | undefined): unknown {
  if (isMap(value)) {
    const object: Record<string, unknown> = Object.create(null);
    for (const item of value.items) if (item.type === 'entry') object[item.key] = toPlain(item.value);
    return object;
  }
  if (isList(value)) return value.items.filter((item) => !isComment(item)).map(toPlain);
  if (isTime(value)) return value.text;
  return value;
}
