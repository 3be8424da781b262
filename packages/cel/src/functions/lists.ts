import {
  type CelFunc,
  type CelList,
  CelScalar,
  type CelValue,
  celEnv,
  celFunc,
  celList,
  celMethod,
  isCelList,
  isCelUint,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import { isReflectMessage } from '@bufbuild/protobuf/reflect';
import { spend } from '../budget.ts';
import { sortByFunction } from '../two-variable-macros.ts';
import { concatLists } from '../values.ts';

const { BOOL, DYN, INT } = CelScalar;
const LIST = listType(DYN);

/** Order of two values of the same comparable type. */
export function compareValues(a: CelValue, b: CelValue): number {
  spend(1);
  const left = isCelUint(a) ? a.value : a;
  const right = isCelUint(b) ? b.value : b;
  const numeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
  if (numeric(left) && numeric(right)) return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (isReflectMessage(left) && isReflectMessage(right)) return compareTimes(left.message, right.message);
  throw new Error('no such overload');
}

function compareTimes(a: unknown, b: unknown): number {
  const left = a as { seconds: bigint; nanos: number };
  const right = b as { seconds: bigint; nanos: number };
  if (left.seconds !== right.seconds) return left.seconds < right.seconds ? -1 : 1;
  return left.nanos - right.nanos;
}

let equality: ((values: { a: CelValue; b: CelValue }) => unknown) | undefined;

/** Equality as CEL has it, for values inside functions. */
export function equalValues(a: CelValue, b: CelValue): boolean {
  spend(1);
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  equality ??= plan(celEnv(), parse('a == b')) as (values: { a: CelValue; b: CelValue }) => unknown;
  return equality({ a, b }) === true;
}

function extreme(list: CelList, name: string, wanted: number): CelValue {
  let best: CelValue | undefined;
  for (const item of list) {
    if (best === undefined || Math.sign(compareValues(item, best)) === wanted) best = item;
  }
  if (best === undefined) throw new Error(`${name} called on empty list`);
  return best;
}

function findIndex(list: CelList, value: CelValue, indexes: Iterable<number>): bigint {
  for (const i of indexes) if (equalValues(list.get(i) ?? null, value)) return BigInt(i);
  return -1n;
}

function* upTo(size: number): Iterable<number> {
  for (let i = 0; i < size; i++) yield i;
}

function* downFrom(size: number): Iterable<number> {
  for (let i = size - 1; i >= 0; i--) yield i;
}

function sum(list: CelList): CelValue {
  let total: number | bigint = 0n;
  let first = true;
  for (const item of list) {
    spend(1);
    const value: CelValue = isCelUint(item) ? item.value : item;
    if (typeof value === 'bigint' && (first || typeof total === 'bigint')) total = (total as bigint) + value;
    else if (typeof value === 'number' && (first || typeof total === 'number')) total = Number(total) + value;
    else throw new Error('no such overload');
    first = false;
  }
  return total;
}

function flatten(list: CelList, depth: number): CelValue[] {
  const out: CelValue[] = [];
  for (const item of list) {
    spend(1);
    if (isCelList(item) && depth > 0) out.push(...flatten(item, depth - 1));
    else out.push(item);
  }
  return out;
}

/** Kubernetes' list functions, `+` of lists in linear time, and some of CEL's list extension. */
export const lists: CelFunc[] = [
  celFunc('_+_', [LIST, LIST], LIST, (a, b) => {
    spend(1 + Math.ceil(b.size / 10));
    return concatLists(a, b);
  }),
  celMethod('isSorted', LIST, [], BOOL, function () {
    let previous: CelValue | undefined;
    for (const item of this) {
      if (previous !== undefined && compareValues(previous, item) > 0) return false;
      previous = item;
    }
    return true;
  }),
  celMethod('sum', LIST, [], DYN, function () {
    return sum(this);
  }),
  celMethod('min', LIST, [], DYN, function () {
    return extreme(this, 'min', -1);
  }),
  celMethod('max', LIST, [], DYN, function () {
    return extreme(this, 'max', 1);
  }),
  celMethod('indexOf', LIST, [DYN], INT, function (value) {
    return findIndex(this, value, upTo(this.size));
  }),
  celMethod('lastIndexOf', LIST, [DYN], INT, function (value) {
    return findIndex(this, value, downFrom(this.size));
  }),
  celMethod('distinct', LIST, [], LIST, function () {
    const out: CelValue[] = [];
    for (const item of this) if (!out.some((other) => equalValues(item, other))) out.push(item);
    return celList(out);
  }),
  celMethod('reverse', LIST, [], LIST, function () {
    return celList([...this].reverse());
  }),
  celMethod('sort', LIST, [], LIST, function () {
    return celList([...this].sort(compareValues));
  }),
  celFunc(sortByFunction, [LIST, LIST], LIST, (list, keys) => {
    const order = [...keys].map((key, i) => ({ key, i }));
    order.sort((a, b) => compareValues(a.key, b.key));
    return celList(order.map(({ i }) => list.get(i) ?? null));
  }),
  celFunc('lists.range', [INT], LIST, (count) => {
    spend(Number(count));
    return celList(Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i)));
  }),
  celMethod('slice', LIST, [INT, INT], LIST, function (from, to) {
    if (from < 0n || to < from || to > BigInt(this.size))
      throw new Error(`cannot slice(${from}, ${to}), list is length ${this.size}`);
    return celList([...this].slice(Number(from), Number(to)));
  }),
  celMethod('flatten', LIST, [], LIST, function () {
    return celList(flatten(this, 1));
  }),
  celMethod('flatten', LIST, [INT], LIST, function (depth) {
    if (depth < 0n) throw new Error('level must be non-negative');
    return celList(flatten(this, Number(depth)));
  }),
  celMethod('includes', LIST, [DYN], BOOL, function (value) {
    return findIndex(this, value, upTo(this.size)) >= 0n;
  }),
];

function containsAll(list: CelList, wanted: CelList): boolean {
  return [...wanted].every((item) => findIndex(list, item, upTo(list.size)) >= 0n);
}

/** `sets.contains`, `sets.equivalent`, `sets.intersects`. */
export const sets: CelFunc[] = [
  celFunc('sets.contains', [LIST, LIST], BOOL, containsAll),
  celFunc('sets.equivalent', [LIST, LIST], BOOL, (a, b) => containsAll(a, b) && containsAll(b, a)),
  celFunc('sets.intersects', [LIST, LIST], BOOL, (a, b) =>
    [...b].some((item) => findIndex(a, item, upTo(a.size)) >= 0n),
  ),
];
