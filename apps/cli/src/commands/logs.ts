import type { KubeClient, KubeObject } from '@fluvial/kube';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { boolFlag, durationFlag, enumFlag, intFlag, stringFlag } from '../framework/flag-types.ts';
import { textAt, valueAt } from '../objects/toolkit-object.ts';

const levels = ['debug', 'info', 'error'] as const;

/** `flux logs` */
export const command = defineCommand({
  long: 'Print the logs of the controllers in one form, filtered by level, kind, name and namespace.',
  example: `  # Print all errors
  flux logs --level=error --all-namespaces

  # Follow the logs of one object
  flux logs --follow --kind=Kustomization --name=podinfo`,
  flags: {
    'all-namespaces': boolFlag('print lines about objects of all namespaces', false, { shorthand: 'A' }),
    'flux-namespace': stringFlag('namespace of the controllers', 'flux-system'),
    follow: boolFlag('go on and print what comes', false, { shorthand: 'f' }),
    kind: stringFlag('kind of the objects'),
    level: enumFlag('logLevel', 'level of the lines', levels, {
      refuse: (text) =>
        text.trim() === ''
          ? 'no log level given, please specify the log level'
          : `unsupported log level '${text}', must be one of: ${levels.join(', ')}`,
    }),
    name: stringFlag('name of the object'),
    since: durationFlag('print only lines that are younger'),
    'since-time': stringFlag('print only lines after this time, RFC 3339'),
    tail: intFlag('last lines of each controller to print, -1 for all', -1),
  },
  args: (args) => {
    if (args.length > 0) throw new CliError('no argument required');
  },
  async run(context, { flags }) {
    if (flags.since !== 0 && flags['since-time'] !== '') {
      throw new CliError('at most one of `sinceTime` or `sinceDuration` may be specified');
    }
    if (
      flags['since-time'] !== '' &&
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(flags['since-time'])
    ) {
      throw new CliError(`${flags['since-time']} is not a valid (RFC3339) time`);
    }
    const kube = await context.kube();
    const pods = await controllerPods(context, kube, flags['flux-namespace']);
    if (pods.length === 0)
      throw new CliError(`no Flux pods found in namespace ${JSON.stringify(flags['flux-namespace'])}`);
    const query = new URLSearchParams();
    if (flags.follow) query.set('follow', 'true');
    if (flags.tail >= 0) query.set('tailLines', String(flags.tail));
    if (flags.since > 0) query.set('sinceSeconds', String(Math.ceil(flags.since / 1e9)));
    if (flags['since-time'] !== '') query.set('sinceTime', flags['since-time']);
    const print = (line: string) => {
      const shown = formatLine(line, { ...flags, namespace: flags['all-namespaces'] ? '' : context.namespace });
      if (shown !== undefined) context.stdout(`${shown}\n`);
    };
    let failed = false;
    const readPod = async (pod: KubeObject) => {
      try {
        await readLog(context, kube, pod, new URLSearchParams(query), print);
      } catch (error) {
        failed = true;
        context.stderr(`failed getting logs: ${messageOf(error)}\n`);
      }
    };
    if (flags.follow) await Promise.all(pods.map(readPod));
    else for (const pod of pods) await readPod(pod);
    if (failed) throw new CliError('failed to collect logs from all Flux pods');
  },
});

async function controllerPods(context: Context, kube: KubeClient, namespace: string): Promise<KubeObject[]> {
  const options = { namespace, signal: context.deadline };
  const deployments = await kube.list(
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { ...options, labelSelector: 'app.kubernetes.io/part-of=flux' },
  );
  const pods: KubeObject[] = [];
  for (const deployment of deployments.items) {
    const labels = (valueAt(deployment, 'spec', 'selector', 'matchLabels') ?? {}) as Record<string, string>;
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const found = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { ...options, labelSelector });
    const running = found.items.find((pod) => textAt(pod['status'], 'phase') === 'Running');
    const pod = running ?? found.items[0];
    if (pod !== undefined) pods.push(pod);
  }
  return pods;
}

async function readLog(
  context: Context,
  kube: KubeClient,
  pod: KubeObject,
  query: URLSearchParams,
  print: (line: string) => void,
): Promise<void> {
  const containers = valueAt(pod, 'spec', 'containers');
  if (Array.isArray(containers) && containers.length > 1) query.set('container', 'manager');
  const { name, namespace = '' } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`;
  const answer = await kube.request({ path, signal: context.deadline, accept: '*/*' });
  if (answer.status !== 200) throw new Error(textAt(answer.json(), 'message') || `status ${answer.status}`);
  for (const line of answer.text().split('\n')) print(line);
}

type Filter = { level: string; kind: string; name: string; namespace: string };

/** One line of a controller's log for people; undefined when it is not wanted or no JSON. */
export function formatLine(line: string, filter: Filter): string | undefined {
  if (!line.startsWith('{')) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  const level = textAt(fields, 'level');
  const kind = textAt(fields, 'controllerKind') || textAt(fields, 'reconciler kind');
  const name = textAt(fields, 'name');
  const namespace = textAt(fields, 'namespace');
  const same = (wanted: string, value: string) => wanted === '' || wanted.toLowerCase() === value.toLowerCase();
  if (filter.level !== '' && filter.level !== level) return undefined;
  if (!same(filter.kind, kind) || !same(filter.name, name)) return undefined;
  if (filter.namespace !== '' && filter.namespace !== namespace) return undefined;
  const about = name === '' ? kind : `${kind}/${name}.${namespace}`;
  return `${textAt(fields, 'ts')} ${level} ${about} - ${textAt(fields, 'msg')} ${textAt(fields, 'error')}`;
}
