import { type CelInput, type CelList, type CelMap, type CelValue, isCelList, isCelMap, isCelUint } from '@bufbuild/cel';
import { create } from '@bufbuild/protobuf';
import { isReflectMessage, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import {
  type Duration,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
  timestampFromDate,
} from '@bufbuild/protobuf/wkt';

/** How numbers of a place enter CEL: always as double, or integral ones as int. */
export type NumberMode = 'double' | 'json';

/**
 * What a schema says of a place: how its scalars enter CEL and where to look for the hints of what it holds. Without a
 * hint integral numbers are int and others double.
 */
export interface TypeHint {
  readonly scalar?: 'int' | 'double' | 'bytes' | 'timestamp' | 'duration';
  /** Hint of a field or entry. */
  field?(name: string): TypeHint | undefined;
  /** Whether a field is named by the schema: as null it counts as not set. */
  isNamed?(name: string): boolean;
  /** Hint of list items. */
  readonly item?: TypeHint;
}

// JSON values are wrapped as they are looked at, never copied. The library tells its lists and maps by these symbols and
// asks for nothing else than the interface; its own map answers `has` with false for a field that is null.
const listMark = Symbol.for('@bufbuild/cel/list');
const mapMark = Symbol.for('@bufbuild/cel/map');

type Wrap = (value: unknown) => CelValue;

class JsonList {
  readonly [listMark] = {};
  readonly array: readonly unknown[];
  readonly #wrap: Wrap;

  constructor(array: readonly unknown[], wrap: Wrap) {
    this.array = array;
    this.#wrap = wrap;
  }

  get size(): number {
    return this.array.length;
  }

  get(index: number): CelValue | undefined {
    return index < 0 || index >= this.array.length ? undefined : this.#wrap(this.array[index]);
  }

  *values(): IterableIterator<CelValue> {
    for (const item of this.array) yield this.#wrap(item);
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values();
  }
}

type MapKey = string | bigint | boolean | number | object;

class JsonMap {
  readonly [mapMark] = {};
  readonly object: { readonly [key: string]: unknown };
  readonly #wrap: (key: string, value: unknown) => CelValue;

  readonly #hint: TypeHint | undefined;

  constructor(
    object: { readonly [key: string]: unknown },
    wrap: (key: string, value: unknown) => CelValue,
    hint: TypeHint | undefined,
  ) {
    this.object = object;
    this.#wrap = wrap;
    this.#hint = hint;
  }

  get size(): number {
    return this.#keys().length;
  }

  #keys(): string[] {
    return Object.keys(this.object).filter((key) => this.object[key] !== undefined);
  }

  /** The key as the object has it: names that are no identifiers are written escaped in rules. */
  #find(key: MapKey): string | undefined {
    if (typeof key !== 'string') return undefined;
    if (Object.hasOwn(this.object, key)) return this.object[key] === undefined ? undefined : key;
    if (!key.includes('__')) return undefined;
    const plain = unescapeName(key);
    return Object.hasOwn(this.object, plain) && this.object[plain] !== undefined ? plain : undefined;
  }

  get(key: MapKey): CelValue | undefined {
    const found = this.#find(key);
    return found === undefined ? undefined : this.#wrap(found, this.object[found]);
  }

  has(key: MapKey): boolean {
    const found = this.#find(key);
    if (found === undefined) return false;
    return this.object[found] !== null || this.#hint?.isNamed?.(found) !== true;
  }

  forEach(callback: (value: CelValue, key: string, map: JsonMap) => void, thisArg?: unknown): void {
    for (const key of this.#keys()) callback.call(thisArg, this.#wrap(key, this.object[key]), key, this);
  }

  *entries(): IterableIterator<[string, CelValue]> {
    for (const key of this.#keys()) yield [key, this.#wrap(key, this.object[key])];
  }

  keys(): IterableIterator<string> {
    return this.#keys()[Symbol.iterator]();
  }

  *values(): IterableIterator<CelValue> {
    for (const key of this.#keys()) yield this.#wrap(key, this.object[key]);
  }

  [Symbol.iterator](): IterableIterator<[string, CelValue]> {
    return this.entries();
  }
}

const escapes: { readonly [name: string]: string } = {
  __underscores__: '__',
  __dot__: '.',
  __dash__: '-',
  __slash__: '/',
};

/** The property name behind an escaped one, as Kubernetes escapes them: `__dash__`, `__namespace__`. */
export function unescapeName(name: string): string {
  const keyword = /^__([a-z]+)__$/.exec(name);
  if (keyword?.[1] !== undefined && !Object.hasOwn(escapes, name)) return keyword[1];
  return name.replace(/__(?:underscores|dot|dash|slash)__/g, (name) => escapes[name] ?? name);
}

/** A list that shares a growing array with the lists it was made from: appending to the newest costs one step. */
class GrownList {
  readonly [listMark] = {};
  readonly size: number;
  readonly #array: CelValue[];

  constructor(array: CelValue[]) {
    this.#array = array;
    this.size = array.length;
  }

  get(index: number): CelValue | undefined {
    return index < 0 || index >= this.size ? undefined : this.#array[index];
  }

  *values(): IterableIterator<CelValue> {
    for (let i = 0; i < this.size; i++) yield this.#array[i] as CelValue;
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values();
  }

  append(items: Iterable<CelValue>): GrownList {
    const array = this.#array.length === this.size ? this.#array : this.#array.slice(0, this.size);
    for (const item of items) array.push(item);
    return new GrownList(array);
  }
}

/** `a + b` of lists. */
export function concatLists(a: CelList, b: CelList): CelList {
  const grown = a instanceof GrownList ? a : new GrownList([...a]);
  return asList(grown.append(b));
}

// The private symbol is part of the library's types but not of what it exports.
function asList(list: JsonList | GrownList): CelList {
  return list as unknown as CelList;
}

function asMap(map: JsonMap): CelMap {
  return map as unknown as CelMap;
}

/** Wraps a JSON value for CEL. */
export function wrapJson(value: unknown, mode: NumberMode): CelValue {
  return mode === 'double' ? wrapDouble(value) : wrapHinted(value, undefined);
}

function wrapDouble(value: unknown): CelValue {
  if (typeof value === 'bigint') return value;
  return wrapWith(value, wrapDouble, (_key, item) => wrapDouble(item), undefined);
}

function wrapWith(
  value: unknown,
  item: Wrap,
  entry: (key: string, value: unknown) => CelValue,
  hint: TypeHint | undefined,
): CelValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      return value;
    case 'object':
      if (value === null || value instanceof Uint8Array) return value as CelValue;
      if (Array.isArray(value)) return asList(new JsonList(value, item));
      if (isCelList(value) || isCelMap(value) || isCelUint(value)) return value;
      if (isReflectMessage(value)) return value as CelValue;
      if (value instanceof Date) return reflect(TimestampSchema, timestampFromDate(value)) as CelValue;
      return asMap(new JsonMap(value as { readonly [key: string]: unknown }, entry, hint));
    default:
      return null;
  }
}

/** Wraps a JSON value whose schema is known. */
export function wrapHinted(value: unknown, hint: TypeHint | undefined): CelValue {
  if (typeof value === 'number') {
    if (hint?.scalar === 'double') return value;
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'bigint') return hint?.scalar === 'double' ? Number(value) : value;
  if (typeof value === 'string' && hint?.scalar !== undefined) return scalarOfText(value, hint.scalar);
  return wrapWith(
    value,
    (item) => wrapHinted(item, hint?.item),
    (key, item) => wrapHinted(item, hint?.field?.(key)),
    hint,
  );
}

function scalarOfText(text: string, scalar: TypeHint['scalar']): CelValue {
  switch (scalar) {
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'timestamp': {
      const milliseconds = Date.parse(text);
      if (Number.isNaN(milliseconds)) return text;
      return reflect(TimestampSchema, timestampFromDate(new Date(milliseconds))) as CelValue;
    }
    case 'duration': {
      const nanos = parseDuration(text);
      return nanos === undefined ? text : durationValue(nanos);
    }
    default:
      return text;
  }
}

/** A duration value of so many nanoseconds. */
export function durationValue(nanos: bigint): CelValue {
  const message = create(DurationSchema, { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) });
  return reflect(DurationSchema, message) as CelValue;
}

const unitNanos: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds of a Go duration text, or undefined. */
export function parseDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|\u03bcs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(
    /(\d*)\.?(\d*)(ns|us|µs|\u03bcs|ms|s|m|h)/g,
  )) {
    const scale = unitNanos[unit] ?? 0n;
    total += BigInt(whole === '' ? '0' : whole) * scale;
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return match[1] === '-' ? -total : total;
}

/** JSON again: maps are plain objects, ints within 2^53 numbers, durations and timestamps their texts. */
export function unwrapValue(value: CelValue): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isCelUint(value)) return unwrapValue(value.value);
  if (isCelList(value)) {
    const list: unknown = value;
    return list instanceof JsonList ? list.array : [...value].map(unwrapValue);
  }
  if (isCelMap(value)) {
    const map: unknown = value;
    return map instanceof JsonMap ? map.object : unwrapMap(value);
  }
  if (isReflectMessage(value)) return printMessage(value);
  return String(value);
}

function unwrapMap(map: CelMap): { [key: string]: unknown } {
  const out: { [key: string]: unknown } = {};
  for (const [key, item] of map) {
    const name = isCelUint(key) ? key.value.toString() : String(key);
    const entry = { value: unwrapValue(item), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(out, name, entry);
  }
  return out;
}

function printMessage(value: ReflectMessage): string {
  const message: unknown = value.message;
  switch (value.desc.typeName) {
    case TimestampSchema.typeName: {
      const { seconds, nanos } = message as Timestamp;
      const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
      return nanos === 0 ? `${base}Z` : `${base}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}Z`;
    }
    case DurationSchema.typeName: {
      const { seconds, nanos } = message as Duration;
      const total = seconds * 1_000_000_000n + BigInt(nanos);
      const magnitude = total < 0n ? -total : total;
      const fraction = String(magnitude % 1_000_000_000n)
        .padStart(9, '0')
        .replace(/0+$/, '');
      return `${total < 0n ? '-' : ''}${magnitude / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}s`;
    }
    default:
      return value.desc.typeName;
  }
}

export type { CelInput, CelValue };
