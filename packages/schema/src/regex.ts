import { RE2JS } from 're2js';

/** A pattern from a schema: compiled, or why it does not compile. */
export type Pattern = { readonly ok: true; test(text: string): boolean } | { readonly ok: false; readonly why: string };

const compiled = new Map<string, Pattern>();
const maxCompiled = 2000;

/** Compiles a user's pattern to a matcher that runs in linear time. Results are kept. */
export function compilePattern(pattern: string): Pattern {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const result = compileUncached(pattern);
  if (compiled.size >= maxCompiled) compiled.clear();
  compiled.set(pattern, result);
  return result;
}

function compileUncached(pattern: string): Pattern {
  try {
    const regex = RE2JS.compile(pattern);
    return { ok: true, test: (text) => regex.matcher(text).find() };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
