import { parse } from '@bufbuild/cel';
import { CelError } from './errors.ts';
import type { Expr } from './instrument.ts';

// The library knows macros with one variable. Those with two go over pairs of index (or key) and value:
//   l.all(i, v, p)                 -> pairs(l).all(q, p)               with i, v read as q[0], q[1]
//   l.transformList(i, v, f?, t)   -> pairs(l).map(q, f?, t)
//   m.transformMap(k, v, f?, t)    -> from_pairs(pairs(m).map(q, f?, [q[0], t]))
//   m.transformMapEntry(k, v, f?, e) -> merge(pairs(m).map(q, f?, e))
//   o.orValue(x)                   -> [o].map(q, q.hasValue() ? q.value() : x)[0]     (x only where it is needed)
//   l.sortBy(v, key)               -> [l].map(q, sort_by(q, q.map(v, key)))[0]
// Source: CEL's two-variable comprehensions extension and its lists extension.

export const pairsFunction = 'opt__pairs';
export const fromPairsFunction = 'opt__from_pairs';
export const mergeFunction = 'opt__merge';
export const sortByFunction = 'opt__sort_by';

const target = 'opt__target';
const body = 'opt__body';
const filter = 'opt__filter';

/** Expansion of a macro, with `q` as the pair; undefined for other functions. */
function templateOf(name: string, q: string, filtered: boolean): string | undefined {
  const pairs = `${pairsFunction}(${target})`;
  const when = filtered ? `${filter}, ` : '';
  switch (name) {
    case 'all':
    case 'exists':
      return filtered ? undefined : `${pairs}.${name}(${q}, ${body})`;
    case 'existsOne':
    case 'exists_one':
      return filtered ? undefined : `${pairs}.exists_one(${q}, ${body})`;
    case 'transformList':
      return `${pairs}.map(${q}, ${when}${body})`;
    case 'transformMap':
      return `${fromPairsFunction}(${pairs}.map(${q}, ${when}[${q}[0], ${body}]))`;
    case 'transformMapEntry':
      return `${mergeFunction}(${pairs}.map(${q}, ${when}${body}))`;
    default:
      return undefined;
  }
}

/** Expands macros with two variables, innermost first. Returns the expression to use. */
export function expandMacros(expr: Expr): Expr {
  return new Expander().expand(expr);
}

class Expander {
  #count = 0;

  expand(expr: Expr): Expr {
    eachChild(expr, (child) => this.expand(child));
    if (expr.exprKind.case !== 'callExpr') return expr;
    const { args, function: name, target: operand } = expr.exprKind.value;
    if (operand !== undefined && (name === 'orValue' || name === 'or') && args.length === 1) {
      return this.#alternative(expr, name, operand, args[0] as Expr);
    }
    if (operand !== undefined && name === 'sortBy' && args.length === 2) return this.#sortBy(operand, args);
    if (operand === undefined || args.length < 3 || args.length > 4) return expr;
    const [first, second] = [nameOf(args[0]), nameOf(args[1])];
    if (first === undefined || second === undefined) return expr;
    const pair = `opt__pair${this.#count}`;
    const template = templateOf(name, pair, args.length === 4);
    if (template === undefined) return expr;
    if (first === second) throw new CelError('PARSE', `${name} needs two different variables`);
    this.#count++;
    const elements = new Map([
      [first, parse(`${pair}[0]`).expr],
      [second, parse(`${pair}[1]`).expr],
    ]);
    const inserts = new Map([
      [target, operand],
      [body, substitute(args[args.length - 1] as Expr, elements)],
      [filter, substitute(args[2] as Expr, elements)],
    ]);
    return substitute(parse(template).expr, inserts);
  }

  /** The other value of an optional is worked out only where it has none. */
  #alternative(expr: Expr, name: 'or' | 'orValue', operand: Expr, other: Expr): Expr {
    if (other.exprKind.case === 'constExpr') return expr;
    const optional = `opt__or${this.#count++}`;
    const own = name === 'or' ? optional : `${optional}.value()`;
    const template = `[${target}].map(${optional}, ${optional}.hasValue() ? ${own} : ${body})[0]`;
    const inserts = new Map([
      [target, operand],
      [body, other],
    ]);
    return substitute(parse(template).expr, inserts);
  }

  #sortBy(operand: Expr, args: readonly Expr[]): Expr {
    const variable = nameOf(args[0]);
    if (variable === undefined) throw new CelError('PARSE', 'argument is not an identifier');
    const list = `opt__list${this.#count++}`;
    const template = `[${target}].map(${list}, ${sortByFunction}(${list}, ${list}.map(${variable}, ${body})))[0]`;
    const inserts = new Map([
      [target, operand],
      [body, args[1] as Expr],
    ]);
    return substitute(parse(template).expr, inserts);
  }
}

function nameOf(expr: Expr | undefined): string | undefined {
  return expr?.exprKind.case === 'identExpr' ? expr.exprKind.value.name : undefined;
}

/** Replaces free names by expressions, in place where it can. */
function substitute(expr: Expr, names: ReadonlyMap<string, Expr>): Expr {
  const own = nameOf(expr);
  if (own !== undefined) return names.get(own) ?? expr;
  if (expr.exprKind.case !== 'comprehensionExpr') {
    eachChild(expr, (child) => substitute(child, names));
    return expr;
  }
  const loop = expr.exprKind.value;
  const inner = new Map(names);
  for (const bound of [loop.iterVar, loop.iterVar2, loop.accuVar]) inner.delete(bound);
  if (loop.iterRange !== undefined) loop.iterRange = substitute(loop.iterRange, names);
  if (loop.accuInit !== undefined) loop.accuInit = substitute(loop.accuInit, names);
  if (loop.loopCondition !== undefined) loop.loopCondition = substitute(loop.loopCondition, inner);
  if (loop.loopStep !== undefined) loop.loopStep = substitute(loop.loopStep, inner);
  if (loop.result !== undefined) loop.result = substitute(loop.result, inner);
  return expr;
}

/** Replaces the direct parts of an expression. */
function eachChild(expr: Expr, replace: (child: Expr) => Expr): void {
  const { exprKind: kind } = expr;
  switch (kind.case) {
    case 'selectExpr':
      if (kind.value.operand !== undefined) kind.value.operand = replace(kind.value.operand);
      return;
    case 'callExpr':
      if (kind.value.target !== undefined) kind.value.target = replace(kind.value.target);
      kind.value.args = kind.value.args.map(replace);
      return;
    case 'listExpr':
      kind.value.elements = kind.value.elements.map(replace);
      return;
    case 'structExpr':
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === 'mapKey') entry.keyKind.value = replace(entry.keyKind.value);
        if (entry.value !== undefined) entry.value = replace(entry.value);
      }
      return;
    case 'comprehensionExpr': {
      const loop = kind.value;
      if (loop.iterRange !== undefined) loop.iterRange = replace(loop.iterRange);
      if (loop.accuInit !== undefined) loop.accuInit = replace(loop.accuInit);
      if (loop.loopCondition !== undefined) loop.loopCondition = replace(loop.loopCondition);
      if (loop.loopStep !== undefined) loop.loopStep = replace(loop.loopStep);
      if (loop.result !== undefined) loop.result = replace(loop.result);
      return;
    }
    default:
  }
}
