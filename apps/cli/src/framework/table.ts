const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const zero = /\p{Mn}|\u200b|\u200c|\u200d|\p{Variation_Selector}/u;

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** A header cell: upper case, `_` and lone dots become spaces. */
function title(text: string): string {
  return text
    .replace(/[_.]/g, (mark, at: number) => {
      const digits = /\d/.test(text[at - 1] ?? '') && /\d/.test(text[at + 1] ?? '');
      return mark === '.' && digits ? '.' : ' ';
    })
    .toUpperCase();
}

/**
 * Rows in columns: every cell padded to the column's width and followed by a tab, in the header joined by tabs with one
 * extra space at the end. Without a header no header line is printed and its widths do not count.
 */
export function formatTable(header: readonly string[] | undefined, rows: readonly (readonly string[])[]): string {
  const titles = header?.map(title);
  const count = Math.max(titles?.length ?? 0, ...rows.map((row) => row.length));
  const cells = rows.map((row) => row.map((cell) => cell.split('\n')));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(
      titles === undefined ? 0 : displayWidth(titles[column] ?? ''),
      ...cells.flatMap((row) => (row[column] ?? ['']).map(displayWidth)),
    ),
  );
  let text = '';
  if (titles !== undefined) text += `${titles.map((cell, column) => pad(cell, widths[column]!)).join('\t')} \n`;
  for (const row of cells) {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    for (let line = 0; line < height; line++) {
      for (let column = 0; column < count; column++) text += `${pad(row[column]?.[line] ?? '', widths[column]!)}\t`;
      text += '\n';
    }
  }
  return text;
}
