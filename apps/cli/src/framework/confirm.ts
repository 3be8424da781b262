import type { Context } from './context.ts';

/** Asks a yes-or-no question; only `y` and `Y` mean yes. Nobody there to answer means no. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  if (context.stdin.isTerminal) context.stdout(`? ${question}? [y/N] `);
  for await (const line of context.stdin.lines()) return /^y$/i.test(line.trim());
  return false;
}
