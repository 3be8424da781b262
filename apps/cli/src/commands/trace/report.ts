import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';
import { messageOf } from '../../framework/errors.ts';
import { kindNamed, toolkitKinds } from '../../kinds.ts';
import { asToolkitObject, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import { block, type Line, sourceLines, statusLines } from './blocks.ts';
import { findOwner } from './find-owner.ts';

/**
 * The report about one object.
 *
 * @throws {Error} that says why there is none: `object not managed by Flux`, or what could not be found.
 */
export async function traceReport(context: Context, kube: KubeClient, object: KubeObject): Promise<string> {
  const owner = await findOwner(context, kube, object);
  if (owner === undefined) throw new Error('object not managed by Flux');
  return owner.kind === 'Kustomization'
    ? kustomizationReport(context, kube, object, owner)
    : helmReport(context, kube, object, owner);
}

type Owner = { name: string; namespace: string };

async function fetch(
  context: Context,
  kube: KubeClient,
  kind: { apiVersion: string; kind: string },
  { name, namespace }: Owner,
  what: string,
): Promise<ToolkitObject> {
  try {
    if (namespace === '') throw new Error('an empty namespace may not be set when a resource name is provided');
    return asToolkitObject(await kube.get(kind, name, namespace, { signal: context.deadline }));
  } catch (error) {
    throw new Error(`failed to find ${what}: ${messageOf(error)}`, { cause: error });
  }
}

function objectLines(object: KubeObject): Line[] {
  return [
    ['Object', `${object.kind}/${object.metadata.name}`],
    ...(object.metadata.namespace ? ([['Namespace', object.metadata.namespace]] as Line[]) : []),
    ['Status', 'Managed by Flux'],
  ];
}

async function kustomizationReport(
  context: Context,
  kube: KubeClient,
  object: KubeObject,
  owner: Owner,
): Promise<string> {
  const width = 17;
  const kustomization = await fetch(context, kube, toolkitKinds.kustomization, owner, 'kustomization');
  const ref = valueAt(kustomization.spec, 'sourceRef');
  const source = await fetchSource(context, kube, ref, kustomization.metadata.namespace ?? '');
  const target = textAt(kustomization.spec, 'targetNamespace');
  const blocks = [
    block(width, objectLines(object)),
    block(width, [
      ['Kustomization', kustomization.metadata.name],
      ['Namespace', kustomization.metadata.namespace ?? ''],
      ...(target === '' ? [] : ([['Target', target]] as Line[])),
      ['Path', textAt(kustomization.spec, 'path')],
      ['Revision', textAt(kustomization.status, 'lastAppliedRevision')],
      ...statusLines(kustomization, { tellsFailure: false }),
    ]),
  ];
  if (source !== undefined) blocks.push(block(width, sourceLines(source, { origins: true }), source));
  return `\n${blocks.join('---\n')}`;
}

async function fetchSource(
  context: Context,
  kube: KubeClient,
  ref: unknown,
  ownerNamespace: string,
): Promise<ToolkitObject | undefined> {
  const kind = kindNamed(textAt(ref, 'kind'));
  if (kind === undefined || kind === toolkitKinds.bucket) return undefined;
  const namespace = textAt(ref, 'namespace') || ownerNamespace;
  const source = await fetch(context, kube, kind, { name: textAt(ref, 'name'), namespace }, kind.kind);
  if (source.kind === 'ExternalArtifact' && valueAt(source.spec, 'sourceRef') === undefined) {
    throw new Error(`ExternalArtifact ${namespace}/${source.metadata.name} is missing spec.sourceRef`);
  }
  return source;
}

/** Width of a source's label column in the Helm report; the original's blocks differ. */
const helmWidths: Readonly<Record<string, number>> = { GitRepository: 15, OCIRepository: 17, ExternalArtifact: 17 };

async function helmReport(context: Context, kube: KubeClient, object: KubeObject, owner: Owner): Promise<string> {
  const width = 16;
  const release = await fetch(context, kube, toolkitKinds.helmRelease, owner, 'HelmRelease');
  const target = textAt(release.spec, 'targetNamespace');
  const blocks = [
    block(width, objectLines(object)),
    block(width, [
      ['HelmRelease', release.metadata.name],
      ['Namespace', release.metadata.namespace ?? ''],
      ...(target === '' ? [] : ([['Target', target]] as Line[])),
      ['Revision', textAt(release.status, 'lastAttemptedRevision')],
      ...statusLines(release, { tellsFailure: false }),
    ]),
  ];
  const { chart, source } = await helmSources(context, kube, release);
  if (chart !== undefined) {
    blocks.push(
      block(width, [
        ['HelmChart', chart.metadata.name],
        ['Namespace', chart.metadata.namespace ?? ''],
        ['Chart', textAt(chart.spec, 'chart')],
        ['Version', textAt(chart.spec, 'version')],
        ['Revision', chart.status?.artifact?.revision ?? ''],
        ...statusLines(chart, { tellsFailure: true }),
      ]),
    );
  }
  if (source !== undefined) {
    blocks.push(
      block(
        helmWidths[source.kind] ?? width,
        sourceLines(source, { origins: source.kind === 'ExternalArtifact' }),
        source,
      ),
    );
  }
  return `\n${blocks.join('---\n')}`;
}

async function helmSources(
  context: Context,
  kube: KubeClient,
  release: ToolkitObject,
): Promise<{ chart?: ToolkitObject; source?: ToolkitObject }> {
  const own = release.metadata.namespace ?? '';
  const chartName = textAt(release.status, 'helmChart');
  const chartRef = valueAt(release.spec, 'chartRef');
  if (
    chartName !== '' &&
    textAt(chartRef, 'kind') !== 'OCIRepository' &&
    textAt(chartRef, 'kind') !== 'ExternalArtifact'
  ) {
    const slash = chartName.indexOf('/');
    const ref = { namespace: chartName.slice(0, slash), name: chartName.slice(slash + 1) };
    const chart = await fetch(context, kube, toolkitKinds.chart, ref, 'HelmChart');
    const source = await fetchSource(context, kube, valueAt(chart.spec, 'sourceRef'), ref.namespace);
    return { chart, ...(source ? { source } : {}) };
  }
  const source = chartRef === undefined ? undefined : await fetchSource(context, kube, chartRef, own);
  return source ? { source } : {};
}
