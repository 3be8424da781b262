import type { KubeClient, KubeObject } from '@fluvial/kube';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError } from '../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../framework/flag-types.ts';
import { formatTable } from '../framework/table.ts';
import { type ToolkitKind, toolkitKinds } from '../kinds.ts';
import { humanAge } from '../objects/human-age.ts';
import { asToolkitObject, textAt, valueAt } from '../objects/toolkit-object.ts';

const eventKind = { apiVersion: 'v1', kind: 'Event' };
const kinds = Object.values<ToolkitKind>(toolkitKinds).filter((each) => each !== toolkitKinds.external);

type Reference = { kind: string; name: string; namespace: string };

/** `flux events` */
export const command = defineCommand({
  long: 'Print the events of the suite’s objects, oldest first.',
  example: `  # Print the events of a namespace
  flux events -n flux-system

  # Print the events of a Kustomization and its source
  flux events --for Kustomization/podinfo

  # Print warnings as they come
  flux events --watch --types=Warning`,
  flags: {
    'all-namespaces': boolFlag('print the events of all namespaces', false, { shorthand: 'A' }),
    for: stringFlag('print the events of an object, <kind>[/<name>], and of what it refers to'),
    types: listFlag('print only events of these types, Normal or Warning', [], { completes: ['Normal', 'Warning'] }),
    watch: boolFlag('go on and print what comes', false, { shorthand: 'w' }),
  },
  async run(context, { flags }) {
    const types = flags.types.map(checkType);
    const subject = parseFor(flags.for);
    const kube = await context.kube();
    const wanted = subject === undefined ? [] : await referencesOf(context, kube, subject);
    const scopes = flags['all-namespaces']
      ? [undefined]
      : [...new Set([context.namespace, ...wanted.map((each) => each.namespace)])];
    const withNamespace = flags['all-namespaces'] || scopes.length > 1;
    const isWanted = (event: KubeObject) => matches(event, subject, wanted) && hasType(event, types);
    if (flags.watch) return watch(context, kube, scopes, isWanted, withNamespace);

    const events: KubeObject[] = [];
    for (const namespace of scopes) {
      const list = await kube.list(eventKind, { ...(namespace ? { namespace } : {}), signal: context.deadline });
      events.push(...list.items.filter(isWanted));
    }
    if (events.length === 0) {
      const where = flags['all-namespaces'] ? '' : ` in ${context.namespace} namespace`;
      return context.log.failure(`No events found${where}.`);
    }
    events.sort(inOrder);
    context.stdout(
      formatTable(
        headers(withNamespace),
        events.map((event) => row(event, withNamespace)),
      ),
    );
  },
});

function checkType(type: string): string {
  const lower = type.toLowerCase();
  if (lower !== 'normal' && lower !== 'warning') {
    throw new CliError(`type '${type}' not supported. Supported types are Normal, Warning`);
  }
  return lower;
}

type Subject = { kind: ToolkitKind; name: string };

function parseFor(text: string): Subject | undefined {
  if (text === '') return undefined;
  const slash = text.indexOf('/');
  const word = slash < 0 ? text : text.slice(0, slash);
  const name = slash < 0 ? '' : text.slice(slash + 1);
  if (name.includes('/')) throw new CliError(`'${text}' is not a recognized Flux kind`);
  if (slash >= 0 && (word === '' || name === '')) {
    throw new CliError('--for selector must be of format <kind>[/<name>]');
  }
  const lower = word.toLowerCase();
  const kind = kinds.find((each) => each.kind.toLowerCase() === lower || each.aliases?.includes(lower));
  if (kind === undefined) throw new CliError(`'${word}' is not a recognized Flux kind`);
  return { kind, name };
}

/** What the object refers to: events of a Kustomization's source belong to its story. */
async function referencesOf(context: Context, kube: KubeClient, subject: Subject): Promise<Reference[]> {
  if (subject.name === '') return [];
  const { namespace } = context;
  const found = await kube.get(subject.kind, subject.name, namespace, { signal: context.deadline });
  const { spec } = asToolkitObject(found);
  const self = `${namespace}/${subject.name}`;
  const field = (...path: string[]): string => {
    const value = textAt(spec, ...path);
    if (value === '') throw new CliError(`field 'spec.${path.join('.')}' for '${self}' not found`);
    return value;
  };
  switch (subject.kind.kind) {
    case 'Kustomization':
    case 'HelmChart':
      return [
        {
          kind: field('sourceRef', 'kind'),
          name: field('sourceRef', 'name'),
          namespace: textAt(spec, 'sourceRef', 'namespace') || namespace,
        },
      ];
    case 'HelmRelease': {
      const source = {
        kind: field('chart', 'spec', 'sourceRef', 'kind'),
        name: field('chart', 'spec', 'sourceRef', 'name'),
        namespace: textAt(spec, 'chart', 'spec', 'sourceRef', 'namespace') || namespace,
      };
      return [source, { kind: 'HelmChart', name: `${namespace}-${subject.name}`, namespace: source.namespace }];
    }
    case 'Alert':
      return [{ kind: 'Provider', name: field('providerRef', 'name'), namespace }];
    case 'ImagePolicy':
      return [
        {
          kind: 'ImageRepository',
          name: field('imageRepositoryRef', 'name'),
          namespace: textAt(spec, 'imageRepositoryRef', 'namespace') || namespace,
        },
      ];
    default:
      return [];
  }
}

function matches(event: KubeObject, subject: Subject | undefined, references: readonly Reference[]): boolean {
  const about = event['involvedObject'];
  const kind = textAt(about, 'kind');
  if (subject === undefined) return isOurs(kind, textAt(about, 'apiVersion'));
  const name = textAt(about, 'name');
  if (kind === subject.kind.kind && (subject.name === '' || name === subject.name)) return true;
  const namespace = textAt(about, 'namespace');
  return references.some((each) => each.kind === kind && each.name === name && each.namespace === namespace);
}

function isOurs(kind: string, apiVersion: string): boolean {
  const group = apiVersion.split('/')[0];
  return kinds.some((each) => each.kind === kind && each.apiVersion.split('/')[0] === group);
}

function hasType(event: KubeObject, types: readonly string[]): boolean {
  return types.length === 0 || types.includes(textAt(event, 'type').toLowerCase());
}

const headers = (withNamespace: boolean) => [
  ...(withNamespace ? ['Namespace'] : []),
  'Last seen',
  'Type',
  'Reason',
  'Object',
  'Message',
];

function row(event: KubeObject, withNamespace: boolean): string[] {
  const about = event['involvedObject'];
  return [
    ...(withNamespace ? [event.metadata.namespace ?? ''] : []),
    ageText(event),
    textAt(event, 'type'),
    textAt(event, 'reason'),
    `${textAt(about, 'kind')}/${textAt(about, 'name')}`,
    textAt(event, 'message'),
  ];
}

function lastSeen(event: KubeObject): number {
  const time =
    textAt(event, 'series', 'lastObservedTime') || textAt(event, 'lastTimestamp') || textAt(event, 'eventTime');
  return time === '' ? 0 : Date.parse(time);
}

/** By time; within a second in the order in which they were written. */
function inOrder(a: KubeObject, b: KubeObject): number {
  return lastSeen(a) - lastSeen(b) || Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion) || 0;
}

function ageText(event: KubeObject): string {
  const now = Date.now();
  const last = lastSeen(event);
  const first = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime');
  const age = (at: number) => (at === 0 ? '<unknown>' : humanAge(now - at));
  const series = valueAt(event, 'series', 'count');
  const count = Number(series ?? valueAt(event, 'count') ?? 0);
  if (count > 1) return `${age(last)} (x${count} over ${age(first === '' ? 0 : Date.parse(first))})`;
  return age(last === 0 && first !== '' ? Date.parse(first) : last);
}

async function watch(
  context: Context,
  kube: KubeClient,
  scopes: readonly (string | undefined)[],
  isWanted: (event: KubeObject) => boolean,
  withNamespace: boolean,
): Promise<void> {
  let first = true;
  const follow = async (namespace: string | undefined) => {
    while (!context.deadline.aborted) {
      const events = kube.watch(eventKind, { ...(namespace ? { namespace } : {}), signal: context.deadline });
      for await (const { type, object } of events) {
        if ((type !== 'ADDED' && type !== 'MODIFIED') || !isWanted(object)) continue;
        context.stdout(formatTable(first ? headers(withNamespace) : undefined, [row(object, withNamespace)]));
        first = false;
      }
    }
  };
  try {
    await Promise.all(scopes.map(follow));
  } catch (error) {
    if (!context.deadline.aborted) throw error;
  }
}
