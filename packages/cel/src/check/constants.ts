import { compileRegex } from '../functions/text.ts';
import { type CallNode, type Literal, type Node, partsOf } from './ast.ts';

// What is worked out before an expression runs, and may fail then: patterns and conversions of literals.

/** Why an expression cannot be made ready to run although it is well typed; undefined when it can. */
export function constantProblem(root: Node): string | undefined {
  return firstProblem(root, new Set());
}

function firstProblem(node: Node, seen: Set<Node>): string | undefined {
  if (seen.has(node)) return undefined;
  seen.add(node);
  const own = node.kind === 'call' ? (conversionProblem(node) ?? literalPattern(node)) : undefined;
  if (own !== undefined) return own;
  for (const part of partsOf(node)) {
    const problem = firstProblem(part, seen);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is wrong with a pattern, in the words of Go. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compileRegex(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function literalPattern(call: CallNode): string | undefined {
  if (!['matches', 'find', 'findAll'].includes(call.name)) return undefined;
  const pattern = call.args[call.target === undefined ? 1 : 0];
  return pattern?.kind === 'literal' && pattern.type === 'string' ? patternProblem(String(pattern.value)) : undefined;
}

const numbers: { readonly [name: string]: RegExp } = {
  int: /^[+-]?\d+$/,
  uint: /^\d+$/,
  double: /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|0x[\da-f]+\.?[\da-f]*p[+-]?\d+|inf(?:inity)?|nan)$/i,
  bool: /^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/,
};

function conversionProblem(call: CallNode): string | undefined {
  const [arg] = call.args;
  if (call.target !== undefined || call.args.length !== 1 || arg?.kind !== 'literal') return undefined;
  if (arg.type === 'string') {
    const isNumber = numbers[call.name]?.test(String(arg.value)) ?? true;
    const fits = isNumber && rangeProblem(call.name, arg) === undefined;
    return fits ? undefined : `type conversion error from 'string' to '${call.name}'`;
  }
  return rangeProblem(call.name, arg);
}

function rangeProblem(to: string, arg: Literal): string | undefined {
  if (to !== 'int' && to !== 'uint') return undefined;
  if (arg.type !== 'string' && arg.type !== 'int' && arg.type !== 'uint' && arg.type !== 'double') return undefined;
  const value =
    typeof arg.value === 'number' ? BigInt(Math.trunc(arg.value)) : BigInt(String(arg.value).replace(/^\+/, ''));
  if (to === 'int') return BigInt.asIntN(64, value) === value ? undefined : 'integer overflow';
  return BigInt.asUintN(64, value) === value ? undefined : 'unsigned integer overflow';
}
