import { parseDuration } from '../values.ts';
import { type CallNode, type Node, partsOf } from './ast.ts';
import type { Checked } from './checker.ts';
import { patternProblem } from './constants.ts';
import { checkFormat } from './format-strings.ts';
import type { Issue } from './source.ts';
import { type CelType, insideOptional, isSame, printType } from './types.ts';

/**
 * Checks that the API server makes of an expression whose types fit: literal durations, times, patterns and formats, and
 * lists and maps of one kind.
 */
export function checkLiterals(root: Node, checked: Checked): Issue[] {
  const issues: Issue[] = [];
  // Macros hold a part twice.
  const seen = new Set<Node>();
  const visit = (node: Node, isFormatted: boolean): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'call') {
      checkArgument(node, issues);
      const format = checkFormat(node, checked);
      if (format !== undefined) issues.push(format);
    } else if (node.kind === 'list' && !isFormatted) checkItems(node, checked, issues);
    else if (node.kind === 'map' && !isFormatted) checkEntries(node, checked, issues);
    // What is printed may be of many kinds.
    const isInFormat = isFormatted || (node.kind === 'call' && node.name === 'format');
    for (const part of partsOf(node)) visit(part, isInFormat);
  };
  visit(root, false);
  return issues;
}

function checkArgument(node: CallNode, issues: Issue[]): void {
  const [arg] = node.args;
  if (arg?.kind !== 'literal') return;
  const value = arg.value;
  const isValid = {
    duration: () => typeof value !== 'string' || isDuration(value),
    timestamp: () => typeof value !== 'string' || isTimestamp(value),
    matches: () => patternProblem(String(value)) === undefined,
  }[node.name];
  if (isValid?.() === false) issues.push({ at: arg.at, message: `invalid ${node.name} argument` });
}

function isDuration(text: string): boolean {
  const nanos = parseDuration(text);
  return nanos !== undefined && BigInt.asIntN(64, nanos) === nanos;
}

/** RFC 3339, of the years 1 to 9999. */
function isTimestamp(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]([01]\d|2[0-4]):([0-5]\d|60))$/.exec(
    text,
  );
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return year > 0 && day > 0 && day <= days && hour < 24 && minute < 60 && second < 60;
}

function checkItems(node: Extract<Node, { kind: 'list' }>, checked: Checked, issues: Issue[]): void {
  let first: CelType | undefined;
  for (const [i, item] of node.items.entries()) {
    const type = itemType(checked.typeOf(item), node.optionals.has(i));
    first ??= type;
    if (isSame(first, type, true)) continue;
    issues.push(mismatch(item, first, type));
    return;
  }
}

function checkEntries(node: Extract<Node, { kind: 'map' }>, checked: Checked, issues: Issue[]): void {
  let first: { key: CelType; value: CelType } | undefined;
  for (const entry of node.entries) {
    const key = checked.typeOf(entry.key);
    const value = itemType(checked.typeOf(entry.value), entry.isOptional);
    first ??= { key, value };
    if (!isSame(first.key, key, true)) issues.push(mismatch(entry.key, first.key, key));
    if (!isSame(first.value, value, true)) issues.push(mismatch(entry.value, first.value, value));
  }
}

function itemType(type: CelType, isOptional: boolean): CelType {
  return isOptional ? (insideOptional(type) ?? type) : type;
}

function mismatch(node: Node, expected: CelType, found: CelType): Issue {
  return { at: node.at, message: `expected type '${printType(expected)}' but found '${printType(found)}'` };
}
