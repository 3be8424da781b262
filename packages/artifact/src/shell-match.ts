/**
 * Matches one path component against a shell pattern as Go's `path/filepath.Match` does:
 * `*` any run, `?` one character, `[a-z]` and `[^a-z]` classes, `\` takes the next character as it is.
 *
 * Returns undefined for a malformed pattern, which then matches nothing. Linear in pattern times name: no backtracking
 * beyond the last star.
 */
export type ShellPattern = readonly ShellToken[] | undefined;

type ShellToken =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

/** Takes a pattern apart; undefined when it is malformed. */
export function parseShellPattern(pattern: string): ShellPattern {
  const characters = [...pattern];
  const tokens: ShellToken[] = [];
  let at = 0;
  const classCharacter = (): string | undefined => {
    const character = characters[at];
    if (character === undefined || character === '-' || character === ']') return undefined;
    at += 1;
    if (character !== '\\') return at < characters.length ? character : undefined;
    const escaped = characters[at];
    at += 1;
    return at < characters.length ? escaped : undefined;
  };
  while (at < characters.length) {
    const character = characters[at]!;
    at += 1;
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (character === '?') {
      tokens.push({ kind: 'any' });
    } else if (character === '[') {
      const negated = characters[at] === '^';
      if (negated) at += 1;
      const ranges: [string, string][] = [];
      while (!(characters[at] === ']' && ranges.length > 0)) {
        const low = classCharacter();
        if (low === undefined) return undefined;
        let high: string | undefined = low;
        if (characters[at] === '-') {
          at += 1;
          high = classCharacter();
          if (high === undefined) return undefined;
        }
        ranges.push([low, high]);
      }
      at += 1;
      tokens.push({ kind: 'class', negated, ranges });
    } else if (character === '\\') {
      const escaped = characters[at];
      if (escaped === undefined) return undefined;
      at += 1;
      tokens.push({ kind: 'char', char: escaped });
    } else {
      tokens.push({ kind: 'char', char: character });
    }
  }
  return tokens;
}

/** Tells whether a whole component matches. */
export function matchShell(pattern: ShellPattern, component: string): boolean {
  if (pattern === undefined) return false;
  const characters = [...component];
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < characters.length) {
    const current = pattern[token];
    if (current?.kind === 'star') {
      starToken = token;
      starAt = at;
      token += 1;
    } else if (current !== undefined && matchesToken(current, characters[at]!)) {
      token += 1;
      at += 1;
    } else if (starToken >= 0) {
      starAt += 1;
      at = starAt;
      token = starToken + 1;
    } else {
      return false;
    }
  }
  while (pattern[token]?.kind === 'star') token += 1;
  return token === pattern.length;
}

function matchesToken(token: ShellToken, character: string): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === character;
    case 'any':
      return true;
    case 'star':
      return false;
    case 'class': {
      const code = character.codePointAt(0)!;
      const inside = token.ranges.some(([low, high]) => low.codePointAt(0)! <= code && code <= high.codePointAt(0)!);
      return inside !== token.negated;
    }
  }
}
