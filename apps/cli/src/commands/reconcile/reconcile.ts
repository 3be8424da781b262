import type { KubeClient } from '@fluvial/kube';
import { type CommandModule, defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError } from '../../framework/errors.ts';
import { boolFlag, type Flags } from '../../framework/flag-types.ts';
import { kindNamed, type ToolkitKind, toolkitKinds } from '../../kinds.ts';
import { completeNames } from '../../objects/names.ts';
import { isOciHelmRepository, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import { fetchForReconcile, type RequestExtras, requestReconcile } from './request.ts';

const withSource = { 'with-source': boolFlag('reconcile the source first') };

const flagsByKind: Readonly<Record<string, Flags>> = {
  Kustomization: withSource,
  HelmChart: withSource,
  HelmRelease: {
    ...withSource,
    force: boolFlag('install or upgrade once, whether anything changed or not'),
    reset: boolFlag('forget the failures so far'),
  },
};

/** `flux reconcile KIND NAME` */
export function reconcileCommand(kind: ToolkitKind): CommandModule {
  const words = kind.words.join(' ');
  return defineCommand({
    long: `Ask for a run of a ${kind.kind} now and wait until it has happened.`,
    example: `  # Reconcile one object\n  flux reconcile ${words} app`,
    flags: flagsByKind[kind.kind] ?? {},
    complete: completeNames(kind),
    async run(context, { args, flags }) {
      const name = args[0];
      if (name === undefined) throw new CliError(`${kind.kind} name is required`);
      const kube = await context.kube();
      const object = await fetchForReconcile(context, kube, kind, name, context.namespace);
      if (flags['with-source'] === true) await reconcileSource(context, kube, object);
      const extras: RequestExtras = [
        ...(flags['force'] === true ? (['forceAt'] as const) : []),
        ...(flags['reset'] === true ? (['resetAt'] as const) : []),
      ];
      await requestReconcile(context, kube, kind, object, extras);
    },
  });
}

/** Reconciles what the object takes its content from, and that one's own source before it. */
async function reconcileSource(context: Context, kube: KubeClient, object: ToolkitObject): Promise<void> {
  const own = object.metadata.namespace ?? context.namespace;
  const chartRef = valueAt(object.spec, 'chartRef');
  if (object.kind === 'HelmRelease' && chartRef === undefined) {
    const ref = valueAt(object.spec, 'chart', 'spec', 'sourceRef');
    const namespace = textAt(ref, 'namespace') || own;
    return reconcileChart(context, kube, `${own}-${object.metadata.name}`, namespace);
  }
  const ref = chartRef ?? valueAt(object.spec, 'sourceRef');
  const kind = textAt(ref, 'kind');
  const namespace = textAt(ref, 'namespace') || own;
  if (kind === 'HelmChart') return reconcileChart(context, kube, textAt(ref, 'name'), namespace);
  await reconcileRef(context, kube, ref, namespace);
}

async function reconcileChart(context: Context, kube: KubeClient, name: string, namespace: string): Promise<void> {
  const chart = await fetchForReconcile(context, kube, toolkitKinds.chart, name, namespace);
  await reconcileRef(context, kube, valueAt(chart.spec, 'sourceRef'), namespace);
  await requestReconcile(context, kube, toolkitKinds.chart, chart);
}

const sourceKinds = new Set(['GitRepository', 'OCIRepository', 'Bucket', 'HelmRepository']);

async function reconcileRef(context: Context, kube: KubeClient, ref: unknown, namespace: string): Promise<void> {
  const kind = kindNamed(textAt(ref, 'kind'));
  if (kind === undefined || !sourceKinds.has(kind.kind)) {
    throw new CliError(`cannot reconcile source of kind ${textAt(ref, 'kind')}`);
  }
  const source = await fetchForReconcile(context, kube, kind, textAt(ref, 'name'), namespace);
  if (!isOciHelmRepository(source)) await requestReconcile(context, kube, kind, source);
}
