import { formatTime } from '@fluvial/conditions';
import type { HistoryEntry } from './kustomization-object.ts';

const maxEntries = 5;

/** So long the history of runs that changed nothing may be old: intervals are often shorter, and each write is a request. */
const quietMs = 10 * 60_000;

/** One run that had a render. */
export interface HistoryRecord {
  readonly digest: string;
  readonly nowMs: number;
  /** Go duration. */
  readonly duration: string;
  /** Ready reason. */
  readonly status: string;
  readonly revision: string;
  readonly originRevision: string;
}

/**
 * The history with one more run: the entry of the same digest and status counts on and moves to the front, another
 * one is put before the rest; five are kept.
 */
export function recordRun(history: readonly HistoryEntry[] | undefined, record: HistoryRecord): HistoryEntry[] {
  const before = history ?? [];
  const known = before.find((entry) => entry.digest === record.digest && entry.lastReconciledStatus === record.status);
  const now = formatTime(record.nowMs);
  const entry: HistoryEntry = {
    digest: record.digest,
    firstReconciled: known?.firstReconciled ?? now,
    lastReconciled: now,
    lastReconciledDuration: record.duration,
    lastReconciledStatus: record.status,
    totalReconciliations: (known?.totalReconciliations ?? 0) + 1,
    metadata: {
      revision: record.revision,
      ...(record.originRevision ? { originRevision: record.originRevision } : {}),
    },
  };
  return [entry, ...before.filter((other) => other !== known)].slice(0, maxEntries);
}

/**
 * Whether a run adds nothing to its history: the newest entry tells of the same render and revision with the same
 * outcome, and is less than ten minutes old. A chosen difference from Flux, which counts every run.
 */
export function isToldAlready(
  history: readonly HistoryEntry[] | undefined,
  { digest, status, revision, nowMs }: Pick<HistoryRecord, 'digest' | 'status' | 'revision' | 'nowMs'>,
): boolean {
  const newest = history?.[0];
  return (
    newest !== undefined &&
    newest.digest === digest &&
    newest.lastReconciledStatus === status &&
    newest.metadata?.revision === revision &&
    nowMs - Date.parse(newest.lastReconciled) < quietMs
  );
}
