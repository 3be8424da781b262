import { TypeMismatch } from './type-mismatch.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** `metav1.Time` in UTC and seconds. @throws {TypeMismatch} */
export function timeOf(text: string): string | undefined {
  if (text === '') return undefined;
  if (text.length === 20 && text[19] === 'Z' && TIME.test(text)) return text;
  const at = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) {
    const [rest, part] = unparsed(text);
    throw new TypeMismatch(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as "${part}"`,
    );
  }
  return `${at.toISOString().slice(0, 19)}Z`;
}

const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d(\.\d+)?/, '05'],
];

/** Where Go stops reading a time, and what it looks for there. */
function unparsed(text: string): readonly [rest: string, part: string] {
  let rest = text;
  for (const [pattern, part] of PARTS) {
    const found = pattern.exec(rest);
    if (found === null) return [rest, part];
    rest = rest.slice(found[0].length);
  }
  return [rest, 'Z07:00'];
}

const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';
const MICRO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/** `metav1.MicroTime` in UTC and microseconds, whose six digits are required. @throws {TypeMismatch} */
export function microTimeOf(text: string): string | undefined {
  if (text === '') return undefined;
  const head = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(text)?.[0];
  const at = MICRO.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime())) {
    return text.endsWith('Z') ? text : `${at.toISOString().slice(0, 20)}${text.slice(20, 26)}Z`;
  }
  const [rest, part] = head === undefined ? [text, '2006'] : [text.slice(head.length), '.000000'];
  throw new TypeMismatch(
    `parsing time ${JSON.stringify(text)} as "${MICRO_LAYOUT}": cannot parse ${JSON.stringify(rest)} as "${part}"`,
  );
}
