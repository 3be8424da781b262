import type { ChangeEntry, ChangeSet } from './types.ts';

/** `<subject> <action>`, as events and errors list it. */
export function formatChange(change: ChangeEntry): string {
  return `${change.subject} ${change.action}`;
}

/** Whether the server holds something else than before. */
export function isChange(change: ChangeEntry): boolean {
  return change.action === 'created' || change.action === 'configured' || change.action === 'deleted';
}

/** The lines of what was created or configured, in apply order; empty when nothing was. */
export function formatChanges(changes: ChangeSet): string {
  return changes.filter(isChange).map(formatChange).join('\n');
}

/** The lines of a prune: what was deleted and what was skipped. */
export function formatPruned(changes: ChangeSet): string {
  return changes
    .filter((change) => change.action === 'deleted' || change.action === 'skipped')
    .map(formatChange)
    .join('\n');
}

/**
 * The text that goes into a condition: the error, a line break, and a line for everything that had been changed
 * before it, each with its line break.
 */
export function formatFailure(message: string, changes: ChangeSet): string {
  const log = changes
    .filter(isChange)
    .map((change) => `${formatChange(change)}\n`)
    .join('');
  return `${message}\n${log}`;
}
