interface At {
  /** Where its issues are shown: the operator, the name, the opening bracket. Index into the code points. */
  readonly at: number;
}

export interface Entry extends At {
  readonly key: Node;
  readonly value: Node;
  readonly isOptional: boolean;
}

export interface FieldInit extends At {
  readonly name: string;
  readonly value: Node;
  readonly isOptional: boolean;
}

/** A loop, which the macros stand for. One with `isBind` only gives a value a name. */
export interface Loop extends At {
  readonly kind: 'loop';
  readonly range: Node;
  readonly iterVars: readonly string[];
  readonly accuVar: string;
  readonly accuInit: Node;
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
  readonly isBind: boolean;
}

/** Scalars as literals hold them; bytes and strings tell by `type`. */
export interface Literal extends At {
  readonly kind: 'literal';
  readonly type: 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes';
  readonly value: null | boolean | bigint | number | string;
}

/** An expression after its macros are expanded. Nodes are compared by identity. */
export type Node =
  | Literal
  | (At & { readonly kind: 'name'; readonly name: string })
  | (At & { readonly kind: 'select'; readonly operand: Node; readonly field: string; readonly isTest: boolean })
  | (At & { readonly kind: 'optional-select'; readonly operand: Node; readonly field: string })
  | (At & { readonly kind: 'call'; readonly name: string; readonly target?: Node; readonly args: readonly Node[] })
  | (At & { readonly kind: 'list'; readonly items: readonly Node[]; readonly optionals: ReadonlySet<number> })
  | (At & { readonly kind: 'map'; readonly entries: readonly Entry[] })
  | (At & { readonly kind: 'message'; readonly name: string; readonly fields: readonly FieldInit[] })
  | Loop
  /** Stands where the text is wrong. */
  | (At & { readonly kind: 'broken' });

export type LoopNode = Loop;
export type CallNode = Extract<Node, { kind: 'call' }>;

/** `a.b.c` of a chain of names; undefined for what is none, or longer than any name that is known. */
export function qualifiedName(node: Node, maxParts = 4): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind !== 'select' || node.isTest || maxParts <= 1) return undefined;
  const prefix = qualifiedName(node.operand, maxParts - 1);
  return prefix === undefined ? undefined : `${prefix}.${node.field}`;
}

/** The parts of a node, in the order of the text. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'select':
    case 'optional-select':
      return [node.operand];
    case 'call':
      return node.target === undefined ? node.args : [node.target, ...node.args];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case 'message':
      return node.fields.map((field) => field.value);
    case 'loop':
      return [node.range, node.accuInit, node.condition, node.step, node.result];
    default:
      return [];
  }
}

/** A call of a function without a receiver. */
export function call(name: string, at: number, args: readonly Node[]): Node {
  return { kind: 'call', name, at, args };
}

/** A chain of one operator as a tree of little depth. */
export function balanced(
  operator: string,
  terms: readonly Node[],
  places: readonly number[],
  from: number,
  to: number,
): Node {
  if (from === to) return terms[from] as Node;
  const middle = Math.floor((from + to - 1) / 2);
  const left = balanced(operator, terms, places, from, middle);
  return call(operator, places[middle] ?? 0, [left, balanced(operator, terms, places, middle + 1, to)]);
}
