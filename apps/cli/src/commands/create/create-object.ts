import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';
import { CliError } from '../../framework/errors.ts';
import type { ToolkitKind } from '../../kinds.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../objects/names.ts';
import { exportable, yamlDocument } from '../../objects/print-object.ts';
import type { Fields, ToolkitObject } from '../../objects/toolkit-object.ts';
import { waitForReady } from '../../objects/wait.ts';

/** Name that writes of the command line are recorded under. */
export const fieldManager = 'flux';

const namePattern = /^[a-z0-9]([a-z0-9-]){0,61}[a-z0-9]$/;

/**
 * The name argument of a `create` command.
 *
 * One-character names are refused, as the original does.
 */
export function nameArgument(args: readonly string[]): string {
  const name = args[0];
  if (name === undefined) throw new CliError('name is required');
  if (!namePattern.test(name)) {
    throw new CliError(
      `name '${name}' is invalid, it should adhere to standard defined in RFC 1123, the name can only contain alphanumeric characters or '-'`,
    );
  }
  return name;
}

/** The labels that `--label` gives. */
export function parseLabels(list: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  for (const label of list) {
    const parts = label.split('=');
    if (parts.length !== 2) throw new CliError(`invalid label format '${label}', must be key=value`);
    const [key = '', value = ''] = parts;
    const keyProblems = qualifiedNameProblems(key);
    if (keyProblems.length > 0) throw new CliError(`invalid label '${key}': [${keyProblems.join(' ')}]`);
    const valueProblems = labelValueProblems(value);
    if (valueProblems.length > 0) throw new CliError(`invalid label value '${value}': [${valueProblems.join(' ')}]`);
    labels[key] = value;
  }
  return labels;
}

/** A new object of a kind from its name, labels and spec. */
export function newObject(
  context: Context,
  kind: ToolkitKind,
  name: string,
  labels: Record<string, string>,
  spec: Fields,
): KubeObject & { spec: Fields } {
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { name, namespace: context.namespace, ...(Object.keys(labels).length > 0 ? { labels } : {}) },
    spec,
  };
}

/** Prints the object as `--export` does. */
export function printExport(context: Context, object: KubeObject): void {
  const { apiVersion, kind, metadata, spec } = exportable({ ...object, spec: {} });
  context.stdout(yamlDocument({ apiVersion, kind, metadata, spec: object['spec'] ?? spec }));
}

/** Creates the object, or replaces labels and spec of the one that is there. */
export async function upsert(
  context: Context,
  kube: KubeClient,
  object: KubeObject & { spec: Fields },
): Promise<'created' | 'updated'> {
  const { name, namespace, labels } = object.metadata;
  const options = { fieldManager, signal: context.deadline };
  const live = await kube.find(object, name, namespace, { signal: context.deadline });
  if (live === undefined) {
    await kube.create(object, options);
    return 'created';
  }
  const metadata = { ...live.metadata, labels: labels ?? {} };
  await kube.replace({ ...live, metadata, spec: object.spec }, options);
  return 'updated';
}

/** The words of one `create` command's progress lines. */
export type Announcement = {
  /** `✚ generating …`; none when absent. */
  readonly generating?: string;
  readonly applying: string;
  /** Before `created` or `updated`. */
  readonly upserted: string;
  readonly waiting: string;
  /** Lines after the wait; throws when the object is not what it should be. */
  finish(object: ToolkitObject): string[];
};

/**
 * The common end of the `create` commands: print with `--export`, else apply, wait until ready, and say so.
 *
 * `prepare` runs between the announcement and the apply and may change the object (credentials, for example).
 */
export async function createAndWait(
  context: Context,
  kind: ToolkitKind,
  object: KubeObject & { spec: Fields },
  announcement: Announcement,
  options: { export: boolean; prepare?: (kube: KubeClient) => Promise<void> },
): Promise<void> {
  if (options.export) return printExport(context, object);
  const { log } = context;
  const kube = await context.kube();
  if (announcement.generating !== undefined) log.generate(`generating ${announcement.generating}`);
  await options.prepare?.(kube);
  log.action(`applying ${announcement.applying}`);
  const outcome = await upsert(context, kube, object);
  log.success(`${announcement.upserted} ${outcome}`);
  log.waiting(`waiting for ${announcement.waiting} reconciliation`);
  const ready = await waitForReady(context, kube, kind, object.metadata.name);
  for (const line of announcement.finish(ready)) log.success(line);
}

/** The words of a source: `X source reconciliation completed` and its revision. */
export function sourceAnnouncement(
  kind: string,
  options: { upserted?: string; noArtifact?: string } = {},
): Announcement {
  const subject = `${kind} source`;
  return {
    generating: subject,
    applying: subject,
    upserted: options.upserted ?? subject,
    waiting: subject,
    finish(object) {
      const revision = object.status?.artifact?.revision;
      if (revision === undefined) {
        throw new CliError(options.noArtifact ?? `${subject} reconciliation completed but no artifact was found`);
      }
      return [`${subject} reconciliation completed`, `fetched revision: ${revision}`];
    },
  };
}

/** The words of an object that ends in `X NAME is ready`. */
export function objectAnnouncement(kind: string, more: (object: ToolkitObject) => string[] = () => []): Announcement {
  return {
    generating: kind,
    applying: kind,
    upserted: kind,
    waiting: kind,
    finish: (object) => [`${kind} ${object.metadata.name} is ready`, ...more(object)],
  };
}
