import type { Node } from './ast.ts';
import type { Overload } from './declarations.ts';
import { type CelType, paramsOf, printType } from './types.ts';

// What calls cost. Source: the cost factors of cel-go's `common/cost.go` and the estimates that Kubernetes promises to keep
// (`apiserver/pkg/cel/library/cost.go`: a change would refuse rules that are in use).

/** Elements of a text, a list or a map: characters, items, entries. */
export interface Size {
  readonly min: number;
  readonly max: number;
}

export interface CallCost {
  readonly cost: number;
  /** Of the result. */
  readonly size?: Size;
}

/** A part of an expression as functions that estimate see it. */
export interface Operand {
  readonly node: Node;
  readonly type: CelType;
  readonly path: readonly string[];
  /** Known from the expression or the schema. */
  readonly size: Size | undefined;
}

const most = 2 ** 64;
export const unknownSize: Size = { min: 0, max: most };

export function add(a: number, b: number): number {
  return Math.min(a + b, most);
}

export function multiply(a: number, b: number): number {
  return Math.min(a * b, most);
}

/** So many times a factor, rounded up. */
export function scale(count: number, factor: number): number {
  return Math.min(Math.ceil(count * factor), most);
}

/** Reading a text once costs so much a character. */
const perCharacter = 0.1;
/** A pattern is taken to have a state for every four characters. */
const perPatternCharacter = 0.25;
const listBase = 10;

type ItemSize = (list: Operand) => Size;

/** The cost of a call itself, without that of its arguments. */
export function callCost(
  name: string,
  overload: Overload,
  target: Operand | undefined,
  args: readonly Operand[],
  itemSize: ItemSize,
): CallCost {
  const ofPackage = /^(?:sets|lists)\.|^list\(.*\)\.(?:slice|flatten|reverse|distinct|sort|@sortByAssociatedKeys)\(/;
  if (ofPackage.test(overload.id)) return listCost(name, overload, target, args);
  return (
    textCost(name, overload, target, args, itemSize) ??
    networkCost(name, overload, args) ??
    operatorCost(overload, args)
  );
}

function sizeOf(operand: Operand | undefined): Size {
  return operand?.size ?? unknownSize;
}

/** Reading a text once. */
function traversal(operand: Operand | undefined, times = 1): number {
  return scale(sizeOf(operand).max, times === 1 ? perCharacter : times * perCharacter);
}

function patternCost(text: Operand | undefined, pattern: Operand | undefined): number {
  const length = add(sizeOf(text).max, 1);
  return multiply(scale(length, perCharacter), scale(sizeOf(pattern).max, perPatternCharacter));
}

/** A whole number in the text of the expression. */
function literalInt(operand: Operand | undefined): number | undefined {
  if (operand?.node.kind !== 'literal' || operand.node.type !== 'int') return undefined;
  return Number(operand.node.value);
}

/** A negative number is taken for one beyond all bounds. */
function unsigned(value: number): number {
  return value < 0 ? most : value;
}

/** Functions that build lists or compare all of their items. */
function listCost(name: string, overload: Overload, target: Operand | undefined, args: readonly Operand[]): CallCost {
  const allocated = (factor: number, size: Size): CallCost => ({
    cost: add(scale(size.max, factor), 1 + listBase),
    size,
  });
  const square = (operand: Operand | undefined): Size => {
    const { max, min } = sizeOf(operand);
    return { min: multiply(min, min), max: multiply(max, max) };
  };
  const own = sizeOf(target);
  if (overload.id.startsWith('sets.')) {
    const pairs = multiply(sizeOf(args[0]).max, sizeOf(args[1]).max);
    return { cost: add(scale(pairs, overload.id.startsWith('sets.equivalent') ? 2 : 1), 1) };
  }
  if (overload.id.startsWith('lists.range')) {
    const count = Math.max(0, literalInt(args[0]) ?? most);
    return allocated(1, { min: count, max: count });
  }
  switch (name) {
    case 'slice': {
      const [start, end] = [Math.max(0, literalInt(args[0]) ?? 0), Math.max(0, literalInt(args[1]) ?? own.max)];
      const size = unsigned(end - start);
      return allocated(1, { min: size, max: size });
    }
    case 'flatten':
      return allocated(args.length === 0 ? 1 : Math.max(0, literalInt(args[0]) ?? most), own);
    case 'distinct':
      return allocated(2, square(target));
    case 'sort':
    case '@sortByAssociatedKeys': {
      const keys = overload.args[overload.args.length - 1];
      const isText = keys !== undefined && ['string', 'bytes'].includes(printType(paramsOf(keys)[0] ?? keys));
      return allocated(isText ? 2 + perCharacter : 2, square(name === 'sort' ? target : args[0]));
    }
    default:
      return allocated(1, own);
  }
}

/** Functions of texts, and of lists that read all of their items. */
function textCost(
  name: string,
  overload: Overload,
  target: Operand | undefined,
  args: readonly Operand[],
  itemSize: ItemSize,
): CallCost | undefined {
  const own = sizeOf(target);
  switch (name) {
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return target === undefined ? undefined : { cost: readingCost(target, itemSize) };
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { cost: traversal(target), size: own };
    case 'replace':
      return { cost: traversal(target, 2), size: replacedSize(own, sizeOf(args[0]), sizeOf(args[1])) };
    case 'split': {
      const limit = literalInt(args[1]);
      return { cost: traversal(target, 2), size: { min: 0, max: limit === undefined ? own.max : unsigned(limit) } };
    }
    case 'join':
      return joinCost(target, args[0], itemSize);
    case 'find':
    case 'findAll':
      return { cost: patternCost(target, args[0]), size: { min: 0, max: own.max } };
    case 'matches':
      return target === undefined ? undefined : { cost: patternCost(target, args[0]) };
    case 'format':
      return { cost: traversal(target) };
    case 'startsWith':
    case 'endsWith':
      return { cost: traversal(args[0]) };
    case 'contains':
      return { cost: multiply(traversal(target), traversal(args[0])) };
    case 'strings.quote': {
      const size = sizeOf(args[0]);
      // The original counts in 64 bits here and comes to nothing where the size is unknown.
      const max = size.max === most ? 0 : add(multiply(size.max, 2), 2);
      return { cost: traversal(args[0]), size: { min: size.min + 2, max } };
    }
    case 'bytes':
    case 'string':
      return conversionCost(overload, args[0]);
    default:
      return undefined;
  }
}

function conversionCost(overload: Overload, arg: Operand | undefined): CallCost | undefined {
  const { max, min } = sizeOf(arg);
  if (overload.id === 'bytes(string)') return { cost: traversal(arg), size: { min, max: multiply(max, 4) } };
  if (overload.id === 'string(bytes)') return { cost: traversal(arg), size: { min: Math.floor(min / 4), max } };
  return undefined;
}

function readingCost(target: Operand, itemSize: ItemSize): number {
  const [item] = paramsOf(target.type);
  if (item === undefined) return traversal(target);
  const isText = item.kind === 'scalar' && (item.name === 'string' || item.name === 'bytes');
  return multiply(sizeOf(target).max, isText ? add(1, scale(itemSize(target).max, perCharacter)) : 1);
}

function replacedSize(own: Size, old: Size, next: Size): Size {
  let [count, kept] = [0, 0];
  if (old.min === 0) [count, kept] = [add(own.max, 1), own.max];
  else if (next.max <= old.min) kept = own.max;
  else count = Math.ceil(own.max / old.min);
  let [least, left] = [0, 0];
  if (old.max === 0) [least, left] = [add(own.min, 1), own.min];
  else if (old.max <= next.min) left = own.min;
  else least = Math.ceil(own.min / old.max);
  return { min: add(multiply(least, next.min), left), max: add(multiply(count, next.max), kept) };
}

function joinCost(target: Operand | undefined, separator: Operand | undefined, itemSize: ItemSize): CallCost {
  const list = sizeOf(target);
  const item = target !== undefined && paramsOf(target.type).length > 0 ? itemSize(target) : { min: 0, max: 0 };
  let size: Size = { min: multiply(list.min, item.min), max: multiply(list.max, item.max) };
  if (separator !== undefined) {
    const { max, min } = sizeOf(separator);
    const between = (count: number): number => Math.max(0, count - 1);
    size = {
      min: add(size.min, multiply(min, between(list.min))),
      max: add(size.max, multiply(max, between(list.max))),
    };
  }
  return { cost: scale(size.max, perCharacter), size };
}

const fixed = new Set(
  [
    'masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast',
    'format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch',
    'getScheme getHostname getHost getPort getEscapedPath getQuery',
  ]
    .join(' ')
    .split(' '),
);

/** Comparing two addresses reads at most 16 bytes of each. */
const addressBytes = 16;

/** Functions of Kubernetes' addresses, quantities, versions and formats. */
function networkCost(name: string, overload: Overload, args: readonly Operand[]): CallCost | undefined {
  if (fixed.has(name)) return { cost: 1 };
  switch (name) {
    case 'url':
      return { cost: traversal(args[0]), size: sizeOf(args[0]) };
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return { cost: traversal(args[0]) };
    case 'ip':
      return { cost: overload.isMethod ? 1 : traversal(args[0]) };
    case 'ip.isCanonical':
      return { cost: traversal(args[0], 2) };
    case 'validate':
      return { cost: scale(traversal(args[0]), 128 * perPatternCharacter) };
    case 'containsIP':
    case 'containsCIDR': {
      let cost = scale(2 * addressBytes, perCharacter);
      if (name === 'containsCIDR') cost += scale(addressBytes, perCharacter) + 1;
      return { cost: overload.id.endsWith('(string)') ? add(cost, traversal(args[0])) : cost };
    }
    case '_==_':
      return equalityCost(args);
    default:
      return undefined;
  }
}

/** Of values of the libraries; all others are compared by their sizes. */
function equalityCost(args: readonly Operand[]): CallCost | undefined {
  const [left, right] = args;
  if (left === undefined || right === undefined || printType(left.type) !== printType(right.type)) return undefined;
  const name = printType(left.type);
  if (name === 'kubernetes.NamedFormat') return { cost: scale(64, perCharacter) };
  return /^(?:net\.(?:IP|CIDR)|kubernetes\.\w+(?:\.\w+)?)$/.test(name) ? { cost: 1 } : undefined;
}

/** CEL's own operators and functions. */
function operatorCost(overload: Overload, args: readonly Operand[]): CallCost {
  const [left, right] = [sizeOf(args[0]), sizeOf(args[1])];
  const both: Size = { min: add(left.min, right.min), max: add(left.max, right.max) };
  switch (overload.id) {
    case '@in(A, list(A))':
      return { cost: right.max };
    case '_+_(list(A), list(A))':
      return { cost: 1, size: both };
    case '_+_(string, string)':
    case '_+_(bytes, bytes)':
      return { cost: scale(both.max, perCharacter), size: both };
    default:
      // Texts, lists and objects are compared up to the end of the shorter one.
      if (!/^_(?:[<>]=?_\((?:string|bytes),|[=!]=_)/.test(overload.id)) return { cost: 1 };
      return { cost: scale(Math.min(left.max, right.max), perCharacter) };
  }
}
