const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\u0007': '\\a',
  '\u000b': '\\v',
};

/** Quotes a name as Go's `%q` prints it, so messages read as users know them. Names from outside never reach a message bare. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to be escaped
  const escaped = text.replace(/["\\\u0000-\u001f\u007f-\u009f]/g, (character) => {
    const known = escapes[character];
    if (known !== undefined) return known;
    const code = character.charCodeAt(0);
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

const permissionLetters = 'rwxrwxrwx';

/** Prints a tar entry's type and permissions as Go's `fs.FileMode` does: `prw-r--r--`, `Dcrw-rw----`. */
export function formatMode(type: 'fifo' | 'character' | 'block' | 'other', mode: number): string {
  const prefix = type === 'fifo' ? 'p' : type === 'character' ? 'Dc' : type === 'block' ? 'D' : '?';
  let text = prefix;
  for (let bit = 0; bit < 9; bit++) text += (mode >> (8 - bit)) & 1 ? permissionLetters[bit] : '-';
  return text;
}
