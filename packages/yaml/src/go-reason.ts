import type { YAMLException } from 'js-yaml';

/**
 * Says a syntax error as go-yaml would, where the parser's reason tells enough to know; otherwise the parser's own
 * words stand. The line is the one that go-yaml names; 0 when it names none (the first line).
 */
export function goReason(_text: string, error: YAMLException): { line: number; column: number; reason: string } {
  const mark = error.mark;
  const line = mark === undefined ? 0 : mark.line + 1;
  const column = mark === undefined ? 0 : mark.column + 1;
  const known = REASONS.find(([pattern]) => pattern.test(error.reason));
  if (known === undefined) return { line, column, reason: error.reason };
  return { line: Math.max(0, line + known[2]), column, reason: known[1] };
}

const REASONS: readonly (readonly [RegExp, string, number])[] = [
  [/null byte is not allowed|non-printable/, 'control characters are not allowed', 0],
  [/tab characters must not be used/, 'found character that cannot start any token', 0],
  [/bad indentation of a mapping entry/, 'did not find expected key', 0],
  [/bad indentation of a sequence entry/, "did not find expected '-' indicator", 0],
  [/unexpected end of the stream within a (single|double) quoted scalar/, 'found unexpected end of stream', 0],
  [/unexpected end of the stream within a flow collection/, 'did not find expected node content', 0],
  [/missed comma between flow collection entries/, "did not find expected ',' or ']'", 0],
  [
    /a multiline key may not be an implicit key|implicit keys need to be on a single line/,
    "could not find expected ':'",
    0,
  ],
  [
    /can not read an implicit mapping pair; a colon is missed|can not read a block mapping entry/,
    "could not find expected ':'",
    0,
  ],
  [/unidentified alias/, 'unknown anchor referenced', 0],
  [/unknown escape sequence/, 'found unknown escape character', 0],
  [/nested mappings are not allowed in compact mappings/, 'mapping values are not allowed in this context', 0],
];
