import type { parse } from '@bufbuild/cel';
import { CelError } from './errors.ts';

/** The library's syntax tree; its package for these types is not ours to import. */
export type Expr = ReturnType<typeof parse>['expr'];

/** Called with the result of each round of a comprehension. */
export const tickFunction = 'opt__tick';

/** Asked before each round: an error alone does not end a loop, CEL's logic may swallow it. */
export const aliveFunction = 'opt__alive';

const knownNames = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
  'dyn',
  'optional_type',
  'google',
]);

/** What a walk over an expression has to know and finds. */
export interface Walk {
  /** Names that may stand free: variables. Undefined: any. */
  readonly variables: ReadonlySet<string> | undefined;
  /** Names of functions, also qualified ones such as `sets.contains`. */
  readonly functions: ReadonlySet<string>;
  /** Free names found. */
  readonly used: Set<string>;
}

/**
 * Checks names and makes every comprehension count its rounds, in place.
 *
 * @throws {CelError} `CHECK` for a name or function that is not there
 */
export function instrument(expr: Expr, walk: Walk): void {
  visit(expr, walk, new Set());
}

function visit(expr: Expr | undefined, walk: Walk, bound: ReadonlySet<string>): void {
  if (expr === undefined) return;
  const { exprKind: kind } = expr;
  switch (kind.case) {
    case 'identExpr':
      checkName(kind.value.name, walk, bound);
      return;
    case 'selectExpr':
      visit(kind.value.operand, walk, bound);
      return;
    case 'callExpr':
      visitCall(kind.value, walk, bound);
      return;
    case 'listExpr':
      for (const element of kind.value.elements) visit(element, walk, bound);
      return;
    case 'structExpr':
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === 'mapKey') visit(entry.keyKind.value, walk, bound);
        visit(entry.value, walk, bound);
      }
      return;
    case 'comprehensionExpr': {
      const loop = kind.value;
      visit(loop.iterRange, walk, bound);
      visit(loop.accuInit, walk, bound);
      const inner = new Set([...bound, loop.iterVar, loop.iterVar2, loop.accuVar]);
      visit(loop.loopCondition, walk, inner);
      visit(loop.loopStep, walk, inner);
      visit(loop.result, walk, inner);
      if (loop.loopStep !== undefined) loop.loopStep = call(tickFunction, [loop.loopStep], loop.loopStep.id);
      if (loop.loopCondition !== undefined) {
        const { id } = loop.loopCondition;
        loop.loopCondition = call('_&&_', [call(aliveFunction, [], id), loop.loopCondition], id);
      }
      return;
    }
    default:
  }
}

type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];

function visitCall(call: Call, walk: Walk, bound: ReadonlySet<string>): void {
  for (const argument of call.args) visit(argument, walk, bound);
  const qualifier = qualifiedName(call.target);
  if (qualifier !== undefined && walk.functions.has(`${qualifier}.${call.function}`)) return;
  visit(call.target, walk, bound);
  if (!isOperator(call.function) && !walk.functions.has(call.function)) {
    throw new CelError('CHECK', `undeclared reference to '${call.function}' (in container '')`);
  }
}

function isOperator(name: string): boolean {
  return /^[^A-Za-z]/.test(name);
}

/** `a.b` of a chain of plain names. */
function qualifiedName(expr: Expr | undefined): string | undefined {
  if (expr?.exprKind.case === 'identExpr') return expr.exprKind.value.name;
  if (expr?.exprKind.case !== 'selectExpr' || expr.exprKind.value.testOnly) return undefined;
  const prefix = qualifiedName(expr.exprKind.value.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.exprKind.value.field}`;
}

function checkName(name: string, walk: Walk, bound: ReadonlySet<string>): void {
  if (bound.has(name) || knownNames.has(name)) return;
  walk.used.add(name);
  if (walk.variables?.has(name) === false) {
    throw new CelError('CHECK', `undeclared reference to '${name}' (in container '')`);
  }
}

function call(name: string, args: readonly Expr[], id: bigint): Expr {
  const value = { $typeName: 'cel.expr.Expr.Call', function: name, args };
  return { $typeName: 'cel.expr.Expr', id, exprKind: { case: 'callExpr', value } } as unknown as Expr;
}
