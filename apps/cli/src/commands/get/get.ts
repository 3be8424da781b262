import { isApiError, isNoMatch, isNotFound, type KubeClient } from '@fluvial/kube';
import { type CommandModule, defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { boolFlag, type FlagValues } from '../../framework/flag-types.ts';
import { formatTable } from '../../framework/table.ts';
import type { ToolkitKind } from '../../kinds.ts';
import { checkLabelSelector } from '../../objects/label-selector.ts';
import { completeNames } from '../../objects/names.ts';
import { asToolkitObject, conditionOf, type ToolkitObject } from '../../objects/toolkit-object.ts';
import { listingOf } from './columns.ts';
import { getFlags } from './flags.ts';

type GetFlags = FlagValues<typeof getFlags>;
type Wanted = { name?: string; showSource: boolean; inAll: boolean };

/** `flux get KIND [name]` */
export function getCommand(kind: ToolkitKind): CommandModule {
  const hasSource = kind.kind === 'Kustomization' || kind.kind === 'HelmRelease';
  return defineCommand({
    long: `Print the state of ${kind.kind} objects, one line each.`,
    example: `  # List all of a namespace\n  flux get ${getWords(kind)} --namespace=flux-system\n\n  # List those that are not ready, everywhere\n  flux get ${getWords(kind)} -A --status-selector ready=false`,
    flags: hasSource ? { 'show-source': boolFlag('show where each object comes from') } : {},
    inherited: getFlags,
    complete: completeNames(kind),
    async run(context, { args, flags }) {
      const showSource = (flags as { 'show-source'?: boolean })['show-source'] === true;
      const wanted: Wanted = { name: args[0], showSource, inAll: false };
      const kube = await context.kube();
      if (flags['label-selector'] !== '') checkLabelSelector(flags['label-selector']);
      if (flags.watch) return watch(context, kube, kind, flags, wanted);
      const objects = await list(context, kube, kind, flags, wanted.name);
      if (objects.length === 0) throw nothingFound(context, kind, flags, wanted.name);
      context.stdout(tableOf(kind, filter(objects, flags), flags, wanted));
    },
  });
}

/** `flux get all` and the like: every kind that has objects, one table each. */
export function getAllCommand(kinds: readonly ToolkitKind[], subject: string): CommandModule {
  return defineCommand({
    long: `Print the state of ${subject}, one table a kind.`,
    flags: {},
    inherited: getFlags,
    async run(context, { flags }) {
      if (flags.watch) throw new CliError('expected a single resource type, but found all');
      const kube = await context.kube();
      if (flags['label-selector'] !== '') checkLabelSelector(flags['label-selector']);
      const wanted: Wanted = { showSource: false, inAll: true };
      const found = kinds.map((kind) =>
        list(context, kube, kind, flags, undefined).then(
          (objects) => ({ objects }),
          (error: unknown) => ({ error }),
        ),
      );
      for (const [index, kind] of kinds.entries()) {
        const result = await found[index]!;
        if ('error' in result) {
          if (isNoMatch(result.error) || isNotFound(result.error)) continue;
          if (!isApiError(result.error)) throw result.error;
          context.log.failure(messageOf(result.error));
          continue;
        }
        const objects = filter(result.objects, flags);
        if (objects.length > 0) context.stdout(`${tableOf(kind, objects, flags, wanted)}\n`);
      }
    },
  });
}

function getWords(kind: ToolkitKind): string {
  const groups: Readonly<Record<string, string>> = { source: 'sources', image: 'images', artifact: 'artifacts' };
  const group = groups[kind.words[0]!];
  return group === undefined ? kind.listed.name : `${group} ${kind.listed.name}`;
}

async function list(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  flags: GetFlags,
  name: string | undefined,
): Promise<ToolkitObject[]> {
  const answer = await kube.list(kind, {
    signal: context.deadline,
    ...(flags['all-namespaces'] ? {} : { namespace: context.namespace }),
    ...(flags['label-selector'] === '' ? {} : { labelSelector: flags['label-selector'] }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  });
  return answer.items.map(asToolkitObject);
}

function nothingFound(context: Context, kind: ToolkitKind, flags: GetFlags, name: string | undefined): CliError {
  const where = flags['all-namespaces'] ? 'any' : JSON.stringify(context.namespace);
  return new CliError(
    name === undefined
      ? `no ${kind.kind} objects found in ${where} namespace`
      : `${kind.kind} object '${name}' not found in ${where} namespace`,
  );
}

/** Objects that the status selector lets through. */
function filter(objects: ToolkitObject[], flags: GetFlags): ToolkitObject[] {
  const selector = flags['status-selector'];
  if (selector === '') return objects;
  const at = selector.indexOf('=');
  if (at < 0)
    throw new CliError(`expected status selector in type=status or type!=status format, but found: ${selector}`);
  const negated = selector[at - 1] === '!';
  const type = selector.slice(0, negated ? at - 1 : at).toLowerCase();
  const status = selector.slice(at + 1).toLowerCase();
  return objects.filter((object) => (statusOf(object, type) === status) !== negated);
}

function statusOf(object: ToolkitObject, type: string): string | undefined {
  if ((object.kind === 'Alert' || object.kind === 'Provider') && type === 'ready') return 'true';
  const match = object.status?.conditions?.find((each) => each.type.toLowerCase() === type);
  return (match ?? conditionOf(object, type))?.status.toLowerCase();
}

function tableOf(kind: ToolkitKind, objects: readonly ToolkitObject[], flags: GetFlags, wanted: Wanted): string {
  const listing = listingOf(kind, wanted);
  const everywhere = flags['all-namespaces'];
  const headers = [...(everywhere ? ['Namespace'] : []), 'Name', ...listing.headers];
  const prefix = wanted.inAll ? `${kind.kind.toLowerCase()}/` : '';
  const rows = objects.map((object) => [
    ...(everywhere ? [object.metadata.namespace ?? ''] : []),
    prefix + object.metadata.name,
    ...listing.row(object),
  ]);
  return formatTable(flags['no-header'] ? undefined : headers, rows);
}

/** Prints a line for every object now and every change, until `--timeout`. */
async function watch(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  flags: GetFlags,
  wanted: Wanted,
): Promise<void> {
  let first = true;
  try {
    while (!context.deadline.aborted) {
      const events = kube.watch(kind, {
        signal: context.deadline,
        ...(flags['all-namespaces'] ? {} : { namespace: context.namespace }),
        ...(flags['label-selector'] === '' ? {} : { labelSelector: flags['label-selector'] }),
        ...(wanted.name === undefined ? {} : { fieldSelector: `metadata.name=${wanted.name}` }),
      });
      for await (const event of events) {
        if (event.type === 'BOOKMARK') continue;
        const objects = filter([asToolkitObject(event.object)], flags);
        if (objects.length === 0) continue;
        const header = flags['no-header'] || !first;
        context.stdout(tableOf(kind, objects, { ...flags, 'no-header': header }, wanted));
        first = false;
      }
    }
  } catch (error) {
    if (!context.deadline.aborted) throw error;
  }
  if (context.signal.aborted) return;
  throw new CliError('timed out waiting for the condition');
}
