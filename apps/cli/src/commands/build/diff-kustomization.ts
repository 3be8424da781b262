import { resolve } from 'node:path';
import { diffInventory, type InventoryEntry, inventoryEntry, parseInventoryEntry, refOf } from '@fluvial/apply';
import { isApiError, isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { boolFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { completeNames } from '../../objects/names.ts';
import { valueAt } from '../../objects/toolkit-object.ts';
import { buildObjects } from './build-objects.ts';
import { reportDifferences } from './difference-report.ts';
import { type FoundKustomization, findKustomization, isDirectory } from './find-kustomization.ts';
import { kustomizationFlags } from './flags.ts';

const failed = 2;
const fieldManager = 'kustomize-controller';
const prefix = 'kustomize.toolkit.fluxcd.io';

/** `flux diff kustomization` */
export const command = defineCommand({
  long: `Build the manifests of a Kustomization from a folder on this machine and compare them with the cluster.

Exits with 0 when nothing would change, with 1 when something would, with 2 when the comparison failed.`,
  example: `  # Compare local changes with the cluster
  flux diff kustomization podinfo --path ./deploy`,
  flags: {
    ...kustomizationFlags,
    'ignore-not-found': boolFlag('take a Kustomization that is not in the cluster for a new one'),
    'progress-bar': boolFlag('accepted for compatibility', true),
  },
  complete: completeNames(toolkitKinds.kustomization),
  async run(context, { args, flags }) {
    const name = args[0];
    if (name === undefined) throw new CliError('kustomization name is required');
    let hasChanges: boolean;
    try {
      const dir = resolve(context.cwd, flags.path);
      if (flags.path === '' || !isDirectory(dir))
        throw new Error(`invalid resource path ${JSON.stringify(flags.path)}`);
      const file = flags['kustomization-file'];
      const ignoreNotFound = flags['ignore-not-found'];
      if (ignoreNotFound && file === '') {
        throw new Error('kustomization file is required when assuming new kustomizations');
      }
      const owner = await findKustomization(context, name, { file, dryRun: false, ignoreNotFound });
      const objects = await buildObjects(context, owner, {
        dir,
        ignorePaths: flags['ignore-paths'],
        strict: flags['strict-substitute'],
        dryRun: false,
        recursive: flags.recursive,
        localSources: flags['local-sources'],
      });
      hasChanges = await compareAll(context, owner, objects);
    } catch (error) {
      throw new CliError(messageOf(error), { exitCode: failed, cause: error });
    }
    if (hasChanges) {
      throw new CliError('identified at least one change, exiting with non-zero exit code', { symbol: '⚠️' });
    }
  },
});

async function compareAll(
  context: Context,
  owner: FoundKustomization,
  objects: readonly KubeObject[],
): Promise<boolean> {
  const kube = await context.kube();
  const errors: string[] = [];
  let hasChanges = false;
  for (const object of objects) {
    try {
      const text = await compare(context, kube, object);
      if (text === undefined) continue;
      if (!text.endsWith(' skipped\n')) hasChanges = true;
      context.stdout(text);
    } catch (error) {
      if (context.deadline.aborted) throw error;
      errors.push(messageOf(error));
    }
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
  if (owner.spec.prune !== true) return hasChanges;
  const entries = valueAt(owner.status, 'inventory', 'entries');
  const before = (Array.isArray(entries) ? entries : []) as InventoryEntry[];
  const now = objects.map((object) => inventoryEntry(refOf(object)));
  for (const stale of diffInventory(before, now)) {
    const ref = parseInventoryEntry(stale);
    if (ref === undefined) continue;
    hasChanges = true;
    context.stdout(`► ${idOf(ref.kind, ref.namespace, ref.name)} deleted\n`);
  }
  return hasChanges;
}

/** What would happen to one object; undefined when nothing would. */
async function compare(context: Context, kube: KubeClient, object: KubeObject): Promise<string | undefined> {
  const { name, namespace } = object.metadata;
  const id = idOf(object.kind, namespace, name);
  const signal = context.deadline;
  if (control(object, 'reconcile') === 'disabled' || control(object, 'ssa') === 'ignore') return `► ${id} skipped\n`;
  const live = await kube.find(object, name, namespace, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (live !== undefined) {
    const isLeftAlone = control(live, 'reconcile') === 'disabled' || control(live, 'ssa') === 'ignore';
    if (isLeftAlone || control(object, 'ssa') === 'ifnotpresent') return `► ${id} skipped\n`;
  }
  let wanted: KubeObject;
  try {
    wanted = await kube.apply(object, { fieldManager, force: true, dryRun: true, signal });
  } catch (error) {
    const reason = isApiError(error) && error.reason !== '' ? ` (${error.reason})` : '';
    throw new Error(`${id} dry-run failed${reason}: ${messageOf(error)}`, { cause: error });
  }
  if (live === undefined) return `► ${id} created\n`;
  const report = reportDifferences(live, wanted);
  return report === '' ? undefined : `► ${id} drifted\n\n${report}`;
}

function control(object: KubeObject, key: string): string {
  const { labels, annotations } = object.metadata;
  return (labels?.[`${prefix}/${key}`] ?? annotations?.[`${prefix}/${key}`] ?? '').toLowerCase();
}

function idOf(kind: string, namespace: string | undefined, name: string): string {
  return namespace ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}
