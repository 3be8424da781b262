/** One step of a pattern. */
type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

export type Pattern = readonly Token[];

/**
 * Reads a shell pattern: `*` any run, `?` one character (both also `/`), `[a-z]` and `[^a-z]` classes, `\c` the
 * character itself. `undefined` if it is malformed.
 */
export function parsePattern(text: string): Pattern | undefined {
  const chars = Array.from(text);
  const tokens: Token[] = [];
  let i = 0;
  while (i < chars.length) {
    const char = chars[i++] as string;
    if (char === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (char === '?') {
      tokens.push({ kind: 'any' });
    } else if (char === '\\') {
      if (i >= chars.length) return undefined;
      tokens.push({ kind: 'char', code: code(chars[i++]) });
    } else if (char === '[') {
      const negated = chars[i] === '^';
      if (negated) i++;
      const ranges: [number, number][] = [];
      while (chars[i] !== ']' || ranges.length === 0) {
        const low = classChar(chars, i);
        if (low === undefined) return undefined;
        i = low.next;
        let high = low;
        if (chars[i] === '-') {
          const end = classChar(chars, i + 1);
          if (end === undefined) return undefined;
          high = end;
          i = end.next;
        }
        ranges.push([low.code, high.code]);
        if (i >= chars.length) return undefined;
      }
      i++;
      tokens.push({ kind: 'class', negated, ranges });
    } else {
      tokens.push({ kind: 'char', code: code(char) });
    }
  }
  return tokens;
}

function code(char: string | undefined): number {
  return (char ?? '').codePointAt(0) ?? -1;
}

function classChar(chars: readonly string[], at: number): { code: number; next: number } | undefined {
  let i = at;
  if (i >= chars.length || chars[i] === '-' || chars[i] === ']') return undefined;
  if (chars[i] === '\\') i++;
  if (i + 1 > chars.length - 1) return undefined; // a class does not end with the text
  return { code: code(chars[i]), next: i + 1 };
}

function accepts(token: Token, char: number): boolean {
  switch (token.kind) {
    case 'any':
      return true;
    case 'char':
      return token.code === char;
    case 'class': {
      const seen = char === BROKEN ? 0xfffd : char;
      return token.ranges.some(([low, high]) => low <= seen && seen <= high) !== token.negated;
    }
    default:
      return false;
  }
}

/** A byte of a character that a prefix cuts in two; equals no literal. */
const BROKEN = -1;

/**
 * Finds the shortest or longest non-empty prefix that the pattern matches, in bytes; 0 if there is none.
 *
 * Prefixes are tried byte by byte, as the original does: `?` matches the first byte of `é`. All prefixes are tried in
 * one pass over the text, so time is linear in text times pattern.
 */
export function matchPrefix(pattern: Pattern, text: string, longest: boolean): number {
  let states = close(pattern, new Set([0]));
  let bytes = 0;
  let found = 0;
  for (const char of text) {
    const size = Buffer.byteLength(char);
    // Prefixes that end inside of the character see its bytes one by one.
    let partial = states;
    for (let i = 1; i < size; i++) {
      partial = step(pattern, partial, BROKEN);
      if (partial.has(pattern.length)) {
        found = bytes + i;
        if (!longest) return found;
      }
    }
    states = step(pattern, states, char.codePointAt(0) as number);
    bytes += size;
    if (states.has(pattern.length)) {
      found = bytes;
      if (!longest) return found;
    }
    if (states.size === 0) break;
  }
  return found;
}

function step(pattern: Pattern, states: Set<number>, char: number): Set<number> {
  const next = new Set<number>();
  for (const state of states) {
    const token = pattern[state];
    if (token === undefined) continue;
    if (token.kind === 'star') next.add(state);
    else if (accepts(token, char)) next.add(state + 1);
  }
  return close(pattern, next);
}

// A star may match nothing.
function close(pattern: Pattern, states: Set<number>): Set<number> {
  for (const state of states) if (pattern[state]?.kind === 'star') states.add(state + 1);
  return states;
}
