import { badRequest } from '../errors.ts';
import { asArray, asObject, asString, asStringMap } from '../json.ts';
import { type LabelMap, meets } from './label-selector.ts';

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
  if (text === undefined || text === '') return [];
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({ field: match[1]!, equal: match[2] !== '!=', value: unescapeValue(match[3]!) });
  }
  return requirements;
}

function unescapeValue(text: string): string {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') {
      const next = text[++i] ?? '';
      if (next === '' || !'\\,='.includes(next))
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      value += next;
    } else if (char === ',' || char === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    } else value += char;
  }
  return value;
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
