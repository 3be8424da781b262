import {
  type CelEnv,
  type CelFunc,
  CelScalar,
  type CelValue,
  celEnv,
  celError,
  celFunc,
  isCelError,
  parse,
  plan,
} from '@bufbuild/cel';
import { isSpent, spend, withBudget } from './budget.ts';
import { withinStack } from './check/within-stack.ts';
import { CelError } from './errors.ts';
import { evaluationError } from './evaluation-error.ts';
import { conversions } from './functions/conversions.ts';
import { formats } from './functions/formats.ts';
import { lists, sets } from './functions/lists.ts';
import { network } from './functions/network.ts';
import { optionalOf, optionals } from './functions/optionals.ts';
import { pairs } from './functions/pairs.ts';
import { quantity } from './functions/quantity.ts';
import { semver } from './functions/semver.ts';
import { compileRegex, encoders, text as textFunctions } from './functions/text.ts';
import { aliveFunction, instrument, tickFunction } from './instrument.ts';
import { rewriteOptionals } from './optional-syntax.ts';
import { expandMacros } from './two-variable-macros.ts';
import { type NumberMode, type TypeHint, unwrapValue, wrapHinted, wrapJson } from './values.ts';

export interface CompileOptions {
  /**
   * Names the expression may use. A name outside them is a `CHECK` error; with `any` there is none, and a name without a
   * value is an error of its operation when it runs, as a missing key is.
   */
  readonly variables: readonly string[] | 'any';
  /** Longest text, in UTF-16 units. Default 16384. */
  readonly maxLength?: number;
  /** Bound on one evaluation, in steps: rounds of comprehensions and the work of functions. Default 1_000_000. */
  readonly maxCost?: number;
  /**
   * How JSON numbers enter: `double` (all of them; the default), or `json` (integral numbers are int and others double,
   * as for objects in Kubernetes, where `self.replicas + 1` works).
   */
  readonly numbers?: NumberMode;
}

/** A compiled expression. Compiling again with equal text and options returns a cached program. */
export interface CelProgram {
  readonly text: string;
  /** Variables that the expression mentions. */
  readonly uses: ReadonlySet<string>;
  /**
   * Evaluates with JSON-like values, which are not copied. The result is JSON-like again: maps are plain objects, int
   * within 2^53 and double are numbers, larger ints BigInt, bytes Uint8Array, durations and timestamps their texts.
   *
   * @throws {CelError} `EVALUATE`, `COST`
   */
  evaluate(variables: { readonly [name: string]: unknown }): unknown;
}

const defaultMaxLength = 16_384;
const defaultMaxCost = 1_000_000;
const { BOOL, DYN } = CelScalar;

const functions: CelFunc[] = [
  ...textFunctions,
  ...encoders,
  ...lists,
  ...sets,
  ...pairs,
  ...quantity,
  ...semver,
  ...network,
  ...optionals,
  ...formats,
  ...conversions,
  celFunc(aliveFunction, [], BOOL, () => !isSpent()),
  celFunc(tickFunction, [DYN], DYN, (value) => {
    spend(1);
    return value;
  }),
];

/** Functions of CEL itself, which the library does not list. */
const standard = [
  ...['size', 'contains', 'startsWith', 'endsWith', 'matches', 'type', 'dyn', 'duration', 'timestamp'],
  ...['bool', 'bytes', 'double', 'int', 'string', 'uint'],
  ...['getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear', 'getHours', 'getMilliseconds'],
  ...['getMinutes', 'getMonth', 'getSeconds'],
];
const functionNames: ReadonlySet<string> = new Set([...standard, ...functions.map((func) => func.name)]);

let environment: CelEnv | undefined;

function sharedEnvironment(): CelEnv {
  environment ??= celEnv({
    funcs: functions,
    re2: {
      compile: (pattern) => {
        const regex = compileRegex(pattern);
        return { test: (text) => regex.matcher(text).find() };
      },
    },
  });
  return environment;
}

const cache = new Map<string, CelProgram>();
const maxCached = 2000;

/**
 * Compiles a CEL expression: standard CEL, optional values, and the string, set, encoder, list, regex, URL, address and
 * quantity functions that Kubernetes adds. Types are checked when it runs.
 *
 * @throws {CelError} `PARSE`, `CHECK`
 */
export function compileExpression(text: string, options: CompileOptions): CelProgram {
  const { maxCost = defaultMaxCost, maxLength = defaultMaxLength, numbers = 'double', variables } = options;
  const key = `${numbers} ${maxCost} ${maxLength} ${typeof variables === 'string' ? '*' : variables.join(',')} ${text}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (text.length > maxLength) {
    throw new CelError('PARSE', `expression of ${text.length} characters is longer than ${maxLength}`);
  }
  const program = compile(text, variables, maxCost, numbers);
  if (cache.size >= maxCached) cache.clear();
  cache.set(key, program);
  return program;
}

function compile(
  text: string,
  variables: CompileOptions['variables'],
  maxCost: number,
  numbers: NumberMode,
): CelProgram {
  const expr = parseText(text);
  const used = new Set<string>();
  const isOpen = variables === 'any';
  withinStack(() => {
    instrument(expr, { variables: isOpen ? undefined : new Set(variables), functions: functionNames, used });
  });
  const evaluatePlan = withinStack(() => plan(sharedEnvironment(), expr));
  return {
    text,
    uses: used,
    evaluate: (values) => {
      const bindings: { [name: string]: CelValue } = {};
      for (const name of used) {
        const value = values[name];
        if (value === undefined) {
          if (!isOpen) throw new CelError('EVALUATE', `no such attribute: ${name}`);
          bindings[name] = celError(`no such attribute(s): ${name}`) as unknown as CelValue;
          continue;
        }
        bindings[name] = value instanceof TypedVariable ? value.value : wrapJson(value, numbers);
      }
      return withBudget(maxCost, () => {
        const result = withinStack(() => evaluatePlan(bindings));
        if (isSpent()) throw new CelError('COST', 'operation cancelled: actual cost limit exceeded');
        if (isCelError(result)) throw evaluationError(result);
        return unwrapValue(result);
      });
    },
  };
}

/** The syntax tree. @throws {CelError} `PARSE`, `CHECK` */
export function parseText(text: string): ReturnType<typeof parse>['expr'] {
  const plain = rewriteOptionals(text);
  try {
    return expandMacros(parse(plain).expr);
  } catch (cause) {
    if (cause instanceof CelError) throw cause;
    throw new CelError('PARSE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

class TypedVariable {
  readonly value: CelValue;

  constructor(value: CelValue) {
    this.value = value;
  }
}

/** A variable's value whose schema is known: numbers, bytes, times enter as the hints say. */
export function typedVariable(value: unknown, hint: TypeHint | undefined): unknown {
  return new TypedVariable(wrapHinted(value, hint));
}

/** A variable of optional type; undefined is the optional without value. */
export function optionalVariable(value: unknown, hint: TypeHint | undefined): unknown {
  return new TypedVariable(optionalOf(value === undefined ? undefined : wrapHinted(value, hint)));
}
