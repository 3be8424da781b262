/** Lines that both texts have, one after the other. */
interface Match {
  readonly before: number;
  readonly after: number;
  readonly size: number;
}

const CONTEXT = 3;
/** From so many lines on, those that are on more than every hundredth line do not count when matches are sought. */
const LONG = 200;

/**
 * Bodies of the hunks of a unified diff, without file names.
 *
 * Which lines are said to be kept follows Python's difflib, as upstream's does: the longest run that both texts have,
 * then the same on its left and on its right.
 */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  const matches = matchesOf(before, after);
  let text = '';
  let hunk: string[] = [];
  let [from, to] = [0, 0];
  let [left, right] = [0, 0];
  const close = () => {
    if (hunk.some((line) => !line.startsWith(' ')))
      text += `@@ -${range(from, left)} +${range(to, right)} @@\n${hunk.map((line) => `${line}\n`).join('')}`;
    hunk = [];
  };
  matches.forEach(({ before: i, after: j, size }, n) => {
    for (; left < i; left++) hunk.push(`-${before[left]}`);
    for (; right < j; right++) hunk.push(`+${after[right]}`);
    const isFirst = n === 0 && i === 0 && j === 0;
    const isLast = n === matches.length - 1;
    const head = isFirst ? 0 : Math.min(size, CONTEXT);
    const gap = isFirst || isLast || size > 2 * CONTEXT;
    const kept = gap ? head : size;
    for (let k = 0; k < kept; k++) hunk.push(` ${before[left + k]}`);
    left += kept;
    right += kept;
    if (!gap) return;
    close();
    const rest = Math.max(0, i + size - left - CONTEXT);
    left += rest;
    right += rest;
    [from, to] = [left, right];
    for (; left < i + size; left++, right++) hunk.push(` ${before[left]}`);
  });
  close();
  return text;
}

/** First line and count; one line is just its number, none stands behind the line before. */
function range(from: number, end: number): string {
  const count = end - from;
  return count === 1 ? `${from + 1}` : `${count === 0 ? from : from + 1},${count}`;
}

/** All matches in order; the last one, perhaps empty, ends both texts. */
function matchesOf(before: readonly string[], after: readonly string[]): Match[] {
  const places = new Map<string, number[]>();
  after.forEach((line, j) => {
    const known = places.get(line);
    if (known === undefined) places.set(line, [j]);
    else known.push(j);
  });
  if (after.length >= LONG)
    for (const [line, indexes] of places) if (indexes.length > Math.floor(after.length / 100) + 1) places.delete(line);
  const found: Match[] = [];
  const search = (alo: number, ahi: number, blo: number, bhi: number): void => {
    const match = longest(before, after, places, [alo, ahi, blo, bhi]);
    if (match.size === 0) return;
    search(alo, match.before, blo, match.after);
    const last = found.at(-1);
    // Runs that touch are one.
    if (last && last.before + last.size === match.before && last.after + last.size === match.after)
      found[found.length - 1] = { ...last, size: last.size + match.size };
    else found.push(match);
    search(match.before + match.size, ahi, match.after + match.size, bhi);
  };
  search(0, before.length, 0, after.length);
  const last = found.at(-1);
  const isWhole =
    last !== undefined && last.before + last.size === before.length && last.after + last.size === after.length;
  return isWhole ? found : [...found, { before: before.length, after: after.length, size: 0 }];
}

/** The longest run in a part of both texts, the first one of several. */
function longest(
  before: readonly string[],
  after: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [alo, ahi, blo, bhi]: readonly [number, number, number, number],
): Match {
  let [i, j, size] = [alo, blo, 0];
  let runs = new Map<number, number>();
  for (let a = alo; a < ahi; a++) {
    const next = new Map<number, number>();
    for (const b of places.get(before[a] ?? '') ?? []) {
      if (b < blo) continue;
      if (b >= bhi) break;
      const length = (runs.get(b - 1) ?? 0) + 1;
      next.set(b, length);
      if (length > size) [i, j, size] = [a - length + 1, b - length + 1, length];
    }
    runs = next;
  }
  // Lines that did not count may lie on both sides.
  while (i > alo && j > blo && before[i - 1] === after[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1];
  while (i + size < ahi && j + size < bhi && before[i + size] === after[j + size]) size++;
  return { before: i, after: j, size };
}
