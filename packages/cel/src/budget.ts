import { CelError } from './errors.ts';

/** Longest string that an expression may make, in UTF-16 units. */
export const maxText = 4_000_000;

// Evaluation is synchronous, so one counter serves: the innermost evaluation's remaining steps.
let remaining = 0;

/** Runs an evaluation that may spend `cost` steps. */
export function withBudget<T>(cost: number, run: () => T): T {
  const outer = remaining;
  remaining = cost;
  try {
    return run();
  } finally {
    remaining = outer;
  }
}

/** Spends steps: one per round of a comprehension, and what a function says its work is worth. */
export function spend(steps: number): void {
  remaining -= steps;
  if (remaining < 0) throw new CelError('COST', 'operation cancelled: actual cost limit exceeded');
}

/** Whether the running evaluation has spent all; errors that CEL's logic swallowed still end it. */
export function isSpent(): boolean {
  return remaining < 0;
}

/** Checks the length of a string about to be made. */
export function limitText(length: number): void {
  spend(Math.ceil(length / 100));
  if (length > maxText) throw new CelError('COST', `a string of ${length} characters is longer than ${maxText}`);
}
