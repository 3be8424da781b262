import type { StatusReader } from '@fluvial/apply';
import { checkSyntax, compileExpression, resultType } from '@fluvial/cel';
import type { StatusResult, StatusSubject } from '@fluvial/conditions';
import { messageOf } from './errors.ts';
import type { KustomizationSpec } from './kustomization-object.ts';

type HealthExpr = NonNullable<KustomizationSpec['healthCheckExprs']>[number];

/** A configuration that no retry will mend; the message follows `terminal error: `. */
export class InvalidExpressionError extends Error {
  override readonly name = 'InvalidExpressionError';
}

/**
 * Compiles `spec.healthCheckExprs` to a reader of health. The version does not matter; an entry without a kind is for
 * all kinds of its group that have none of their own.
 *
 * @throws {InvalidExpressionError} an expression that cannot be parsed, or a kind that is there twice
 */
export function compileHealthExprs(exprs: KustomizationSpec['healthCheckExprs']): StatusReader | undefined {
  if (!exprs?.length) return undefined;
  const byKind = new Map<string, HealthExpr>();
  for (const [index, expr] of exprs.entries()) {
    const key = keyOf(expr.apiVersion, expr.kind ?? '');
    if (byKind.has(key)) {
      const groupKind = key.startsWith('/') ? key.slice(1) : `${expr.kind ?? ''}.${groupOf(expr.apiVersion)}`;
      throw new InvalidExpressionError(
        `duplicate custom health check for GroupKind ${groupKind} at healthchecks[${index}]`,
      );
    }
    for (const text of [expr.inProgress, expr.failed, expr.current]) if (text) assertParses(text);
    byKind.set(key, expr);
  }
  return (object) => {
    const expr = byKind.get(keyOf(object.apiVersion, object.kind)) ?? byKind.get(keyOf(object.apiVersion, ''));
    return expr && readHealth(expr, object);
  };
}

function readHealth(expr: HealthExpr, object: StatusSubject): StatusResult {
  const observed = (object['status'] as { observedGeneration?: unknown } | undefined)?.observedGeneration;
  if (typeof observed === 'number' && observed !== object.metadata.generation) {
    return { status: 'InProgress', message: 'the newest generation has not been observed' };
  }
  for (const [status, text] of [
    ['InProgress', expr.inProgress],
    ['Failed', expr.failed],
    ['Current', expr.current],
  ] as const) {
    if (!text) continue;
    let answer: unknown;
    try {
      answer = compileExpression(text, { variables: 'any' }).evaluate(object);
    } catch (error) {
      return { status: 'Unknown', message: `failed to evaluate the CEL expression '${text}': ${messageOf(error)}` };
    }
    if (typeof answer !== 'boolean') {
      return { status: 'Unknown', message: `failed to evaluate CEL expression as boolean: '${text}'` };
    }
    if (answer) return { status, message: `the expression for ${status} holds` };
  }
  return { status: 'InProgress', message: 'no expression holds' };
}

/** Only the syntax is checked ahead: which fields there are, the object will tell. */
function assertParses(text: string): void {
  try {
    checkSyntax(text);
    compileExpression(text, { variables: 'any' });
  } catch (error) {
    throw new InvalidExpressionError(`failed to parse the CEL expression '${text}': ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function keyOf(apiVersion: string, kind: string): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/**
 * Asks a dependency's `readyExpr`, which sees both objects as `self` and `dep`.
 *
 * @returns false also when the expression fails for these objects: then it is not ready
 * @throws {InvalidExpressionError} an expression that can never be evaluated
 */
export function evaluateReadyExpr(text: string, self: unknown, dep: unknown, name: string): boolean {
  let program: ReturnType<typeof compileExpression>;
  let type: string;
  try {
    type = resultType(text, ['self', 'dep']);
    program = compileExpression(text, { variables: ['self', 'dep'] });
  } catch (error) {
    throw new InvalidExpressionError(
      `failed to evaluate dependency ${name}: failed to parse the CEL expression '${text}': ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (type !== 'bool') {
    throw new InvalidExpressionError(
      `failed to evaluate dependency ${name}: CEL expression output type mismatch: expected bool, got ${type}`,
    );
  }
  try {
    return program.evaluate({ self, dep }) === true;
  } catch {
    return false;
  }
}
