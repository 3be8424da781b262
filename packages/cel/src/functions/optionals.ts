import {
  type CelFunc,
  type CelList,
  type CelMap,
  CelScalar,
  type CelValue,
  celFunc,
  celList,
  celMethod,
  isCelList,
  isCelMap,
  listType,
  mapType,
} from '@bufbuild/cel';
import { opaque, payload } from '../opaque.ts';
import { optFlatJoin, optIndex, optItems, optJoin, optList, optMap, optSelect } from '../optional-syntax.ts';

interface Optional {
  readonly value: CelValue | undefined;
}

const { BOOL, DYN, STRING } = CelScalar;
const MAP = mapType(DYN, DYN);
const LIST = listType(DYN);

/** An optional value; undefined makes the one without. */
export function optionalOf(value: CelValue | undefined): CelMap {
  const identity = new Map<string, unknown>();
  if (value !== undefined) identity.set(valueKey, value);
  const optional = opaque('optional', identity, { value } satisfies Optional);
  // A field of an optional is optional. What two of them are compared by has keys that no field has.
  const own = { get: optional.get.bind(optional), has: optional.has.bind(optional) };
  const isOwn = (key: unknown): boolean => typeof key === 'string' && key.startsWith('\u0000');
  return Object.assign(optional, {
    get: (key: string) => (isOwn(key) ? own.get(key) : select(value, key)),
    has: (key: string) => (isOwn(key) ? own.has(key) : isCelMap(value) && value.has(key)),
  });
}

const valueKey = '\u0000value';

/** What an optional holds; not an optional at all: the value itself. */
function open(value: CelValue): CelValue | undefined {
  const optional = payload<Optional>('optional', value);
  return optional === undefined ? value : optional.value;
}

function asOptional(value: CelValue): Optional {
  const optional = payload<Optional>('optional', value);
  if (optional === undefined) throw new Error('no such overload');
  return optional;
}

function select(value: CelValue | undefined, key: CelValue): CelMap {
  const from = value === undefined ? undefined : open(value);
  if (isCelMap(from)) return optionalOf(from.has(key as string) ? from.get(key as string) : undefined);
  if (isCelList(from))
    return optionalOf(typeof key === 'bigint' || typeof key === 'number' ? from.get(Number(key)) : undefined);
  if (from === undefined || from === null) return optionalOf(undefined);
  throw new Error('no such overload');
}

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  return (isCelList(value) || isCelMap(value)) && value.size === 0;
}

/** What those optionals of a list hold that hold something. */
function present(list: CelList): CelList {
  const values = [...list].map((item) => asOptional(item).value);
  return celList(values.filter((value) => value !== undefined));
}

/** Optional values: `optional.of`, `orValue`, `optMap` and the targets of the rewritten syntax. */
export const optionals: CelFunc[] = [
  celFunc('optional.of', [DYN], MAP, (value) => optionalOf(value)),
  celFunc('optional.none', [], MAP, () => optionalOf(undefined)),
  celFunc('optional.ofNonZeroValue', [DYN], MAP, (value) => optionalOf(isZero(value) ? undefined : value)),
  celMethod('hasValue', MAP, [], BOOL, function () {
    return asOptional(this).value !== undefined;
  }),
  celMethod('value', MAP, [], DYN, function () {
    const { value } = asOptional(this);
    if (value === undefined) throw new Error('optional.none() dereference');
    return value;
  }),
  celMethod('orValue', MAP, [DYN], DYN, function (other) {
    return asOptional(this).value ?? (asOptional(this).value === null ? null : other);
  }),
  celMethod('or', MAP, [MAP], MAP, function (other) {
    return asOptional(this).value !== undefined ? this : other;
  }),
  celMethod('first', LIST, [], MAP, function () {
    return optionalOf(this.get(0));
  }),
  celMethod('last', LIST, [], MAP, function () {
    return optionalOf(this.size === 0 ? undefined : this.get(this.size - 1));
  }),
  celFunc('optional.unwrap', [LIST], LIST, (list) => present(list)),
  celMethod('unwrapOpt', LIST, [], LIST, function () {
    return present(this);
  }),
  celFunc(optSelect, [DYN, STRING], MAP, (value, name) => select(value, name)),
  celFunc(optIndex, [DYN, DYN], MAP, (value, key) => select(value, key)),
  celFunc(optList, [LIST, LIST], LIST, (items, indexes) => {
    const optional = new Set([...indexes].map(Number));
    const out: CelValue[] = [];
    [...items].forEach((item, i) => {
      const value = optional.has(i) ? asOptional(item).value : item;
      if (value !== undefined) out.push(value);
    });
    return celList(out);
  }),
  celFunc(optMap, [MAP, LIST], MAP, (map, keys) => {
    const optional = new Set<unknown>(keys);
    const out = new Map<string, CelValue>();
    for (const [key, item] of map) {
      const value = optional.has(key) ? asOptional(item).value : item;
      if (value !== undefined) out.set(key as string, value);
    }
    return out;
  }),
  celFunc(optItems, [MAP], LIST, (map) => {
    const { value } = asOptional(map);
    return celList(value === undefined ? [] : [value]);
  }),
  celFunc(optJoin, [LIST], MAP, (list) => optionalOf(list.get(0))),
  celFunc(optFlatJoin, [LIST], MAP, (list) => {
    const first = list.get(0);
    return first === undefined ? optionalOf(undefined) : optionalOf(asOptional(first).value);
  }),
];
