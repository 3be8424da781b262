import { isNoMatch, type KubeObject } from '@fluvial/kube';
import type { Applier, ApplierOptions, ApplySetOptions, PruneOptions, WaitOptions } from './applier.ts';
import { applyStage } from './apply-stage.ts';
import { ApplyError, withChanges } from './errors.ts';
import { takenManagers } from './field-takeover.ts';
import { createForeknowledge } from './foreknowledge.ts';
import { listenForNews } from './news.ts';
import { createObservedState } from './observed-state.ts';
import { planPrune, prune } from './prune.ts';
import { compareRefs, type StageName, stageNames, stageOf } from './sort-objects.ts';
import type { StageContext } from './stage-member.ts';
import {
  type Action,
  type ChangeEntry,
  type ChangeSet,
  formatRef,
  type InventoryEntry,
  type ObjectRef,
  refOf,
} from './types.ts';
import { waitForReady } from './wait-for-ready.ts';

/** Definitions and classes must be there before what needs them is checked. */
const stageWaitMs = 60_000;
const stagePollMs = 2000;
const hourMs = 3_600_000;

/** Makes an applier. Nothing is asked of the server before the first call. */
export function createApplier(options: ApplierOptions): Applier {
  const { client, fieldManager } = options;
  const observed = options.observed ?? createObservedState();
  const controlGroup = options.controlGroup ?? 'kustomize.toolkit.fluxcd.io';
  const concurrency = options.concurrency ?? 4;
  const customStageKinds = options.customStageKinds ?? [];
  const taken = takenManagers(fieldManager, options.overrideManagers);
  const now = options.now ?? (() => performance.now());

  const foreknowledge = createForeknowledge({ client, observed, now });
  const readsNamed = options.watchesForOthers ?? false;
  const readyContext = { client, observed, concurrency, now, readsNamed };

  async function waitForStage(entries: readonly ChangeEntry[], signal: AbortSignal | undefined): Promise<void> {
    const waiting = entries.filter(
      ({ action, ref }) => action !== 'skipped' && !(action === 'unchanged' && observed.recall(ref)?.wasCurrent),
    );
    if (waiting.length === 0) return;
    try {
      await waitForReady(
        waiting,
        { timeoutMs: stageWaitMs, pollMs: stagePollMs, failFast: false, signal },
        readyContext,
      );
    } catch (error) {
      if (error instanceof ApplyError) throw new ApplyError('STAGE_WAIT', error.message, { cause: error });
      throw error;
    }
    for (const { ref } of waiting) {
      const record = observed.recall(ref);
      if (record !== undefined) observed.record(ref, { ...record, wasCurrent: true });
    }
  }

  async function applySet(objects: readonly KubeObject[], setOptions: ApplySetOptions = {}): Promise<ChangeSet> {
    const { signal, force = false, ignore = [], fullCheck = false } = setOptions;
    const freshKinds = new Set<string>();
    const context: StageContext = {
      client,
      fieldManager,
      controlGroup,
      observed,
      foreknowledge,
      concurrency,
      taken,
      migrateApiVersion: options.migrateApiVersion ?? false,
      fullCheckAfterMs: options.fullCheckAfterMs ?? hourMs,
      now,
      force,
      ignore,
      fullCheck,
      freshKinds,
      signal,
    };
    const changes: ChangeEntry[] = [];
    for (const stage of stageNames) {
      signal?.throwIfAborted();
      const members = sortObjects(objects.filter((object) => stageOf(object, customStageKinds) === stage));
      if (members.length === 0) continue;
      try {
        const entries = await applyStage(members, context);
        changes.push(...entries);
        for (const { action, live } of entries) {
          if (live?.kind !== 'CustomResourceDefinition' || !isChanged(action)) continue;
          forgetDefinition(live);
          freshKinds.add(definedKind(live));
        }
        if (isWaitedFor(stage)) await waitForStage(entries, signal);
      } catch (error) {
        throw error instanceof ApplyError ? withChanges(error, [...changes, ...error.changes]) : error;
      }
    }
    return changes;
  }

  /** What discovery said of a definition's kind may be of another scope or version now. */
  function forgetDefinition(definition: KubeObject): void {
    const spec = definition.spec as { group?: unknown; versions?: unknown } | undefined;
    for (const each of Array.isArray(spec?.versions) ? spec.versions : []) {
      client.mapper.invalidate(`${String(spec?.group)}/${String((each as { name?: unknown } | null)?.name)}`);
    }
  }

  async function waitForTermination(
    refs: readonly ObjectRef[],
    { timeoutMs, signal, pollMs = 2000 }: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'pollMs'>,
  ): Promise<void> {
    const end = now() + timeoutMs;
    const news = listenForNews(refs, observed);
    let rest = [...refs];
    try {
      for (let round = 0; ; round++) {
        const still: ObjectRef[] = [];
        for (const ref of rest) if (await exists(ref, signal)) still.push(ref);
        rest = still;
        if (rest.length === 0) return;
        const leftMs = end - now();
        if (leftMs <= 0) {
          throw new ApplyError(
            'TERMINATION',
            `timeout waiting for termination of: [${rest.map(formatRef).join(', ')}]`,
          );
        }
        await news.wait(Math.min(leftMs, pollMs, 100 * 2 ** round), signal);
      }
    } finally {
      news.close();
    }
  }

  async function exists(ref: ObjectRef, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return (await client.find(ref, ref.name, ref.namespace, { metadataOnly: true, signal })) !== undefined;
    } catch (error) {
      signal?.throwIfAborted();
      return !isNoMatch(error);
    }
  }

  return {
    observed,
    applySet,
    planPrune: (stale, planOptions) => planPrune(stale, planOptions, { observed, controlGroup }),
    prune: (stale: readonly InventoryEntry[], pruneOptions: PruneOptions) =>
      prune(stale, pruneOptions, { client, observed, controlGroup }),
    waitForReady: (targets, waitOptions) => waitForReady(targets, waitOptions, readyContext),
    waitForTermination,
  };
}

/** Applies a set once, with nothing remembered. Callers that come again keep an applier. */
export function applySet(
  objects: readonly KubeObject[],
  options: ApplierOptions & ApplySetOptions,
): Promise<ChangeSet> {
  return createApplier(options).applySet(objects, options);
}

/** `group/kind` of what the definition defines. */
function definedKind(definition: KubeObject): string {
  const spec = definition.spec as { group?: unknown; names?: { kind?: unknown } } | undefined;
  return `${String(spec?.group)}/${String(spec?.names?.kind)}`;
}

const isChanged = (action: Action): boolean => action === 'created' || action === 'configured';
const isWaitedFor = (stage: StageName): boolean => stage === 'definitions' || stage === 'classes';

function sortObjects(objects: readonly KubeObject[]): KubeObject[] {
  return objects
    .map((object) => ({ object, ref: refOf(object) }))
    .sort((a, b) => compareRefs(a.ref, b.ref))
    .map(({ object }) => object);
}
