/** What is wrong at a place of an expression. */
export interface Issue {
  /** Index into the code points of the text; -1 where the whole expression is meant. */
  readonly at: number;
  readonly message: string;
}

// More are counted, not shown. The bound of cel-go's `common.Errors`.
const maxShown = 100;
const maxSnippet = 16_384;

/**
 * Prints issues as cel-go does: `ERROR: <input>:1:5: undefined field 'x'`, the line and a mark below the place. Issues come
 * in the order of their places.
 */
export function printIssues(text: string, issues: readonly Issue[]): string {
  const lines = splitLines(text);
  const placed = issues.slice(0, maxShown).map((issue) => ({ issue, ...placeOf(lines, issue.at) }));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const printed = placed.map(({ issue, line, column }) => {
    const head = `ERROR: <input>:${line}:${column + 1}: ${issue.message}`;
    const snippet = lines[line - 1]?.text;
    if (snippet === undefined || snippet.length > maxSnippet) return head;
    return `${head}\n | ${snippet.join('').replaceAll('\t', ' ')}\n | ${mark(snippet, column)}`;
  });
  if (issues.length > maxShown) printed.push(`${issues.length - maxShown} more errors were truncated`);
  return printed.join('\n');
}

interface Line {
  /** Index of its first code point. */
  readonly start: number;
  readonly text: readonly string[];
}

function splitLines(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const points = [...line];
    const found = { start, text: points };
    start += points.length + 1;
    return found;
  });
}

function placeOf(lines: readonly Line[], at: number): { line: number; column: number } {
  if (at < 0) return { line: -1, column: -1 };
  let line = 1;
  while (line < lines.length && (lines[line]?.start ?? 0) <= at) line++;
  return { line, column: at - (lines[line - 1]?.start ?? 0) };
}

/** A mark below a column: characters of more than a byte take the room of two. */
function mark(line: readonly string[], column: number): string {
  const isWide = (point: string | undefined): boolean => (point?.codePointAt(0) ?? 0) > 0x7f;
  const dots = line.slice(0, column).map((point) => (isWide(point) ? '\uff0e' : '.'));
  return dots.join('') + (isWide(line[column]) ? '\uff3e' : '^');
}
