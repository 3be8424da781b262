import type { ToolkitKind } from '../../../kinds.ts';
import type { Announcement } from '../create-object.ts';

/** The words of the image kinds: they end in `X reconciliation completed`. */
export function imageAnnouncement({ kind }: ToolkitKind): Announcement {
  return {
    generating: kind,
    applying: kind,
    upserted: kind,
    waiting: kind,
    finish: () => [`${kind} reconciliation completed`],
  };
}
