import { isConflict, type KubeClient } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';
import { CliError } from '../../framework/errors.ts';
import type { ToolkitKind } from '../../kinds.ts';
import { stateOf } from '../../objects/kstatus.ts';
import { successLine } from '../../objects/success-line.ts';
import {
  asToolkitObject,
  conditionOf,
  isOciHelmRepository,
  isSuspended,
  type ToolkitObject,
} from '../../objects/toolkit-object.ts';
import { pollUntil } from '../../objects/wait.ts';
import { fieldManager } from '../create/create-object.ts';

/** Kinds whose failure message stands without quotes. */
const unquoted = new Set(['Kustomization', 'HelmRelease', 'HelmChart']);

/** Annotations that ask for more than a plain run, by name below `reconcile.fluxcd.io/`. */
export type RequestExtras = readonly ('forceAt' | 'resetAt')[];

/** Now, RFC 3339 with nanoseconds: every request has a value of its own. */
export function requestTime(): string {
  const micros = String(process.hrtime.bigint() % 1_000_000n).padStart(6, '0');
  return new Date().toISOString().replace('Z', `${micros}Z`);
}

/** Fetches the object and refuses a suspended one. */
export async function fetchForReconcile(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  name: string,
  namespace: string,
): Promise<ToolkitObject> {
  const object = asToolkitObject(await kube.get(kind, name, namespace, { signal: context.deadline }));
  if (isSuspended(object)) throw new CliError('resource is suspended');
  return object;
}

/** Asks the controller for a run and waits until it has happened. */
export async function requestReconcile(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  object: ToolkitObject,
  extras: RequestExtras = [],
): Promise<void> {
  const { log } = context;
  const { name } = object.metadata;
  const namespace = object.metadata.namespace ?? context.namespace;
  if (isOciHelmRepository(object)) return log.success('reconciliation not supported by the object');
  log.action(`annotating ${kind.kind} ${name} in ${namespace} namespace`);
  const before = object.status?.lastHandledReconcileAt;
  const at = requestTime();
  const annotations: Record<string, string> = { 'reconcile.fluxcd.io/requestedAt': at };
  for (const extra of extras) annotations[`reconcile.fluxcd.io/${extra}`] = at;
  await annotate(context, kube, kind, name, namespace, annotations);
  log.success(`${kind.kind} annotated`);
  log.waiting(`waiting for ${kind.kind} reconciliation`);
  const done = await pollUntil(context, async () => {
    const now = asToolkitObject(await kube.get(kind, name, namespace, { signal: context.deadline }));
    if (kind.isStatic) return now;
    if (now.status?.lastHandledReconcileAt === before) return undefined;
    // Like the original, a run that failed and will be tried again is waited out; one that stalled never ends otherwise.
    return stateOf(now).is === 'in-progress' ? undefined : now;
  });
  const ready = conditionOf(done, 'Ready');
  if (!kind.isStatic && ready === undefined) throw new CliError("status can't be determined");
  if (ready !== undefined && ready.status !== 'True') {
    const message = unquoted.has(kind.kind) ? ready.message : `'${ready.message}'`;
    throw new CliError(`${kind.kind} reconciliation failed: ${message}`);
  }
  log.success(successLine(done));
}

async function annotate(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  name: string,
  namespace: string,
  annotations: Record<string, string>,
): Promise<void> {
  const body = { metadata: { annotations } };
  for (let attempt = 1; ; attempt++) {
    try {
      await kube.patch(kind, name, namespace, { type: 'merge', body, fieldManager, signal: context.deadline });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}
