import { badRequest } from '../errors.ts';
import { asArray, asObject, asString, asStringMap } from '../json.ts';

type LabelMap = { readonly [key: string]: string };
export type Matcher = (labels: LabelMap) => boolean;

interface Requirement {
  readonly key: string;
  readonly op: '=' | '!=' | 'in' | 'notin' | 'exists' | 'absent' | '>' | '<';
  readonly values: readonly string[];
}

const everything: Matcher = () => true;

/**
 * Parses a label selector as in `labelSelector=`.
 *
 * @returns `undefined` when it selects everything.
 * @throws {StatusError} 400
 */
export function parseLabelSelector(text: string | undefined): Matcher | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return matcherOf(parseRequirements(text));
}

function matcherOf(requirements: readonly Requirement[]): Matcher {
  if (requirements.length === 0) return everything;
  return (labels) => requirements.every((r) => meets(labels, r));
}

function meets(labels: LabelMap, { key, op, values }: Requirement): boolean {
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
      return value !== undefined && Number(value) > Number(values[0]);
    case '<':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

const LABEL_KEY =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function parseRequirements(text: string): Requirement[] {
  const tokens = text.match(/[(),]|!=|==|[=!<>]|[^\s(),=!<>]+/g) ?? [];
  const requirements: Requirement[] = [];
  let at = 0;
  const fail = (why: string): never => {
    throw badRequest(`unable to parse requirement: ${why}`);
  };
  const key = (): string => {
    const token = tokens[at++];
    if (token === undefined || !LABEL_KEY.test(token)) {
      fail(
        `<nil>: Invalid value: ${JSON.stringify(token ?? '')}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      );
    }
    return token!;
  };
  while (at < tokens.length) {
    if (tokens[at] === '!') {
      at++;
      requirements.push({ key: key(), op: 'absent', values: [] });
    } else {
      const name = key();
      const operator = tokens[at];
      if (operator === undefined || operator === ',') requirements.push({ key: name, op: 'exists', values: [] });
      else if (operator === '=' || operator === '==' || operator === '!=' || operator === '>' || operator === '<') {
        at++;
        const value = tokens[at] === undefined || tokens[at] === ',' ? '' : tokens[at++]!;
        requirements.push({ key: name, op: operator === '==' ? '=' : operator, values: [value] });
      } else if (operator === 'in' || operator === 'notin') {
        at++;
        if (tokens[at++] !== '(') fail(`found '${tokens[at - 1] ?? ''}' expected: '('`);
        const values: string[] = [];
        let open = true;
        while (open) {
          const token = tokens[at++];
          if (token === undefined) fail("found '', expected: ')'");
          else if (token === ')') open = false;
          else if (token === ',') {
            if (tokens[at] === ',' || tokens[at] === ')') values.push('');
          } else values.push(token);
        }
        requirements.push({ key: name, op: operator, values: values.length === 0 ? [''] : values });
      } else fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    if (at < tokens.length && tokens[at++] !== ',') fail(`found '${tokens[at - 1]}', expected: ',' or 'end of string'`);
  }
  return requirements;
}

/** A `LabelSelector` object as Deployments hold it; `undefined` (absent) selects nothing, `{}` everything. */
export function matchesLabelSelector(selector: unknown, labels: LabelMap | undefined): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = asObject(selector);
  const own = labels ?? {};
  for (const [key, value] of Object.entries(asStringMap(matchLabels))) if (own[key] !== value) return false;
  for (const entry of asArray(matchExpressions)) {
    const { key, operator, values } = asObject(entry);
    const list = asArray(values).map(asString);
    const op = ({ In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'absent' } as const)[asString(operator)];
    if (op === undefined || !meets(own, { key: asString(key), op, values: list })) return false;
  }
  return true;
}

/** Prints a `LabelSelector` as tables and scale show it: `app=web,tier in (a,b)`. */
export function printLabelSelector(selector: unknown): string {
  const { matchLabels, matchExpressions } = asObject(selector);
  const parts = Object.entries(asStringMap(matchLabels)).map(([k, v]) => ({ key: k, text: `${k}=${v}` }));
  for (const entry of asArray(matchExpressions)) {
    const { key, operator, values } = asObject(entry);
    const list = asArray(values).map(asString).sort().join(',');
    const k = asString(key);
    const text =
      operator === 'In'
        ? `${k} in (${list})`
        : operator === 'NotIn'
          ? `${k} notin (${list})`
          : operator === 'Exists'
            ? k
            : `!${k}`;
    parts.push({ key: k, text });
  }
  return parts
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map((p) => p.text)
    .join(',');
}

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Parses `fieldSelector=`. @throws {StatusError} 400 */
export function parseFieldSelector(text: string | undefined): readonly FieldRequirement[] {
  if (text === undefined || text.trim() === '') return [];
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const match = /^([^=!]*?)(==|!=|=)(.*)$/s.exec(term);
    if (match === null) throw badRequest(`invalid field selector: "${term}"; can't understand '${term}'`);
    requirements.push({ field: match[1]!, equal: match[2] !== '!=', value: match[3]!.replace(/\\([\\,=])/g, '$1') });
  }
  return requirements;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(from, i));
      from = i + 1;
    }
  }
  terms.push(text.slice(from));
  return terms;
}
