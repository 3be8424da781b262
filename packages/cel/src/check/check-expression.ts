import { CelError } from '../errors.ts';
import type { Node } from './ast.ts';
import { type Checked, check } from './checker.ts';
import { constantProblem } from './constants.ts';
import { functions } from './declarations.ts';
import { checkLiterals } from './literals.ts';
import { parseExpression } from './parse.ts';
import { printIssues } from './source.ts';
import type { CelType } from './types.ts';
import { withinStack } from './within-stack.ts';

/** An expression whose types fit. */
export interface CheckedExpression {
  readonly text: string;
  readonly root: Node;
  /** Its type. */
  readonly type: CelType;
  /** Variables that it reads. */
  readonly uses: ReadonlySet<string>;
  readonly checked: Checked;
}

/** Functions that an expression may use: of CEL's libraries that Flux has, or of kube-apiserver. */
export type Library = 'portable' | 'kubernetes';

/**
 * Parses an expression and checks its types as kube-apiserver does: fields that no value has, operators and functions on
 * the wrong types, unknown names, literals of mixed types. Nothing is evaluated.
 *
 * @param variables types of the names that it may use
 * @throws {CelError} `PARSE`, `CHECK`; the message has all problems, as cel-go prints them
 */
export function checkExpression(text: string, variables: ReadonlyMap<string, CelType>): CheckedExpression {
  return parseChecked(text, variables, 'kubernetes');
}

/** The same with a choice of functions. @throws {CelError} `PARSE`, `CHECK` */
export function parseChecked(
  text: string,
  variables: ReadonlyMap<string, CelType>,
  library: Library,
): CheckedExpression {
  return withinStack(() => checkText(text, variables, library));
}

function checkText(text: string, variables: ReadonlyMap<string, CelType>, library: Library): CheckedExpression {
  const { issues: syntax, root } = parseExpression(text);
  if (syntax.length > 0) throw new CelError('PARSE', printIssues(text, syntax));
  const checked = check(root, variables, functions(library));
  if (checked.issues.length > 0) throw new CelError('CHECK', printIssues(text, checked.issues));
  const literals = checkLiterals(root, checked);
  if (literals.length > 0) throw new CelError('CHECK', printIssues(text, literals));
  return { text, root, type: checked.type, uses: checked.uses, checked };
}

/** What is wrong with the syntax of a text. */
export function syntaxProblems(text: string): string | undefined {
  const { issues } = withinStack(() => parseExpression(text));
  return issues.length === 0 ? undefined : printIssues(text, issues);
}

/** Why a checked expression cannot be made ready to run; undefined when it can. */
export function instantiationProblem(expression: CheckedExpression): string | undefined {
  return withinStack(() => constantProblem(expression.root));
}
