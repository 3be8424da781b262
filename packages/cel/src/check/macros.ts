import type { Literal, LoopNode, Node } from './ast.ts';

/** The value that a loop gathers; no name of the language can be it. */
export const accumulator = '@result';

/** A macro that is used wrongly. */
export class MacroFault extends Error {
  readonly at: number;

  constructor(node: Node, message: string) {
    super(message);
    this.at = node.at;
  }
}

/** Builds nodes that stand at one place, that of the macro's call. */
class Builder {
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  bool(value: boolean): Literal {
    return { kind: 'literal', at: this.at, type: 'bool', value };
  }

  int(value: bigint): Literal {
    return { kind: 'literal', at: this.at, type: 'int', value };
  }

  name(name: string): Node {
    return { kind: 'name', at: this.at, name };
  }

  gathered(): Node {
    return this.name(accumulator);
  }

  list(...items: readonly Node[]): Node {
    return { kind: 'list', at: this.at, items, optionals: new Set() };
  }

  call(name: string, ...args: readonly Node[]): Node {
    return { kind: 'call', at: this.at, name, args };
  }

  method(target: Node, name: string, ...args: readonly Node[]): Node {
    return { kind: 'call', at: this.at, name, target, args };
  }

  /** A loop over `range` that starts with `start`, goes on while `condition` and makes `step` each round. */
  loop(range: Node, iterVars: readonly string[], accuInit: Node, condition: Node, step: Node, result: Node): LoopNode {
    const accuVar = accumulator;
    return { kind: 'loop', at: this.at, range, iterVars, accuVar, accuInit, condition, step, result, isBind: false };
  }

  /** `result` with `value` by a name. */
  bind(name: string, value: Node, result: Node): LoopNode {
    return {
      kind: 'loop',
      at: this.at,
      range: this.list(),
      iterVars: ['#unused'],
      accuVar: name,
      accuInit: value,
      condition: this.bool(false),
      step: this.name(name),
      result,
      isBind: true,
    };
  }
}

type Expand = (build: Builder, target: Node, args: readonly Node[]) => Node;

/** The expansion of a macro; undefined for other calls. @throws {MacroFault} */
export function expandMacro(
  name: string,
  at: number,
  target: Node | undefined,
  args: readonly Node[],
): Node | undefined {
  const build = new Builder(at);
  if (target === undefined) return name === 'has' && args.length === 1 ? has(build, args[0] as Node) : undefined;
  return macros.get(`${name}/${args.length}`)?.(build, target, args);
}

function has(build: Builder, subject: Node): Node {
  if (subject.kind !== 'select' || subject.isTest) throw new MacroFault(subject, 'invalid argument to has() macro');
  return { ...subject, at: build.at, isTest: true };
}

function variable(node: Node | undefined, complaint: string): string {
  if (node?.kind !== 'name') throw new MacroFault(node as Node, complaint);
  if (node.name === accumulator || node.name === '__result__') {
    throw new MacroFault(node, 'iteration variable overwrites accumulator variable');
  }
  return node.name;
}

const simple = 'argument must be a simple name';

/** Macros with one variable say it in their own words. */
function oneVariable(complaint: string): (args: readonly Node[]) => { names: string[]; rest: readonly Node[] } {
  return (args) => ({ names: [variable(args[0], complaint)], rest: args.slice(1) });
}

function twoVariables(args: readonly Node[]): { names: string[]; rest: readonly Node[] } {
  const names = args.slice(0, 2).map((arg) => {
    if (arg.kind !== 'name') throw new MacroFault(arg, simple);
    return arg.name;
  });
  if (names[0] === names[1]) throw new MacroFault(args[1] as Node, `duplicate variable name: ${names[0]}`);
  for (const arg of args.slice(0, 2)) variable(arg, simple);
  return { names, rest: args.slice(2) };
}

type Variables = (args: readonly Node[]) => { names: string[]; rest: readonly Node[] };

const all =
  (variables: Variables): Expand =>
  (b, target, args) => {
    const { names, rest } = variables(args);
    const condition = b.call('@not_strictly_false', b.gathered());
    const step = b.call('_&&_', b.gathered(), rest[0] as Node);
    return b.loop(target, names, b.bool(true), condition, step, b.gathered());
  };

const exists =
  (variables: Variables): Expand =>
  (b, target, args) => {
    const { names, rest } = variables(args);
    const condition = b.call('@not_strictly_false', b.call('!_', b.gathered()));
    const step = b.call('_||_', b.gathered(), rest[0] as Node);
    return b.loop(target, names, b.bool(false), condition, step, b.gathered());
  };

const existsOne =
  (variables: Variables): Expand =>
  (b, target, args) => {
    const { names, rest } = variables(args);
    const counted = b.call('_+_', b.gathered(), b.int(1n));
    const step = b.call('_?_:_', rest[0] as Node, counted, b.gathered());
    return b.loop(target, names, b.int(0n), b.bool(true), step, b.call('_==_', b.gathered(), b.int(1n)));
  };

/** Gathers what `add` makes of the last argument, filtered by the one before it if there are two. */
function gather(b: Builder, target: Node, names: string[], rest: readonly Node[], start: Node, add: Node): Node {
  const [filter] = rest;
  const step = rest.length === 2 ? b.call('_?_:_', filter as Node, add, b.gathered()) : add;
  return b.loop(target, names, start, b.bool(true), step, b.gathered());
}

const map =
  (variables: Variables): Expand =>
  (b, target, args) => {
    const { names, rest } = variables(args);
    const add = b.call('_+_', b.gathered(), b.list(rest[rest.length - 1] as Node));
    return gather(b, target, names, rest, b.list(), add);
  };

const filter: Expand = (b, target, args) => {
  const name = variable(args[0], 'argument is not an identifier');
  const add = b.call('_+_', b.gathered(), b.list(args[0] as Node));
  const step = b.call('_?_:_', args[1] as Node, add, b.gathered());
  return b.loop(target, [name], b.list(), b.bool(true), step, b.gathered());
};

/** Gathers a map; `isEntry` when each round gives a map of its own. */
const transformMap =
  (isEntry: boolean): Expand =>
  (b, target, args) => {
    const { names, rest } = twoVariables(args);
    const value = rest[rest.length - 1] as Node;
    const key = isEntry ? [] : [b.name(names[0] as string)];
    const start: Node = { kind: 'map', at: b.at, entries: [] };
    return gather(b, target, names, rest, start, b.call('cel.@mapInsert', b.gathered(), ...key, value));
  };

const optional =
  (name: 'optMap' | 'optFlatMap'): Expand =>
  (b, target, args) => {
    const [variableNode, body] = args as [Node, Node];
    if (variableNode.kind !== 'name') {
      throw new MacroFault(variableNode, `${name}() variable name must be a simple identifier`);
    }
    const bound = b.bind(variableNode.name, b.method(target, 'value'), body);
    const some = name === 'optMap' ? b.call('optional.of', bound) : bound;
    return b.call('_?_:_', b.method(target, 'hasValue'), some, b.call('optional.none'));
  };

const sortBy: Expand = (b, target, args) => {
  if (!['list', 'select', 'name', 'loop', 'call', 'optional-select'].includes(target.kind)) {
    const message = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression';
    throw new MacroFault(target, message);
  }
  const input = b.name('@__sortBy_input__');
  const keys = map(oneVariable('argument is not an identifier'))(b, input, args);
  return b.bind('@__sortBy_input__', target, b.method(input, '@sortByAssociatedKeys', keys));
};

const one = oneVariable(simple);
const mapped = map(oneVariable('argument is not an identifier'));

/** By name and number of arguments. */
const macros: ReadonlyMap<string, Expand> = new Map<string, Expand>([
  ['all/2', all(one)],
  ['all/3', all(twoVariables)],
  ['exists/2', exists(one)],
  ['exists/3', exists(twoVariables)],
  ['exists_one/2', existsOne(one)],
  ['exists_one/3', existsOne(twoVariables)],
  ['existsOne/3', existsOne(twoVariables)],
  ['map/2', mapped],
  ['map/3', mapped],
  ['filter/2', filter],
  ['transformList/3', map(twoVariables)],
  ['transformList/4', map(twoVariables)],
  ['transformMap/3', transformMap(false)],
  ['transformMap/4', transformMap(false)],
  ['transformMapEntry/3', transformMap(true)],
  ['transformMapEntry/4', transformMap(true)],
  ['optMap/2', optional('optMap')],
  ['optFlatMap/2', optional('optFlatMap')],
  ['sortBy/2', sortBy],
]);
