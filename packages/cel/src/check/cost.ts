import { type CallNode, type LoopNode, type Node, qualifiedName } from './ast.ts';
import type { CheckedExpression } from './check-expression.ts';
import { add, type CallCost, callCost, multiply, type Operand, type Size, unknownSize } from './cost-functions.ts';
import type { Overload } from './declarations.ts';
import { type CelType, insideOptional } from './types.ts';
import { withinStack } from './within-stack.ts';

/**
 * Most elements of the value at a path: a variable, then fields, `@items`, `@keys` and `@values`. Undefined when unknown.
 */
export type SizeOf = (path: readonly string[]) => number | undefined;

/**
 * The most that an expression may cost when it runs, in CEL's units, as kube-apiserver estimates it before it takes a rule.
 * Capped at 2^64.
 *
 * @throws {CelError} `COST` when it is nested too deeply
 */
export function estimateCost(expression: CheckedExpression, sizeOf: SizeOf): number {
  return withinStack(() => new Estimator(expression, sizeOf).cost(expression.root));
}

/** Sizes of the keys and values of a list or map that an expression builds. */
interface EntrySizes {
  readonly isList: boolean;
  readonly key: Size;
  readonly value: Size;
}

interface LocalVariable {
  readonly path: readonly string[];
  readonly size: Size | undefined;
  readonly entries: EntrySizes | undefined;
}

const maxRepeats = 2000;
const listBase = 10;
const mapBase = 30;
const messageBase = 40;

class Estimator {
  readonly #checked: CheckedExpression['checked'];
  readonly #sizeOf: SizeOf;
  /** Macros look at a part twice, and those in each other ever more often. */
  readonly #costs = new Map<Node, number>();
  #repeats = 0;
  readonly #paths = new Map<Node, readonly string[]>();
  readonly #sizes = new Map<Node, Size>();
  readonly #entries = new Map<Node, EntrySizes>();
  readonly #locals = new Map<string, LocalVariable[]>();

  constructor(expression: CheckedExpression, sizeOf: SizeOf) {
    this.#checked = expression.checked;
    this.#sizeOf = sizeOf;
  }

  cost(node: Node): number {
    const known = this.#costs.get(node);
    if (known !== undefined && ++this.#repeats > maxRepeats) return known;
    const cost = this.#costOf(node);
    this.#costs.set(node, cost);
    return cost;
  }

  #costOf(node: Node): number {
    switch (node.kind) {
      case 'name':
        this.#paths.set(node, this.#local(node.name)?.path ?? [node.name]);
        return 1;
      case 'select':
        return this.#selectCost(node);
      case 'optional-select':
        return 1 + this.cost(node.operand);
      case 'call':
        return this.#callCost(node);
      case 'list':
        return this.#listCost(node);
      case 'map':
        return this.#mapCost(node);
      case 'message':
        return node.fields.reduce((sum, field) => add(sum, this.cost(field.value)), messageBase);
      case 'loop':
        return node.isBind ? this.#bindCost(node) : this.#loopCost(node);
      default:
        return 0;
    }
  }

  #selectCost(node: Extract<Node, { kind: 'select' }>): number {
    const qualified = qualifiedName(node);
    if (qualified?.startsWith('google.protobuf.') === true) {
      this.#paths.set(node, [qualified]);
      return 1;
    }
    const operand = this.cost(node.operand);
    if (node.isTest) return operand;
    this.#paths.set(node, [...this.#pathOf(node.operand), node.field]);
    const { kind } = this.#checked.typeOf(node.operand);
    return kind === 'map' || kind === 'struct' ? add(operand, 1) : operand;
  }

  #listCost(node: Extract<Node, { kind: 'list' }>): number {
    let sum = listBase;
    const sizes: Size[] = [];
    for (const item of node.items) {
      sum = add(sum, this.cost(item));
      sizes.push(this.#sizeOrUnknown(item));
    }
    this.#entries.set(node, { isList: true, key: { min: 1, max: 1 }, value: unionOf(sizes) });
    return sum;
  }

  #mapCost(node: Extract<Node, { kind: 'map' }>): number {
    let sum = mapBase;
    const [keys, values]: [Size[], Size[]] = [[], []];
    for (const entry of node.entries) {
      sum = add(sum, add(this.cost(entry.key), this.cost(entry.value)));
      keys.push(this.#sizeOrUnknown(entry.key));
      values.push(this.#sizeOrUnknown(entry.value));
    }
    this.#entries.set(node, { isList: false, key: unionOf(keys), value: unionOf(values) });
    return sum;
  }

  #bindCost(node: LoopNode): number {
    const start = add(this.cost(node.range), this.cost(node.accuInit));
    this.#push(node.accuVar, this.#boundTo(node.accuInit));
    const result = this.cost(node.result);
    this.#pop(node.accuVar);
    this.#copySizes(node, node.result);
    return add(start, result);
  }

  #loopCost(node: LoopNode): number {
    const { accuInit, accuVar, iterVars, range } = node;
    const start = add(this.cost(range), this.cost(accuInit));
    this.#push(accuVar, this.#boundTo(accuInit));
    const [first = '', second] = iterVars;
    const isList = this.#entriesOf(range)?.isList ?? this.#checked.typeOf(range).kind === 'list';
    if (second === undefined) this.#push(first, this.#iterated(range, isList ? '@items' : '@keys', isList));
    else {
      this.#push(first, this.#iterated(range, isList ? '@indices' : '@keys', false));
      this.#push(second, this.#iterated(range, isList ? '@items' : '@values', true));
    }
    const round = add(this.cost(node.condition), this.cost(node.step));
    for (const name of iterVars) this.#pop(name);
    const result = this.cost(node.result);
    this.#pop(accuVar);
    const rounds = this.#sizeOrUnknown(range);
    if (accuInit.kind === 'literal') this.#setSize(node, this.#size(accuInit));
    else if (accuInit.kind === 'list' || accuInit.kind === 'map') {
      this.#sizes.set(node, rounds);
      const entries = this.#entriesOf(node.step);
      if (entries !== undefined) this.#entries.set(node, entries);
    }
    return add(add(start, result), multiply(rounds.max, round));
  }

  #iterated(range: Node, part: string, isValue: boolean): LocalVariable {
    const entries = this.#entriesOf(range);
    const size = isValue ? entries?.value : entries?.key;
    return { path: [...this.#pathOf(range), part], size, entries: undefined };
  }

  #boundTo(node: Node): LocalVariable {
    return { path: this.#pathOf(node), size: this.#size(node), entries: this.#entriesOf(node) };
  }

  #callCost(node: CallNode): number {
    if (node.name === 'dyn' && node.target === undefined) {
      const arg = node.args[0] as Node;
      const cost = this.cost(arg);
      this.#copySizes(node, arg);
      return add(1, cost);
    }
    const costs = node.args.map((arg) => this.cost(arg));
    const args = node.args.map((arg) => this.#operand(arg));
    const overloads = this.#checked.overloadsOf(node);
    const isMethod = node.target !== undefined && !this.#checked.isPackaged(node);
    const targetCost = isMethod ? this.cost(node.target as Node) : 0;
    const target = isMethod ? this.#operand(node.target as Node) : undefined;
    let most = 0;
    let size: Size | undefined;
    for (const overload of overloads) {
      const call = this.#overloadCost(node, overload, target, args, costs);
      most = Math.max(most, call.cost);
      if (call.size !== undefined) size = size === undefined ? call.size : union(size, call.size);
      size = this.#indexed(node, overload, size);
      size ??= this.#size(node);
    }
    this.#setSize(node, size);
    return add(targetCost, most);
  }

  /** Tracks where an indexed value comes from. */
  #indexed(node: CallNode, overload: Overload, size: Size | undefined): Size | undefined {
    const part = { '_[_](list(A), int)': '@items', '_[_](map(A, B), A)': '@values' }[overload.id];
    const whole = node.args[0];
    if (part === undefined || whole === undefined) return size;
    this.#paths.set(node, [...this.#pathOf(whole), part]);
    return this.#entriesOf(whole)?.value;
  }

  #overloadCost(
    node: CallNode,
    overload: Overload,
    target: Operand | undefined,
    args: readonly Operand[],
    costs: readonly number[],
  ): CallCost {
    const [a = 0, b = 0, c = 0] = costs;
    const given = costs.reduce(add, 0);
    switch (node.name) {
      case '_&&_':
      case '_||_':
        return { cost: given };
      case '_?_:_': {
        const [, yes, no] = node.args as [Node, Node, Node];
        this.#setEntries(node, this.#unionEntries(yes, no));
        return { cost: add(a, Math.max(b, c)), size: union(this.#sizeOrUnknown(yes), this.#sizeOrUnknown(no)) };
      }
      case '_+_':
        this.#setEntries(node, this.#unionEntries(node.args[0] as Node, node.args[1] as Node));
        break;
      default:
    }
    const itemSize = (list: Operand): Size => {
      if (list.path.length === 0) return unknownSize;
      const max = this.#sizeOf([...list.path, '@items']);
      return max === undefined ? unknownSize : { min: 0, max };
    };
    const isPackaged = node.target !== undefined && target === undefined;
    const name = isPackaged ? `${qualifiedName(node.target as Node)}.${node.name}` : node.name;
    const call = callCost(name, overload, target, args, itemSize);
    return { cost: add(call.cost, given), ...(call.size === undefined ? {} : { size: call.size }) };
  }

  #operand(node: Node): Operand {
    return { node, type: this.#checked.typeOf(node), path: this.#pathOf(node), size: this.#size(node) };
  }

  #sizeOrUnknown(node: Node): Size {
    return this.#size(node) ?? unknownSize;
  }

  #size(node: Node): Size | undefined {
    const known = this.#sizes.get(node) ?? literalSize(node);
    if (known !== undefined) return known;
    const path = this.#pathOf(node);
    const max = path.length === 0 ? undefined : this.#sizeOf(path);
    if (max !== undefined) {
      const size = { min: 0, max };
      this.#sizes.set(node, size);
      return size;
    }
    if (hasOneSize(this.#checked.typeOf(node))) return { min: 1, max: 1 };
    return node.kind === 'name' ? this.#local(node.name)?.size : undefined;
  }

  #setSize(node: Node, size: Size | undefined): void {
    if (size !== undefined) this.#sizes.set(node, size);
  }

  #setEntries(node: Node, entries: EntrySizes | undefined): void {
    if (entries !== undefined) this.#entries.set(node, entries);
  }

  #copySizes(to: Node, from: Node): void {
    this.#setSize(to, this.#size(from));
    this.#setEntries(to, this.#entriesOf(from));
  }

  #entriesOf(node: Node): EntrySizes | undefined {
    return this.#entries.get(node) ?? (node.kind === 'name' ? this.#local(node.name)?.entries : undefined);
  }

  #unionEntries(a: Node, b: Node): EntrySizes | undefined {
    const [left, right] = [this.#entriesOf(a), this.#entriesOf(b)];
    if (left === undefined || right === undefined) return undefined;
    return { isList: left.isList, key: union(left.key, right.key), value: union(left.value, right.value) };
  }

  #pathOf(node: Node): readonly string[] {
    const local = node.kind === 'name' ? this.#local(node.name) : undefined;
    return local?.path ?? this.#paths.get(node) ?? [];
  }

  #local(name: string): LocalVariable | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #push(name: string, variable: LocalVariable): void {
    const stack = this.#locals.get(name);
    if (stack === undefined) this.#locals.set(name, [variable]);
    else stack.push(variable);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }
}

function union(a: Size, b: Size): Size {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function unionOf(sizes: readonly Size[]): Size {
  return sizes.length === 0 ? { min: 0, max: 0 } : sizes.reduce(union);
}

function literalSize(node: Node): Size | undefined {
  const exactly = (size: number): Size => ({ min: size, max: size });
  switch (node.kind) {
    case 'literal':
      if (node.type === 'string') return exactly([...String(node.value)].length);
      return exactly(node.type === 'bytes' ? String(node.value).length : 1);
    case 'list':
      return exactly(node.items.length);
    case 'map':
      return exactly(node.entries.length);
    default:
      return undefined;
  }
}

function hasOneSize(type: CelType): boolean {
  const inside = insideOptional(type);
  if (inside !== undefined) return hasOneSize(inside);
  return type.kind === 'scalar' && type.name !== 'string' && type.name !== 'bytes';
}
