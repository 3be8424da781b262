import { CelError } from '../errors.ts';

/**
 * Runs what goes as deep as an expression is nested. Chains of operators may be longer than the stack is deep.
 *
 * @throws {CelError} `COST` instead of a stack overflow
 */
export function withinStack<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CelError('COST', 'expression is nested too deeply', { cause: error });
  }
}
