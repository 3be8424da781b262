import type { KubeClient } from '@fluvial/kube';
import { parseYamlDocument, resolveScalar, stringifyYaml } from '@fluvial/yaml';
import { exactly } from '../../framework/args-rules.ts';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError } from '../../framework/errors.ts';
import { boolFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { mergeValues } from '../../objects/merge-values.ts';
import { completeNames } from '../../objects/names.ts';
import { asToolkitObject, type Fields, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import { dataOf } from './data-of.ts';

const page = 'https://fluxcd.io/flux/components/helm/helmreleases';

/** `flux debug helmrelease` */
export const command = defineCommand({
  long: 'Print the status, the merged values or the history of a HelmRelease. Values may hold secrets.',
  example: `  # Print the values that the chart is rendered with
  flux debug hr podinfo --show-values`,
  flags: {
    'show-history': boolFlag('print the history'),
    'show-status': boolFlag('print the status'),
    'show-values': boolFlag('print the merged values'),
  },
  args: exactly(1),
  complete: completeNames(toolkitKinds.helmRelease),
  async run(context, { args, flags }) {
    const asked = [flags['show-status'], flags['show-values'], flags['show-history']].filter(Boolean).length;
    if (asked !== 1) throw new CliError('exactly one of --show-status, --show-values, or --show-history must be set');
    const kube = await context.kube();
    const found = await kube.get(toolkitKinds.helmRelease, args[0]!, context.namespace, { signal: context.deadline });
    const object = asToolkitObject(found);
    if (flags['show-status']) {
      context.stdout(`# Status documentation: ${page}/#helmrelease-status\n${stringifyYaml(object.status ?? {})}`);
    } else if (flags['show-history']) {
      context.stdout(`# History documentation: ${page}/#history\n${stringifyYaml(history(object))}`);
    } else context.stdout(stringifyYaml(await mergedValues(context, kube, object)));
  },
});

/** Entries as the original prints them: times that were never set are there as null. */
function history(object: ToolkitObject): unknown[] {
  const entries = valueAt(object.status, 'history');
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: Fields) => ({ deleted: null, ...entry }));
}

async function mergedValues(context: Context, kube: KubeClient, object: ToolkitObject): Promise<Fields> {
  let merged: Fields = {};
  const from = valueAt(object.spec, 'valuesFrom');
  for (const ref of Array.isArray(from) ? from : []) {
    const [kind, name] = [textAt(ref, 'kind'), textAt(ref, 'name')];
    const isOptional = valueAt(ref, 'optional') === true;
    const key = textAt(ref, 'valuesKey') || 'values.yaml';
    const where = `${kind} '${context.namespace}/${name}'`;
    const data = await dataOf(context, kube, kind, name);
    if (data === undefined) {
      if (isOptional) continue;
      throw new CliError(`could not find ${where}`);
    }
    const text = data[key];
    if (text === undefined) {
      if (isOptional) continue;
      throw new CliError(`missing key '${key}' in ${where}`);
    }
    const path = textAt(ref, 'targetPath');
    merged =
      path === ''
        ? mergeValues(merged, (parseYamlDocument(text) ?? {}) as Fields)
        : mergeValues(merged, atPath(path, text, valueAt(ref, 'literal') === true));
  }
  return mergeValues(merged, (object.spec?.['values'] ?? {}) as Fields);
}

/** `a.b` with a value as nested maps; a dot behind a backslash belongs to the name. */
function atPath(path: string, text: string, isLiteral: boolean): Fields {
  const names = path.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'));
  let value: unknown = isLiteral ? text : scalarOf(text);
  for (const name of names.reverse()) value = { [name]: value };
  return value as Fields;
}

function scalarOf(text: string): unknown {
  const quoted = /^(['"])([\s\S]*)\1$/.exec(text);
  return quoted === null ? resolveScalar(text) : quoted[2];
}
