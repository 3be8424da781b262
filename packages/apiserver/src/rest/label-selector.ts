import { badRequest } from '../errors.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';

export type LabelMap = { readonly [key: string]: string };
export type Matcher = (labels: LabelMap) => boolean;

export interface LabelRequirement {
  readonly key: string;
  readonly op: '=' | '!=' | 'in' | 'notin' | 'exists' | 'absent' | '>' | '<';
  readonly values: readonly string[];
}

/**
 * Parses a label selector as in `labelSelector=`.
 *
 * @returns `undefined` when it selects everything.
 * @throws {StatusError} 400
 */
export function parseLabelSelector(text: string | undefined): Matcher | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const requirements = parseRequirements(text);
  return (labels) => requirements.every((requirement) => meets(labels, requirement));
}

export function meets(labels: LabelMap, { key, op, values }: LabelRequirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (op) {
    case '=':
      return value === values[0];
    case '!=':
      return value !== values[0];
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case '>':
      return value !== undefined && INTEGER.test(value) && Number(value) > Number(values[0]);
    case '<':
      return value !== undefined && INTEGER.test(value) && Number(value) < Number(values[0]);
  }
}

const INTEGER = /^[+-]?\d+$/;
const TOKEN = /[(),]|!=|==|[=!<>]|[^\s(),=!<>]+/g;
const SYMBOL = /^(?:[(),]|!=|==|[=!<>])$/;
const OPERATORS: { readonly [token: string]: LabelRequirement['op'] } = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
};

/** What went wrong inside one requirement; the parser says which words belong around it. */
class RequirementProblem extends Error {}

/** Tokens of a selector. The end is an empty text, which is no token. */
class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(TOKEN) ?? [];
  }

  get next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  take(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  get nextIsWord(): boolean {
    return isWord(this.next);
  }
}

function isWord(token: string): boolean {
  return token !== '' && !SYMBOL.test(token);
}

function parseRequirements(text: string): LabelRequirement[] {
  const tokens = new Tokens(text);
  const requirements: LabelRequirement[] = [];
  while (tokens.next !== '') {
    if (!tokens.nextIsWord && tokens.next !== '!')
      throw badRequest(`found '${tokens.next}', expected: !, identifier, or 'end of string'`);
    try {
      requirements.push(parseRequirement(tokens));
    } catch (error) {
      if (error instanceof RequirementProblem) throw badRequest(`unable to parse requirement: ${error.message}`);
      throw error;
    }
    const after = tokens.take();
    if (after === '') break;
    if (after !== ',') throw badRequest(`found '${after}', expected: ',' or 'end of string'`);
    if (!tokens.nextIsWord && tokens.next !== '!')
      throw badRequest(`found '${tokens.next}', expected: identifier after ','`);
  }
  return requirements;
}

function parseRequirement(tokens: Tokens): LabelRequirement {
  const negated = tokens.next === '!';
  if (negated) tokens.take();
  const key = tokens.take();
  if (!isWord(key)) throw expected(key, 'identifier');
  const problems = checkQualifiedName(key);
  if (problems.length > 0)
    throw new RequirementProblem(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
  if (negated) return { key, op: 'absent', values: [] };
  if (tokens.next === '' || tokens.next === ',') return { key, op: 'exists', values: [] };
  const operator = tokens.take();
  const op = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (op === undefined) throw expected(operator, 'in, notin, =, ==, !=, gt, lt');
  const values = op === 'in' || op === 'notin' ? parseSet(tokens) : [parseExact(tokens)];
  return checked({ key, op, values: [...new Set(values)].sort() });
}

function parseExact(tokens: Tokens): string {
  if (tokens.next === '' || tokens.next === ',') return '';
  const value = tokens.take();
  if (!isWord(value)) throw expected(value, 'identifier');
  return value;
}

function parseSet(tokens: Tokens): string[] {
  const open = tokens.take();
  if (open !== '(') throw new RequirementProblem(`found '${open}' expected: '('`);
  if (tokens.next === ')') {
    tokens.take();
    return [''];
  }
  if (!tokens.nextIsWord && tokens.next !== ',') throw expected(tokens.next, "',', ')' or identifier");
  const values: string[] = [];
  for (;;) {
    const token = tokens.take();
    if (isWord(token)) {
      values.push(token);
      if (tokens.next === ')') break;
      if (tokens.next !== ',') throw expected(tokens.next, "',' or ')'");
    } else if (token === ',') {
      if (values.length === 0) values.push('');
      if (tokens.next === ')') {
        values.push('');
        break;
      }
      if (tokens.next === ',') {
        tokens.take();
        values.push('');
      }
    } else throw expected(token, "',', or identifier");
  }
  tokens.take();
  return values;
}

function expected(found: string, what: string): RequirementProblem {
  return new RequirementProblem(`found '${found}', expected: ${what}`);
}

function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, op, values } = requirement;
  const problems: string[] = [];
  values.forEach((value, index) => {
    if ((op === '>' || op === '<') && !INTEGER.test(value))
      problems.push(
        `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
  });
  values.forEach((value, index) => {
    const texts = checkLabelValue(value);
    if (texts.length > 0)
      problems.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${texts.join('; ')}`);
  });
  if (problems.length === 0) return requirement;
  throw new RequirementProblem(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
}
