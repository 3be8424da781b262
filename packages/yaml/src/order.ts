/**
 * Compares by Unicode code point, which is the order of the UTF-8 bytes: Go's order of strings and of `encoding/json`
 * map keys. Differs from JavaScript's own order only where surrogate pairs meet U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above the whole Basic Multilingual Plane.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * The order in which go-yaml v2 prints map keys ("natural" order: `a2` before `a10`).
 *
 * At the first difference: two letters by code point; a letter after a non-letter; else the digit runs that start
 * there as numbers, then the shorter run, then by code point. A prefix comes first. The relation is not transitive
 * (`a10` < `a1b` < `a01` < `a10`), so use {@link sortKeys}, which visits pairs in the order that Go does.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  let x = a.charCodeAt(i);
  let y = b.charCodeAt(i);
  if (isLowSurrogate(x) || isLowSurrogate(y) || x >= 0xd800 || y >= 0xd800) {
    if (i > 0 && isLowSurrogate(x) && isLowSurrogate(y)) i--; // same high half: step back to whole characters
    x = a.codePointAt(i) as number;
    y = b.codePointAt(i) as number;
  }
  const xLetter = isLetter(x);
  const yLetter = isLetter(y);
  if (xLetter && yLetter) return x - y;
  if (xLetter || yLetter) return xLetter ? 1 : -1;
  // Zeros behind a number's first digits count: 1.10 and 1.1 differ in the run that starts with 1.
  let seed = 0n;
  if (x === 48 || y === 48) {
    for (let j = i - 1; j >= 0 && isDigit(a.charCodeAt(j)); j--) {
      if (a.charCodeAt(j) !== 48) {
        seed = 1n;
        break;
      }
    }
  }
  const xEnd = digitsEnd(a, i);
  const yEnd = digitsEnd(b, i);
  const xNumber = readNumber(a, i, xEnd, seed);
  const yNumber = readNumber(b, i, yEnd, seed);
  if (xNumber !== yNumber) return xNumber < yNumber ? -1 : 1;
  if (xEnd !== yEnd) return xEnd - yEnd;
  return x - y;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  return end;
}

// Go adds up in an int64, which wraps around on very long digit runs.
function readNumber(text: string, from: number, end: number, seed: bigint): number | bigint {
  if (end - from < 15) {
    let value = Number(seed);
    for (let i = from; i < end; i++) value = value * 10 + (text.charCodeAt(i) - 48);
    return value;
  }
  let value = seed;
  for (let i = from; i < end; i++) value = BigInt.asIntN(64, value * 10n + BigInt(text.charCodeAt(i) - 48));
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

function isLetter(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return /^\p{L}$/u.test(String.fromCodePoint(code));
}

/** Sorts keys in place in the order of {@link compareKeys} and returns them. */
export function sortKeys(keys: string[]): string[] {
  if (keys.length > 12) return keys.sort(compareKeys);
  // Insertion, as Go's sort does for short lists: it decides the result where the relation is not transitive.
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let j = i;
    while (j > 0 && compareKeys(key, keys[j - 1] as string) < 0) {
      keys[j] = keys[j - 1] as string;
      j--;
    }
    keys[j] = key;
  }
  return keys;
}
