import type { Difference } from '../lib/compare.ts';
import { isFields } from './definition.ts';

/** What is the same about many differences, and one side each of this one. */
export interface Finding {
  /** Without names, numbers and indexes: the same text for what probably has the same cause. */
  readonly cluster: string;
  readonly embedded: unknown;
  readonly real: unknown;
}

/** What a session recorded of one answer. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** Sorts the differences of one request's two answers; never empty. */
export function clusterDifferences(
  method: string,
  embedded: Answer,
  real: Answer,
  differences: readonly Difference[],
): Finding[] {
  if (!isStatus(embedded.body) && !isStatus(real.body)) return clusterFields(method, differences);
  const [ours, theirs] = [causesOf(embedded.body), causesOf(real.body)];
  const found = [
    ...without(theirs, ours).map((cause) => `missing ${plainCause(cause)}`),
    ...without(ours, theirs).map((cause) => `extra ${plainCause(cause)}`),
  ];
  if (found.length > 0) return found.map((cluster) => ({ cluster, embedded: ours, real: theirs }));
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    const fields = [...new Set(theirs.map(({ field }) => tailOf(field)))].slice(0, 6);
    return [{ cluster: `order of ${fields.join(', ')}`, embedded: ours, real: theirs }];
  }
  const [said, expected] = [messageOf(embedded.body), messageOf(real.body)];
  const cluster = `${method} ${embedded.status} '${plain(said)}' instead of ${real.status} '${plain(expected)}'`;
  return [{ cluster, embedded: said, real: expected }];
}

function clusterFields(method: string, differences: readonly Difference[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const { path, embedded, real } of differences) {
    const place = path
      .slice(path.indexOf(': ') + 2)
      .replace(/\[\d+\]/g, '[]')
      .replace(/\.f:.*/, '.f:*')
      .replace(/spec\.(jobTemplate\.spec\.)?template\.spec/, 'spec');
    const cluster = `${method} accepted, ${place}`;
    if (!found.has(cluster)) found.set(cluster, { cluster, embedded, real });
  }
  return [...found.values()];
}

function isStatus(body: unknown): boolean {
  return isFields(body) && body['kind'] === 'Status';
}

function messageOf(body: unknown): string {
  return isFields(body) && isStatus(body) ? String(body['message']) : 'accepted';
}

function causesOf(body: unknown): Cause[] {
  const details = isFields(body) ? body['details'] : undefined;
  const causes = isFields(details) ? details['causes'] : undefined;
  if (!Array.isArray(causes)) return [];
  return causes.filter(isFields).map(({ reason = '', field = '', message = '' }) => ({
    reason: String(reason),
    field: String(field),
    message: String(message),
  }));
}

/** Causes of a list that another one has not as often. */
function without(causes: readonly Cause[], others: readonly Cause[]): Cause[] {
  const left = others.map((cause) => JSON.stringify(cause));
  return causes.filter((cause) => {
    const at = left.indexOf(JSON.stringify(cause));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function plainCause({ reason, field, message }: Cause): string {
  return `${tailOf(field)}: ${plain(message)} (${reason})`;
}

/** The last three steps of a path. */
function tailOf(field: string): string {
  return field
    .replace(/\[[^\]]*\]/g, '[]')
    .split('.')
    .slice(-3)
    .join('.');
}

function plain(message: string): string {
  return message
    .replace(/\s+/g, ' ')
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\{.*\}/g, '{…}')
    .replace(/\[\d+\]/g, '[]')
    .replace(/-?\d+/g, 'N')
    .slice(0, 230);
}
