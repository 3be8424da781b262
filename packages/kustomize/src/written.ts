import { formatGoFloat, isPlainString, setOwn, stringifyYaml } from '@fluvial/yaml';
import { isMap, Scalar } from './scalar.ts';

/**
 * How members of maps were written, where it matters and the value does not tell: a text in quotes stays a text when a
 * patch puts a number in its place, and a null that becomes a text is what stood in the file. Kept beside the objects,
 * by map: whoever copies or replaces a map by hand leaves the notes behind.
 */
const notes = new WeakMap<object, Notes>();

interface Notes {
  texts: Map<string, string>;
  /** Several maps have these texts: to be copied before a change. */
  shared: boolean;
}

const QUOTED = '"';
const UNTYPED = '!';

/** Notes a text in quotes (or a block), or the text of a null. */
export function noteWritten(map: object, key: string, text: string, quoted: boolean): void {
  if (quoted || text !== 'null') change(map).set(key, quoted ? QUOTED : text);
}

function change(map: object): Map<string, string> {
  let known = notes.get(map);
  if (known === undefined || known.shared) {
    known = { texts: new Map(known?.texts), shared: false };
    notes.set(map, known);
  }
  return known.texts;
}

/** True for a member whose text stands in quotes. */
export function isQuoted(map: object, key: string): boolean {
  return notes.get(map)?.texts.get(key) === QUOTED;
}

/** Notes a text that the build made and that other texts may replace, whatever type they have. */
export function noteUntyped(map: object, key: string): void {
  change(map).set(key, UNTYPED);
}

/** See {@link noteUntyped}. */
export function isUntyped(map: object, key: string): boolean {
  return notes.get(map)?.texts.get(key) === UNTYPED;
}

/** The text that stands for a null member; `null` unless the file has another. */
export function nullText(map: object, key: string): string {
  const text = notes.get(map)?.texts.get(key);
  return text === undefined || text === QUOTED || text === UNTYPED ? 'null' : text;
}

/** A member is written anew: plainly, or as a member of another map. */
export function copyWritten(map: object, key: string, from?: object): void {
  const text = from === undefined ? undefined : notes.get(from)?.texts.get(key);
  if (text !== undefined) change(map).set(key, text);
  else if (notes.get(map)?.texts.has(key) === true) change(map).delete(key);
}

/** Copies a JSON-like value deeply, with the notes on its maps. Instances of classes are shared. */
export function cloneWritten<T>(value: T): T {
  return clone(value) as T;
}

function clone(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const { length } = value;
    const copy = new Array<unknown>(length);
    for (let i = 0; i < length; i++) {
      const item: unknown = value[i];
      copy[i] = typeof item === 'object' ? clone(item) : item;
    }
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    const item = source[key];
    const next = typeof item === 'object' ? clone(item) : item;
    if (key === '__proto__') setOwn(copy, key, next);
    else copy[key] = next;
  }
  const known = notes.get(source);
  if (known !== undefined) {
    known.shared = true;
    notes.set(copy, known);
  }
  return copy;
}

/**
 * After a passage through plain values every text is written as it needs to be; with `doubles` (JSON) every number is
 * one of double precision.
 */
export function writeNaturally(value: unknown, doubles = false): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (doubles) value[i] = asDouble(value[i]);
      writeNaturally(value[i], doubles);
    }
    return;
  }
  if (!isMap(value)) return;
  notes.delete(value);
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (typeof member === 'number') {
      if (doubles) setOwn(value, key, asDouble(member));
    } else if (typeof member === 'object') writeNaturally(member, doubles);
    else if (typeof member === 'string' && !isPlain(member)) noteWritten(value, key, member, true);
  }
}

/** As a text a large integer then has an exponent. */
function asDouble(value: unknown): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) < 1e6) return value;
  return new Scalar(formatGoFloat(value), value);
}

function isPlain(text: string): boolean {
  return /^[A-Za-z_/][\w./-]*$/.test(text) ? isPlainString(text) : stringifyYaml(text) === `${text}\n`;
}
