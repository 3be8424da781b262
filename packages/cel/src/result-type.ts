import { parseText } from './compile-expression.ts';
import type { Expr } from './instrument.ts';

/**
 * The type that CEL's checker would give an expression over dynamic maps, in its words (`bool`, `map(string, dyn)`), as
 * far as it follows from the operators and functions alone; undefined where it does not.
 *
 * @param variables names whose values are maps of anything
 * @throws {CelError} `PARSE`, `CHECK`
 */
export function resultType(text: string, variables: readonly string[]): string | undefined {
  return typeOf(parseText(text), new Map(variables.map((name) => [name, 'map(string, dyn)'])));
}

type Types = ReadonlyMap<string, string | undefined>;

const boolOperators = new Set(['_&&_', '_||_', '!_', '_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '@in', '_in_']);
const arithmetic = new Set(['_+_', '_-_', '_*_', '_/_', '_%_', '-_']);

const functionTypes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bool: 'bool contains startsWith endsWith matches isSorted hasValue isURL isQuantity isSemver',
    int: 'int size indexOf lastIndexOf getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth getSeconds',
    string: 'string lowerAscii upperAscii replace trim substring charAt join format find',
    uint: 'uint',
    double: 'double',
    bytes: 'bytes',
    dyn: 'dyn',
    timestamp: 'timestamp',
    duration: 'duration',
    'list(string)': 'split findAll',
  }).flatMap(([type, names]) => names.split(' ').map((name): [string, string] => [name, type])),
);

function typeOf(expr: Expr | undefined, known: Types): string | undefined {
  if (expr === undefined) return undefined;
  const { exprKind: kind } = expr;
  switch (kind.case) {
    case 'constExpr':
      return constantType(kind.value.constantKind.case);
    case 'identExpr':
      return known.get(kind.value.name);
    case 'selectExpr':
      return kind.value.testOnly ? 'bool' : 'dyn';
    case 'listExpr':
      return `list(${common(kind.value.elements.map((element) => typeOf(element, known))) ?? 'dyn'})`;
    case 'structExpr':
      return kind.value.messageName === '' ? 'map(dyn, dyn)' : undefined;
    case 'callExpr':
      return callType(kind.value, known);
    case 'comprehensionExpr': {
      const loop = kind.value;
      const start = typeOf(loop.accuInit, known);
      // What gathers in a list is of the loop's making; its elements are not looked into.
      const accu = start?.startsWith('list(') ? 'list(dyn)' : start;
      const inner = new Map(known).set(loop.iterVar, 'dyn').set(loop.iterVar2, 'dyn').set(loop.accuVar, accu);
      return typeOf(loop.result, inner);
    }
    default:
      return undefined;
  }
}

function constantType(name: string | undefined): string | undefined {
  switch (name) {
    case 'boolValue':
      return 'bool';
    case 'int64Value':
      return 'int';
    case 'uint64Value':
      return 'uint';
    case 'doubleValue':
      return 'double';
    case 'stringValue':
      return 'string';
    case 'bytesValue':
      return 'bytes';
    case 'nullValue':
      return 'null_type';
    default:
      return undefined;
  }
}

type Call = Extract<NonNullable<Expr>['exprKind'], { case: 'callExpr' }>['value'];

function callType({ function: name, args, target }: Call, known: Types): string | undefined {
  if (boolOperators.has(name)) return 'bool';
  if (name === '_?_:_') return common(args.slice(1).map((arg) => typeOf(arg, known)));
  if (arithmetic.has(name)) return common(args.map((arg) => typeOf(arg, known)));
  if (name === '_[_]') return typeOf(args[0], known)?.startsWith('optional') ? undefined : 'dyn';
  // A function of a library has its package for a target: what it gives is not known here.
  if (target?.exprKind.case === 'identExpr' && !known.has(target.exprKind.value.name)) return undefined;
  return functionTypes.get(name);
}

/** Operands are of one type: that of those whose type is fixed. */
function common(types: readonly (string | undefined)[]): string | undefined {
  const fixed = new Set(types.filter((type) => type !== 'dyn'));
  if (fixed.size === 0) return types.length === 0 ? undefined : 'dyn';
  return fixed.size === 1 ? [...fixed][0] : undefined;
}
