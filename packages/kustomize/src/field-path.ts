import { isMap, isScalar, textOf } from './scalar.ts';
import { compileRegex } from './selector.ts';

/** Splits at dots; `\.` is a dot, `[…]` keeps what it holds together. */
export function splitFieldPath(path: string): string[] {
  const segments: string[] = [];
  let current = '';
  let depth = 0;
  for (let i = 0; i < path.length; i++) {
    const char = path.charAt(i);
    if (char === '\\' && path.charAt(i + 1) === '.') {
      current += '.';
      i++;
    } else if (char === '[') {
      depth++;
      current += char;
    } else if (char === ']' && depth > 0) {
      depth--;
      current += char;
    } else if (char === '.' && depth === 0) {
      segments.push(current);
      current = '';
    } else current += char;
  }
  segments.push(current);
  return segments.flatMap((segment) => {
    // `name[key=value]` is two steps; `[a.b/c]` without `=` is a key.
    const match = /^([^[\]]+)(\[.*\])$/.exec(segment);
    const parts = match === null ? [segment] : [match[1] as string, match[2] as string];
    return parts.map((part) => (/^\[[^=]*\]$/.test(part) ? part.slice(1, -1) : part));
  });
}

const ELEMENT = /^\[([^=]*)=(.*)\]$/s;

/** What a segment such as `[name=x]` looks for. @throws {KustomizeError} for a pattern that is none. */
export function elementTest(
  segment: string,
): { key: string; value: string; fits: (item: unknown) => boolean } | undefined {
  const match = ELEMENT.exec(segment);
  if (match === null) return undefined;
  const [, key, value] = match as unknown as [string, string, string];
  const regex = compileRegex(value);
  const fits = (item: unknown): boolean => {
    const text =
      key === ''
        ? isScalar(item)
          ? textOf(item)
          : undefined
        : isMap(item) && isScalar(item[key])
          ? textOf(item[key])
          : undefined;
    return text !== undefined && regex.matcher(text).find();
  };
  return { key, value, fits };
}

/** Reads a value along a path. */
export function lookup(root: unknown, segments: readonly string[]): unknown {
  let node = root;
  for (const segment of segments) {
    if (node === undefined || node === null) return undefined;
    if (Array.isArray(node)) {
      const test = elementTest(segment);
      if (test !== undefined) node = node.find(test.fits);
      else if (segment === '-') node = node.at(-1);
      else if (/^\d+$/.test(segment)) node = node[Number(segment)];
      else return undefined;
    } else if (isMap(node)) {
      node = Object.hasOwn(node, segment) ? node[segment] : undefined;
    } else return undefined;
  }
  return node;
}

/** `*`, `3` and `[name=x]` lead into lists only. */
export function isListSegment(segment: string): boolean {
  return segment === '*' || /^\d+$/.test(segment) || ELEMENT.test(segment);
}
