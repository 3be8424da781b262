import { type Library, parseChecked, syntaxProblems } from './check/check-expression.ts';
import { dyn, mapOf, printRuntimeType, scalar } from './check/types.ts';
import { CelError } from './errors.ts';

const object = mapOf(scalar('string'), dyn);
const library: Library = 'portable';

/**
 * The type that CEL's checker gives an expression over maps of anything, in its words: `bool`, `map(string, dyn)`, `dyn`
 * where only running it can tell. Knows CEL's own functions and its optional, string, set and encoder libraries.
 *
 * @param variables names whose values are maps of anything
 * @throws {CelError} `PARSE`, `CHECK`: also for types that do not fit, such as `1 + 'a'`
 */
export function resultType(text: string, variables: readonly string[]): string {
  return printRuntimeType(parseChecked(text, new Map(variables.map((name) => [name, object])), library).type);
}

/** Whether a text is an expression at all. @throws {CelError} `PARSE`, in the words of cel-go */
export function checkSyntax(text: string): void {
  const problems = syntaxProblems(text);
  if (problems !== undefined) throw new CelError('PARSE', problems);
}
