/**
 * Compares two resource versions of one resource: negative when `a` is older. Servers hand out whole numbers; when
 * either is none (an aggregated API may use anything), the answer is undefined and the caller must not assume an order.
 */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (!a || !b || !isNumber(a) || !isNumber(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumber(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return text.charCodeAt(0) !== 48 || text.length === 1;
}
