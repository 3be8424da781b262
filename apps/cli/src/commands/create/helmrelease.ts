import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseYamlDocument } from '@fluvial/yaml';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { formatDuration } from '../../framework/duration.ts';
import { CliError, fileErrorText, messageOf } from '../../framework/errors.ts';
import { boolFlag, durationFlag, listFlag, stringFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { mergeValues } from '../../objects/merge-values.ts';
import { helmReleaseRevision } from '../../objects/success-line.ts';
import { compact, type Fields, refTo } from '../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, objectAnnouncement, parseLabels } from './create-object.ts';
import { chartSourceFlag, crdsFlag } from './flag-values.ts';
import { createFlags } from './flags.ts';
import {
  dependencies,
  matchFold,
  type ParsedReference,
  splitKindName,
  splitKindNameNamespace,
} from './parse-references.ts';

const strategies = ['Revision', 'ChartVersion'];

/** `flux create helmrelease` */
export const command = defineCommand({
  long: 'Create or update a HelmRelease and wait until it is installed.',
  example: `  # A chart of a repository
  flux create hr podinfo \\
    --source=HelmRepository/podinfo \\
    --chart=podinfo \\
    --chart-version=">=6.0.0"

  # A chart that an OCIRepository pulls
  flux create hr podinfo --chart-ref=OCIRepository/podinfo --values=values.yaml`,
  flags: {
    chart: stringFlag('name of the chart, or its path in the source'),
    'chart-interval': durationFlag('how often the chart is looked up'),
    'chart-ref': stringFlag(
      'source of the chart, OCIRepository/<name>[.<namespace>] or HelmChart/<name>[.<namespace>]',
    ),
    'chart-version': stringFlag('version or range of the chart'),
    crds: crdsFlag('what upgrades do with CRDs of the chart'),
    'create-target-namespace': boolFlag('create the target namespace'),
    'depends-on': listFlag('HelmReleases to wait for, <name> or <namespace>/<name>'),
    'kubeconfig-secret-ref': stringFlag('Secret with the kubeconfig of a remote cluster'),
    'reconcile-strategy': stringFlag('when the chart counts as new, Revision or ChartVersion', 'ChartVersion'),
    'release-name': stringFlag('name of the release'),
    'service-account': stringFlag('ServiceAccount to impersonate'),
    source: chartSourceFlag('source of the chart, <kind>/<name>[.<namespace>]', { namespaced: true }),
    'storage-namespace': stringFlag('namespace of the release records; the target namespace when absent'),
    'target-namespace': stringFlag('namespace to install into'),
    values: listFlag('files with values; later ones win', [], { completes: 'files' }),
    'values-from': listFlag('objects with values, Secret/<name> or ConfigMap/<name>'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.chart === '' && flags['chart-ref'] === '') throw new CliError('chart or chart-ref is required');
    if (flags.chart !== '' && flags['chart-ref'] !== '') {
      throw new CliError('cannot use --chart in combination with --chart-ref');
    }
    const labels = parseLabels(flags.label);
    if (!strategies.includes(flags['reconcile-strategy'])) {
      throw new CliError(
        `'${flags['reconcile-strategy']}' is an invalid reconcile strategy(valid: ${strategies.join(', ')})`,
      );
    }
    const content: Fields =
      flags['chart-ref'] === '' ? { chart: { spec: chartSpec(flags) } } : { chartRef: chartRef(flags['chart-ref']) };
    const values = await readValues(context, flags.values);
    const kind = toolkitKinds.helmRelease;
    const object = newObject(context, kind, name, labels, {
      ...content,
      ...compact({
        dependsOn: dependencies(flags['depends-on']),
        install: install(flags),
        kubeConfig:
          flags['kubeconfig-secret-ref'] === '' ? undefined : { secretRef: refTo(flags['kubeconfig-secret-ref']) },
        releaseName: flags['release-name'],
        serviceAccountName: flags['service-account'],
        storageNamespace: flags['storage-namespace'] || flags['target-namespace'],
        targetNamespace: flags['target-namespace'],
        upgrade: flags.crds === '' ? undefined : { crds: flags.crds },
        valuesFrom: flags['values-from'].map(valuesRef),
      }),
      interval: formatDuration(flags.interval),
      ...(values === undefined ? {} : { values }),
    });
    const announcement = objectAnnouncement('HelmRelease', (ready) => [
      `applied revision ${helmReleaseRevision(ready)}`,
    ]);
    await createAndWait(context, kind, object, announcement, { export: flags.export });
  },
});

type ChartFlags = {
  chart: string;
  'chart-version': string;
  'chart-interval': number;
  'reconcile-strategy': string;
  source: ParsedReference;
};

function chartSpec(flags: ChartFlags): Fields {
  const { kind, name, namespace } = flags.source;
  return {
    ...compact({
      interval: flags['chart-interval'] === 0 ? '' : formatDuration(flags['chart-interval']),
      version: flags['chart-version'],
    }),
    chart: flags.chart,
    reconcileStrategy: flags['reconcile-strategy'],
    // Without --source the original prints a reference without a kind; the API server then refuses the object.
    sourceRef: { ...compact({ kind, namespace }), name },
  };
}

function chartRef(text: string): Fields {
  const { kind, name, namespace } = splitKindNameNamespace(text);
  if (kind !== 'OCIRepository' && kind !== 'HelmChart') {
    throw new CliError(`chart reference kind '${kind}' is not supported, must be one of: OCIRepository, HelmChart`);
  }
  return compact({ kind, name, namespace });
}

function install(flags: { crds: string; 'create-target-namespace': boolean }): Fields | undefined {
  if (flags.crds === '' && !flags['create-target-namespace']) return undefined;
  return compact({ crds: flags.crds === '' ? '' : 'Create', createNamespace: flags['create-target-namespace'] });
}

function valuesRef(text: string): Fields {
  const { kind, name } = splitKindName(text);
  if (kind === '' || name === '') {
    throw new CliError(`invalid Kubernetes object reference '${text}', must be in format <kind>/<name>`);
  }
  const known = matchFold(['Secret', 'ConfigMap'] as const, kind);
  if (known === undefined) {
    throw new CliError(`reference kind '${kind}' is not supported, must be one of: Secret, ConfigMap`);
  }
  return { kind: known, name };
}

async function readValues(context: Context, files: readonly string[]): Promise<Fields | undefined> {
  if (files.length === 0) return undefined;
  let merged: Fields = {};
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(resolve(context.cwd, file), 'utf8');
    } catch (error) {
      throw new CliError(`reading values from ${file} failed: ${fileErrorText('open', file, error)}`);
    }
    let parsed: unknown;
    try {
      parsed = parseYamlDocument(text) ?? {};
    } catch (error) {
      throw new CliError(`converting values to JSON from ${file} failed: ${messageOf(error)}`);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      const found = Array.isArray(parsed) ? 'array' : typeof parsed === 'bigint' ? 'number' : typeof parsed;
      throw new CliError(
        `unmarshaling values from ${file} failed: json: cannot unmarshal ${found === 'boolean' ? 'bool' : found} into Go value of type map[string]interface {}`,
      );
    }
    merged = mergeValues(merged, parsed as Fields);
  }
  return merged;
}
