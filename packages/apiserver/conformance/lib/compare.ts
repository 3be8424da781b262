import type { Recorded } from './session.ts';

/** One place where the two servers' records differ. */
export interface Difference {
  /** `2 POST /api/…: body.metadata.name`: number and label of the record, path inside it. */
  readonly path: string;
  readonly embedded: unknown;
  readonly real: unknown;
}

/** Every place where two normalised recordings differ; an absent value is undefined. */
export function compare(embedded: readonly Recorded[], real: readonly Recorded[]): Difference[] {
  const differences: Difference[] = [];
  for (let index = 0; index < Math.max(embedded.length, real.length); index++) {
    const [ours, theirs] = [embedded[index], real[index]];
    const label = `${index + 1} ${(theirs ?? ours)?.label}`;
    if (ours?.label !== theirs?.label)
      differences.push({ path: `${label}: (which record)`, embedded: ours?.label, real: theirs?.label });
    else walk(`${label}: `, '', ours?.value, theirs?.value, differences);
  }
  return differences;
}

function walk(label: string, path: string, embedded: unknown, real: unknown, into: Difference[]): void {
  if (Object.is(embedded, real)) return;
  if (isText(embedded) && isText(real)) {
    const [ours, theirs] = [without(embedded, real), without(real, embedded)];
    const moved = ours.length + theirs.length === 0;
    if (embedded.join('\n') !== real.join('\n'))
      into.push({ path: label + path, embedded: moved ? embedded : ours, real: moved ? real : theirs });
    return;
  }
  const lists = Array.isArray(embedded) && Array.isArray(real);
  if (lists || (isObject(embedded) && isObject(real))) {
    const [left, right] = [embedded, real] as [Record<string, unknown>, Record<string, unknown>];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const step = lists ? `[${key}]` : path === '' ? key : `.${key}`;
      // An absent field and a field without a value are two things.
      if (Object.hasOwn(left, key) !== Object.hasOwn(right, key))
        into.push({ path: label + path + step, embedded: left[key], real: right[key] });
      else walk(label, path + step, left[key], right[key], into);
    }
    return;
  }
  into.push({ path: label + path, embedded, real });
}

function isText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string');
}

/** The lines of a text that another has not. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
