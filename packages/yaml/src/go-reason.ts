import type { YAMLException } from 'js-yaml';

export interface GoReason {
  /** The line that go-yaml names; 0 when it names none. */
  readonly line: number;
  /** One-based. */
  readonly column: number;
  readonly reason: string;
}

/**
 * Says a syntax error as go-yaml would, where the parser's reason and the place tell enough to know; otherwise the
 * parser's own words stand.
 *
 * go-yaml's scanner names the line where its token starts; its parser names the line before the one where the
 * surrounding collection starts. Neither names the first line.
 */
export function goReason(text: string, error: YAMLException): GoReason {
  const { mark, reason } = error;
  if (mark === undefined) return { line: 0, column: 0, reason };
  const { line, position } = mark;
  const column = mark.column + 1;
  const scanner = (words: string, start = line): GoReason => {
    const at = start === 0 ? line : start;
    return { line: at === 0 ? 0 : at + 1, column, reason: words };
  };
  const parser = (words: string, start: number): GoReason => ({
    line: start === 0 ? line : start,
    column,
    reason: words,
  });

  if (/null byte|non-printable/.test(reason)) return { line: 0, column, reason: 'control characters are not allowed' };
  if (/within a (?:single|double) quoted scalar/.test(reason)) {
    return scanner('found unexpected end of stream', quoteStart(text, position));
  }
  if (/unknown escape/.test(reason)) return scanner('found unknown escape character', quoteStart(text, position));
  if (/tab characters/.test(reason)) return scanner('found character that cannot start any token');
  if (/multiline key|implicit key|colon is missed|can not read a block mapping entry/.test(reason)) {
    return scanner("could not find expected ':'", position >= text.length ? line : Math.max(line - 1, 0));
  }
  const flow = flowStart(text, position);
  if (/flow collection|missed comma|deficient indentation/.test(reason) && flow !== undefined) {
    return parser(`did not find expected ',' or '${flow.close}'`, flow.line);
  }
  if (/expected the node content/.test(reason)) return parser('did not find expected node content', line);
  if (/bad indentation|nested mappings|compact mapping/.test(reason)) {
    const char = text.charAt(position);
    if (char === '@' || char === '`' || char === '%') return scanner('found character that cannot start any token');
    if (char === ':') return scanner('mapping values are not allowed in this context');
    if (char === '-' && /\s/.test(text.charAt(position + 1) || ' ') && /\S/.test(lineBefore(text, position))) {
      return scanner('block sequence entries are not allowed in this context');
    }
    const sequence = /sequence/.test(reason);
    return parser(
      sequence ? "did not find expected '-' indicator" : 'did not find expected key',
      blockStart(text, position, mark.column, sequence),
    );
  }
  return { line: line + 1, column, reason };
}

function lineBefore(text: string, position: number): string {
  return text.slice(text.lastIndexOf('\n', position - 1) + 1, position);
}

function lineOf(text: string, position: number): number {
  let line = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < position; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

function quoteStart(text: string, position: number): number {
  const end = Math.min(position, text.length);
  const at = Math.max(text.lastIndexOf('"', end - 1), text.lastIndexOf("'", end - 1));
  return at === -1 ? 0 : lineOf(text, at);
}

/** The innermost bracket that is open at a place; quotes are taken into account, comments are not. */
function flowStart(text: string, position: number): { line: number; close: ']' | '}' } | undefined {
  const open: number[] = [];
  let quote = '';
  for (let i = Math.max(0, position - 64 * 1024); i < position && i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && /[\s,[{:]/.test(text.charAt(i - 1) || ' ')) quote = char;
    else if (char === '[' || char === '{') open.push(i);
    else if (char === ']' || char === '}') open.pop();
  }
  const at = open.at(-1);
  if (at === undefined) return undefined;
  return { line: lineOf(text, at), close: text.charAt(at) === '[' ? ']' : '}' };
}

/** The line (from zero) where the block that surrounds a place starts. */
function blockStart(text: string, position: number, column: number, sequence: boolean): number {
  const stack: { indent: number; line: number; sequence: boolean }[] = [];
  const push = (indent: number, line: number, isSequence: boolean): void => {
    while (stack.length > 0 && (stack.at(-1) as { indent: number }).indent > indent) stack.pop();
    const top = stack.at(-1);
    if (top === undefined || top.indent < indent || top.sequence !== isSequence) {
      stack.push({ indent, line, sequence: isSequence });
    }
  };
  const lines = text.slice(0, position).split('\n').slice(0, -1);
  lines.forEach((content, line) => {
    if (/^\s*(?:#|$)/.test(content) || content.startsWith('---')) return;
    let indent = content.length - content.trimStart().length;
    while (/^- /.test(content.slice(indent))) {
      push(indent, line, true);
      indent += 2;
      while (content.charAt(indent) === ' ') indent++;
    }
    if (/^[^#]*?:(?:\s|$)/.test(content.slice(indent))) push(indent, line, false);
  });
  while (stack.length > 0 && (stack.at(-1) as { indent: number }).indent > column) stack.pop();
  while (stack.length > 1 && (stack.at(-1) as { sequence: boolean }).sequence !== sequence) stack.pop();
  return stack.at(-1)?.line ?? 0;
}
