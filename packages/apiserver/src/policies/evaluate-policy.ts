import { CelError, compileExpression } from '@fluvial/cel';
import { asArray, asObject, asString } from '../json.ts';
import type { KubeObject } from '../types.ts';

/** What expressions may speak of. */
export interface PolicyVariables {
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly request: unknown;
  readonly params: unknown;
  readonly namespaceObject: unknown;
}

/** Why a policy is not content. */
export interface Complaint {
  readonly message: string;
  /** `Invalid`, `Forbidden`, `Unauthorized`, `RequestEntityTooLarge`. */
  readonly reason: string;
}

const NAMES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];
const LONGEST_MESSAGE = 5 * 1024;

/** The complaints of a policy about a write, in the order of its validations; none where its conditions do not hold. */
export function evaluatePolicy(policy: KubeObject, given: PolicyVariables): readonly Complaint[] {
  const spec = asObject(policy['spec']);
  const evaluate = evaluatorOf(spec['variables'], given);
  const failsOpen = asString(spec['failurePolicy']) === 'Ignore';
  const failed = (message: string): Complaint[] => (failsOpen ? [] : [{ message, reason: 'Invalid' }]);
  const conditions = asArray(spec['matchConditions']).map((one) => evaluate(asString(asObject(one)['expression'])));
  if (conditions.some((answer) => answer.value === false)) return [];
  const broken = conditions.find((answer) => answer.error !== undefined);
  if (broken !== undefined) return failed(broken.error!);
  return asArray(spec['validations']).flatMap((entry) => {
    const { expression, message, messageExpression, reason } = asObject(entry);
    const answer = evaluate(asString(expression));
    if (answer.error !== undefined) return failed(answer.error);
    if (answer.value === true) return [];
    const said = asString(messageExpression) === '' ? undefined : evaluate(asString(messageExpression)).value;
    const text = usable(said) ?? (asString(message).trim() || `failed expression: ${asString(expression).trim()}`);
    return [{ message: text, reason: asString(reason) || 'Invalid' }];
  });
}

/** A message that an expression made, unless it is none. */
function usable(said: unknown): string | undefined {
  if (typeof said !== 'string' || said.length > LONGEST_MESSAGE) return undefined;
  const text = said.trim();
  return text === '' || text.includes('\n') ? undefined : text;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** Evaluates with the policy's own variables, which may speak of those before them; who uses a broken one is broken. */
function evaluatorOf(declared: unknown, given: PolicyVariables): (expression: string) => Answer {
  const values: Record<string, unknown> = {};
  const broken = new Map<string, string>();
  const run = (expression: string): Answer => {
    try {
      const program = compileExpression(expression, { variables: NAMES, numbers: 'json' });
      return { value: program.evaluate({ ...given, variables: values }) };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const missing = /no such key: (\w+)$/.exec(error.message)?.[1] ?? '';
      const why = broken.get(missing);
      return {
        error: why === undefined ? error.message : `composited variable "${missing}" fails to evaluate: ${why}`,
      };
    }
  };
  for (const entry of asArray(declared)) {
    const { name, expression } = asObject(entry);
    const { value, error } = run(asString(expression));
    if (error === undefined) values[asString(name)] = value;
    else broken.set(asString(name), error);
  }
  return (expression) => {
    const answer = run(expression);
    return answer.error === undefined
      ? answer
      : { error: `expression '${expression.trim()}' resulted in error: ${answer.error}` };
  };
}
