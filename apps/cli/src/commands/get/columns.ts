import type { ToolkitKind } from '../../kinds.ts';
import { shortenRevision } from '../../objects/shorten-revision.ts';
import { helmReleaseRevision } from '../../objects/success-line.ts';
import { conditionOf, isSuspended, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';

/** How one kind is listed. */
export type Listing = { headers: readonly string[]; row(object: ToolkitObject): string[] };

const bool = (value: boolean) => (value ? 'True' : 'False');

/** Status and message of the Ready condition. */
function readiness(object: ToolkitObject): [status: string, message: string] {
  const ready = conditionOf(object, 'Ready');
  return ready === undefined ? ['False', 'waiting to be reconciled'] : [ready.status, ready.message];
}

function sourceRefText(object: ToolkitObject, ref: unknown): string {
  if (typeof ref !== 'object' || ref === null) return '';
  const namespace = textAt(ref, 'namespace') || (object.metadata.namespace ?? '');
  return `${textAt(ref, 'kind')}/${namespace}/${textAt(ref, 'name')}`;
}

/** Columns after NAME for each kind. */
export function listingOf(kind: ToolkitKind, options: { showSource: boolean }): Listing {
  switch (kind.kind) {
    case 'HelmChart':
      return sourceListing((revision) => revision);
    case 'HelmRepository': {
      const listing = sourceListing(shortenRevision);
      return {
        headers: listing.headers,
        row(object) {
          if (object.spec?.['type'] !== 'oci') return listing.row(object);
          return ['', bool(isSuspended(object)), 'True', 'Helm repository is Ready'];
        },
      };
    }
    case 'ExternalArtifact':
      return {
        headers: ['Revision', 'Source', 'Ready', 'Message'],
        row(object) {
          const [ready, message] = readiness(object);
          const revision = shortenRevision(object.status?.artifact?.revision ?? '');
          return [revision, sourceRefText(object, object.spec?.['sourceRef']), ready, shortenRevision(message)];
        },
      };
    case 'Kustomization':
      return withSource(options.showSource, (object) => object.spec?.['sourceRef'], {
        headers: ['Revision', 'Suspended', 'Ready', 'Message'],
        row(object) {
          const [ready, message] = readiness(object);
          const revision = shortenRevision(textAt(object.status, 'lastAppliedRevision'));
          return [revision, bool(isSuspended(object)), ready, shortenRevision(message)];
        },
      });
    case 'HelmRelease':
      return withSource(
        options.showSource,
        (object) => object.spec?.['chartRef'] ?? valueAt(object.spec, 'chart', 'spec', 'sourceRef'),
        {
          headers: ['Revision', 'Suspended', 'Ready', 'Message'],
          row(object) {
            const [ready, message] = readiness(object);
            return [helmReleaseRevision(object), bool(isSuspended(object)), ready, message];
          },
        },
      );
    case 'ImageRepository':
      return timeListing('Last scan', ['lastScanResult', 'scanTime']);
    case 'ImageUpdateAutomation':
      return timeListing('Last run', ['lastAutomationRunTime']);
    case 'ImagePolicy':
      return {
        headers: ['Image', 'Tag', 'Ready', 'Message'],
        row(object) {
          const latest = valueAt(object.status, 'latestRef');
          return [textAt(latest, 'name'), textAt(latest, 'tag'), ...readiness(object)];
        },
      };
    case 'Receiver':
      return {
        headers: ['Suspended', 'Ready', 'Message'],
        row: (object) => [bool(isSuspended(object)), ...readiness(object)],
      };
    case 'Alert':
      return {
        headers: ['Suspended', 'Ready', 'Message'],
        row: (object) => [bool(isSuspended(object)), 'True', 'Alert is Ready'],
      };
    case 'Provider':
      return { headers: ['Ready', 'Message'], row: () => ['True', 'Provider is Ready'] };
    case 'ArtifactGenerator':
      return {
        headers: ['Suspended', 'Ready', 'Message'],
        row(object) {
          const mark = object.metadata.annotations?.['source.extensions.fluxcd.io/reconcile'] ?? '';
          return [bool(mark.toLowerCase() === 'disabled'), ...readiness(object)];
        },
      };
    default:
      return sourceListing(shortenRevision);
  }
}

function sourceListing(shorten: (revision: string) => string): Listing {
  return {
    headers: ['Revision', 'Suspended', 'Ready', 'Message'],
    row(object) {
      const [ready, message] = readiness(object);
      const revision = shorten(object.status?.artifact?.revision ?? '');
      return [revision, bool(isSuspended(object)), ready, shortenRevision(message)];
    },
  };
}

function timeListing(header: string, path: string[]): Listing {
  return {
    headers: [header, 'Suspended', 'Ready', 'Message'],
    row: (object) => [textAt(object.status, ...path), bool(isSuspended(object)), ...readiness(object)],
  };
}

function withSource(show: boolean, ref: (object: ToolkitObject) => unknown, listing: Listing): Listing {
  if (!show) return listing;
  return {
    headers: ['Source', ...listing.headers],
    row: (object) => [sourceRefText(object, ref(object)), ...listing.row(object)],
  };
}
