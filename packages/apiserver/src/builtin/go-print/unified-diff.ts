interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

const CONTEXT = 3;

/** Bodies of the hunks of a unified diff, without file names. */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  const lines = align(before, after);
  const shown = lines.map((_line, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  let text = '';
  let [old, next] = [1, 1];
  for (let i = 0; i < lines.length; ) {
    if (!shown[i]) {
      i++;
      old++;
      next++;
      continue;
    }
    let end = i;
    while (end < lines.length && shown[end]) end++;
    const hunk = lines.slice(i, end);
    const olds = hunk.filter(({ mark }) => mark !== '+').length;
    const news = hunk.filter(({ mark }) => mark !== '-').length;
    text += `@@ -${old},${olds} +${next},${news} @@\n${hunk.map(({ mark, text }) => `${mark}${text}\n`).join('')}`;
    old += olds;
    next += news;
    i = end;
  }
  return text;
}

/** Lines of both by their longest common subsequence; removals come before additions. */
function align(a: readonly string[], b: readonly string[]): Line[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i]! });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ mark: '-', text: a[i++]! });
    } else lines.push({ mark: '+', text: b[j++]! });
  }
  return lines;
}
