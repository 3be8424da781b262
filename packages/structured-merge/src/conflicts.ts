import { compareText, goQuote } from '@fluvial/go-text';
import { ConflictError } from './errors.ts';
import { emptyFieldSet, type FieldPath, type FieldSet, pathsOf, printPath, unionSets } from './field-set.ts';
import type { Owner } from './managed-fields.ts';
import type { FieldConflict } from './types.ts';

/** What an owner would lose. */
export interface Clash {
  readonly id: string;
  readonly owner: Owner;
  readonly set: FieldSet;
}

/** The error for clashes, in the words of an API server; managers in the order of their ids, fields in set order. */
export function conflictError(clashes: readonly Clash[]): ConflictError {
  const sorted = [...clashes].sort((a, b) => compareText(a.id, b.id));
  const conflicts: FieldConflict[] = [];
  const causes: { reason: 'FieldManagerConflict'; message: string; field: string }[] = [];
  const lines: string[] = [];
  for (const { owner, set } of sorted) {
    const name = printOwner(owner);
    lines.push(`conflicts with ${name}:`);
    for (const field of pathsOf(set).map((path: FieldPath) => printPath(path))) {
      lines.push(`- ${field}`);
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field });
      conflicts.push({
        manager: owner.manager,
        operation: owner.operation,
        apiVersion: owner.apiVersion,
        subresource: owner.subresource,
        time: owner.time ?? '',
        field,
      });
    }
  }
  const only = causes[0];
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  const fields = clashes.reduce((all, { set }) => unionSets(all, set), emptyFieldSet);
  return new ConflictError(message, fields, conflicts, causes);
}

function printOwner(owner: Owner): string {
  let name = goQuote(owner.manager);
  if (owner.subresource !== '') name += ` with subresource ${goQuote(owner.subresource)}`;
  return owner.operation === 'Update' ? `${name} using ${owner.apiVersion}` : name;
}
