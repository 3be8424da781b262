import { conditionOf, isOciHelmRepository, type ToolkitObject, textAt, valueAt } from './toolkit-object.ts';

/** What a finished reconciliation brought, in a few words. */
export function successLine(object: ToolkitObject): string {
  switch (object.kind) {
    case 'Kustomization':
      return `applied revision ${textAt(object.status, 'lastAppliedRevision')}`;
    case 'HelmRelease':
      return `applied revision ${helmReleaseRevision(object)}`;
    case 'ImageRepository':
      return `scan fetched ${valueAt(object.status, 'lastScanResult', 'tagCount') ?? 0} tags`;
    case 'ImagePolicy':
      return `selected ref ${imageRef(valueAt(object.status, 'latestRef'))}`;
    case 'ImageUpdateAutomation': {
      const ready = conditionOf(object, 'Ready');
      const run = textAt(object.status, 'lastAutomationRunTime');
      return ready?.message ?? (run === '' ? 'automation not yet run' : `last run ${run}`);
    }
    case 'Receiver':
    case 'Alert':
    case 'Provider':
      return `${object.kind} reconciliation completed`;
    default:
      if (isOciHelmRepository(object)) return conditionOf(object, 'Ready')?.message ?? '';
      return `fetched revision ${object.status?.artifact?.revision ?? ''}`;
  }
}

/** The chart version of the newest release, else the one last attempted. */
export function helmReleaseRevision(object: ToolkitObject): string {
  const history = valueAt(object.status, 'history');
  const newest = Array.isArray(history) ? textAt(history[0], 'chartVersion') : '';
  return newest === '' ? textAt(object.status, 'lastAttemptedRevision') : newest;
}

function imageRef(ref: unknown): string {
  const digest = textAt(ref, 'digest');
  return `${textAt(ref, 'name')}:${textAt(ref, 'tag')}${digest === '' ? '' : `@${digest}`}`;
}
