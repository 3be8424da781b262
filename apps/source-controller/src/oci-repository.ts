import type { OCIRepository } from '@fluvial/api';
import type { ArtifactStorage } from '@fluvial/artifact';
import { isTrue, isUnknown } from '@fluvial/conditions';
import { type Controller, parseDuration, type ReconcileContext, TransientError } from '@fluvial/runtime';
import { createArchiveCache } from './oci-repository/archive-cache.ts';
import { checkStorage } from './oci-repository/check-storage.ts';
import type { ClientPool } from './oci-repository/client-pool.ts';
import { ociRepositoryConditions, types } from './oci-repository/conditions.ts';
import { isRefusal } from './oci-repository/fetch-layer.ts';
import { fetchSource } from './oci-repository/fetch-source.ts';
import { notifyOutcome } from './oci-repository/notify-outcome.ts';
import { secretsOf, serviceAccountsOf, wakeForSecret } from './oci-repository/references.ts';
import { storeArtifact } from './oci-repository/store-artifact.ts';
import type { Options } from './options.ts';

/** What an OCIRepository's reconcile works with, besides the runtime's context. */
export interface OciRepositoryPorts {
  readonly storage: ArtifactStorage;
  /** Resolves once artifacts are served: none is announced before. */
  readonly listening: Promise<void>;
  readonly clients: ClientPool;
  readonly options: Pick<Options, 'defaultServiceAccount' | 'objectLevelIdentity'>;
}

/**
 * Reconciles one OCIRepository into one stored artifact.
 *
 * Reads the object, its Secrets and ServiceAccount, and the registry; writes the artifact store. The runtime patches status.
 * Runs again after `spec.interval`; sooner, with back-off, on a transient error; on change only, once stalled.
 * Rule: the OCIRepository v1 specification page of Flux.
 */
export function createOciRepositoryController(ports: OciRepositoryPorts): Controller<OCIRepository> {
  const archives = createArchiveCache(isRefusal);
  return {
    name: 'ocirepository',
    // Both served versions are one stored object; the newer one sees all fields of the older.
    kind: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
    conditions: ociRepositoryConditions,
    indexes: { secrets: secretsOf, serviceAccounts: serviceAccountsOf },
    watches: [
      // Metadata alone: the content is read by the reconcile that wakes.
      {
        kind: { apiVersion: 'v1', kind: 'Secret' },
        metadataOnly: true,
        wakes: (change, own) => wakeForSecret(change, own.byIndex('secrets', keyText(change.object.metadata))),
      },
      {
        kind: { apiVersion: 'v1', kind: 'ServiceAccount' },
        metadataOnly: true,
        wakes: (change, own) => wakeForSecret(change, own.byIndex('serviceAccounts', keyText(change.object.metadata))),
      },
    ],
    async reconcile(object, ctx) {
      await ports.listening;
      startProgress(object, ctx);
      ctx.deleteCondition(types.storageOperationFailed);
      await checkStorage(object, ports.storage, ctx);
      const source = await fetchSource(object, { ...ports, archives }, ctx);
      await storeArtifact(object, source, ports.storage, ctx);
      return { next: 'interval', afterMs: parseDuration(object.spec.interval) };
    },
    async finalize(object, ctx) {
      const { namespace = '', name } = object.metadata;
      let existed: boolean;
      try {
        existed = await ports.storage.removeAll({ kind: object.kind, namespace, name });
      } catch (error) {
        throw garbageCollectionFailed(error);
      }
      if (existed) {
        ctx.event({
          severity: 'trace',
          reason: 'GarbageCollectionSucceeded',
          message: 'garbage collected artifacts for deleted resource',
        });
        ctx.log.info('garbage collected artifacts for deleted resource');
      }
    },
    afterRun: notifyOutcome,
  };
}

const quietLookMs = 10_000;

/** `Reconciling=True` for this run, and a visible one when a change is waited for. */
function startProgress(object: OCIRepository, ctx: ReconcileContext<OCIRepository>): void {
  const { generation } = object.metadata;
  const observed = object.status?.observedGeneration ?? -1;
  const message =
    generation === observed
      ? 'reconciliation in progress'
      : `processing object: new generation ${observed} -> ${generation}`;
  // Nobody waits for a look at an interval: it shows only when the registry takes its time, or there is something new.
  const isAwaited = generation !== observed || !isTrue(object, 'Ready');
  ctx.progress(message, isAwaited ? {} : { delayMs: quietLookMs });
  if (isUnknown(object, 'Ready')) ctx.setCondition('Ready', 'Unknown', 'Progressing', message);
}

function garbageCollectionFailed(error: unknown): TransientError {
  const message = `garbage collection for deleted resource failed: ${(error as Error).message}`;
  return new TransientError(message, { reason: 'GarbageCollectionFailed', cause: error });
}

function keyText({ namespace = '', name }: { namespace?: string; name: string }): string {
  return `${namespace}/${name}`;
}
