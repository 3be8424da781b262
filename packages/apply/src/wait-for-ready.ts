import { computeStatus, type StatusResult, type StatusSubject } from '@fluvial/conditions';
import { isNoMatch, isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import type { StatusReader, WaitOptions } from './applier.ts';
import { ApplyError } from './errors.ts';
import { listenForNews, type News } from './news.ts';
import { isKeptWhole, isMetadataKind, type LiveState, type ObservedState } from './observed-state.ts';
import { runLimited } from './run-limited.ts';
import { type ChangeEntry, formatRef, groupOf, type ObjectRef } from './types.ts';

export type ReadyContext = {
  readonly client: KubeClient;
  readonly observed: ObservedState;
  readonly concurrency: number;
  readonly now: () => number;
  /** Targets that were named and not applied are read with the client, whatever a watch knows. */
  readonly readsNamed: boolean;
};

type Target = {
  readonly ref: ObjectRef;
  /** No watch is to be asked about it. */
  readonly isUnwatched: boolean;
  readonly hasTtl: boolean;
  /** What the apply returned; looked at once. */
  first: KubeObject | undefined;
  status: StatusResult['status'] | undefined;
  error: string;
};

/** A first look, and looks soon after it, catch what is ready within a moment; later ones come at the full interval. */
const firstPollMs = 250;

/**
 * Waits until every target is Current by the kstatus rules.
 *
 * Finishes early at the first Failed one (unless `failFast` is off), or when only Failed and Current ones are left.
 */
export async function waitForReady(
  targets: readonly (ObjectRef | ChangeEntry)[],
  options: WaitOptions,
  context: ReadyContext,
): Promise<void> {
  const { signal } = options;
  const { client, observed } = context;
  const open = targets.map((target) => createTarget(target, context.readsNamed));
  for (const target of open) await checkScope(target, client, signal);
  const watched = open.filter(({ isUnwatched }) => !isUnwatched).map(({ ref }) => ref);
  await Promise.all(watched.map((ref) => (client.mapper.known(ref) ? observed.watch(ref, signal) : undefined)));
  const news = listenForNews(watched, observed);
  try {
    await lookUntilReady(open, news, options, context);
  } finally {
    news.close();
  }
}

async function lookUntilReady(
  targets: readonly Target[],
  news: News,
  options: WaitOptions,
  context: ReadyContext,
): Promise<void> {
  const { signal, timeoutMs, failFast = true, pollMs = 5000 } = options;
  const end = context.now() + timeoutMs;
  for (let round = 0; ; round++) {
    signal?.throwIfAborted();
    const pending = targets.filter((target) => target.status !== 'Current');
    let asked = 0;
    await runLimited(pending, context.concurrency, async (target) => {
      if (await readStatus(target, options, context)) asked += 1;
    });
    const rest = targets.filter((target) => target.status !== 'Current');
    if (rest.length === 0) return;
    const failed = rest.filter((target) => target.status === 'Failed');
    if (failed.length > 0 && (failFast || failed.length === rest.length)) {
      throw healthError('failed early due to stalled resources', failed);
    }
    const leftMs = end - context.now();
    if (leftMs <= 0) throw healthError('timeout waiting for', rest);
    const nextMs = asked === 0 ? pollMs : Math.min(pollMs, firstPollMs * 2 ** round);
    await news.wait(Math.min(leftMs, nextMs), signal);
  }
}

function createTarget(target: ObjectRef | ChangeEntry, readsNamed: boolean): Target {
  if ('ref' in target) {
    return {
      ref: target.ref,
      isUnwatched: false,
      hasTtl: target.hasTtl ?? false,
      first: target.live,
      status: undefined,
      error: '',
    };
  }
  return { ref: target, isUnwatched: readsNamed, hasTtl: false, first: undefined, status: undefined, error: '' };
}

/** A namespaced object without its namespace can never be found; the original stops at it, too. */
async function checkScope(target: Target, client: KubeClient, signal: AbortSignal | undefined): Promise<void> {
  const { ref } = target;
  try {
    const info = client.mapper.known(ref) ?? (await client.mapper.resolve(ref.apiVersion, ref.kind, { signal }));
    if (!info.namespaced || ref.namespace !== '') return;
  } catch {
    signal?.throwIfAborted();
    return;
  }
  throw new ApplyError('HEALTH', `can't determine status for ${formatRef(ref)}`, { ref });
}

/** Returns whether the server had to be asked. */
async function readStatus(target: Target, options: WaitOptions, context: ReadyContext): Promise<boolean> {
  const { ref } = target;
  const first = target.first;
  target.first = undefined;
  if (first !== undefined) {
    settle(target, evaluate(first, options));
    if (target.status === 'Current' || target.status === 'Failed') return false;
  }
  const known: LiveState = target.isUnwatched ? { state: 'unknown' } : context.observed.live(ref);
  if (known.state === 'absent') {
    settle(target, computeStatus(undefined));
    return false;
  }
  // What the watch keeps of an object is enough for the usual rules, and perhaps not for somebody's own.
  const needsWhole =
    known.state === 'present' && !isKeptWhole(ref) && readWith(options.readers, known.object) !== undefined;
  if (known.state === 'present' && !needsWhole && (known.full || isMetadataKind(ref))) {
    settle(target, evaluate(known.object, options));
    if (target.status !== 'InProgress' || !hasPods(ref)) return false;
    settle(target, await evaluateWithPods(known.object, options, context));
    return false;
  }
  // The watch is behind our own write, and will tell when it has caught up.
  if (known.state === 'present' && !needsWhole && target.status !== undefined) return false;
  const { client } = context;
  const { signal } = options;
  try {
    const live = await client.get(ref, ref.name, ref.namespace, { signal });
    const result = evaluate(live, options);
    settle(
      target,
      result.status === 'InProgress' && hasPods(ref) ? await evaluateWithPods(live, options, context) : result,
    );
  } catch (error) {
    signal?.throwIfAborted();
    settle(
      target,
      isNotFound(error) ? computeStatus(undefined) : { status: 'Unknown', message: whyUnknown(ref, error) },
    );
  }
  return true;
}

function settle(target: Target, { status, message }: StatusResult): void {
  // A Job that cleans up after itself has succeeded when it is not there any more.
  target.status = status === 'NotFound' && target.hasTtl ? 'Current' : status;
  // Of the others the status says all: only what could not be found out has a reason to give.
  target.error = status === 'Unknown' ? message : '';
}

function whyUnknown({ kind, apiVersion }: ObjectRef, error: unknown): string {
  if (isNoMatch(error))
    return `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(groupOf(apiVersion))}`;
  return error instanceof Error ? error.message : String(error);
}

function evaluate(object: KubeObject, options: WaitOptions): StatusResult {
  return readWith(options.readers, object) ?? computeStatus(object as StatusSubject);
}

function readWith(readers: readonly StatusReader[] | undefined, object: KubeObject): StatusResult | undefined {
  for (const reader of readers ?? []) {
    const result = reader(object as StatusSubject);
    if (result !== undefined) return result;
  }
  return undefined;
}

const hasPods = (ref: ObjectRef): boolean =>
  groupOf(ref.apiVersion) === 'apps' && (ref.kind === 'StatefulSet' || ref.kind === 'ReplicaSet');

async function evaluateWithPods(
  object: KubeObject,
  options: WaitOptions,
  context: ReadyContext,
): Promise<StatusResult> {
  const labelSelector = formatSelector((object.spec as { selector?: Selector } | undefined)?.selector);
  if (labelSelector === '') return evaluate(object, options);
  try {
    const pods = await context.client.list(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace: object.metadata.namespace, labelSelector, signal: options.signal },
    );
    return (
      readWith(options.readers, object) ??
      computeStatus(object as StatusSubject, { pods: pods.items as unknown as StatusSubject[] })
    );
  } catch {
    options.signal?.throwIfAborted();
    return evaluate(object, options);
  }
}

type Selector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
};

function formatSelector(selector: Selector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    if (operator === 'In') parts.push(`${key} in (${values.join(',')})`);
    else if (operator === 'NotIn') parts.push(`${key} notin (${values.join(',')})`);
    else if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
  }
  return parts.join(',');
}

function healthError(text: string, targets: readonly Target[]): ApplyError {
  const items = targets.map(({ ref, status, error }) => {
    const item = `${formatRef(ref)} status: '${status ?? 'Unknown'}'`;
    return error === '' ? item : `${item}: ${error}`;
  });
  return new ApplyError('HEALTH', `${text}: [${items.join(', ')}]`);
}
