import { isNoMatch, isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import { none } from '../framework/args-rules.ts';
import { defineCommand } from '../framework/command.ts';
import { confirm } from '../framework/confirm.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { boolFlag } from '../framework/flag-types.ts';
import { toolkitKinds as kinds, type ToolkitKind } from '../kinds.ts';

const partOfFlux = 'app.kubernetes.io/part-of=flux';

const components = [
  { apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true },
  { apiVersion: 'v1', kind: 'Service', namespaced: true },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespaced: true },
  { apiVersion: 'v1', kind: 'ServiceAccount', namespaced: true },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespaced: false },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', namespaced: false },
];

const finalized: readonly ToolkitKind[] = [
  kinds.git,
  kinds.oci,
  kinds.helm,
  kinds.chart,
  kinds.bucket,
  kinds.kustomization,
  kinds.helmRelease,
  kinds.alert,
  kinds.provider,
  kinds.receiver,
  kinds.imagePolicy,
  kinds.imageRepository,
  kinds.imageUpdate,
  kinds.generator,
];

const crdKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** `flux uninstall` */
export const command = defineCommand({
  long: 'Remove the controllers, the finalizers of their objects and the kinds. Workloads that they applied stay.',
  example: `  # See what would go
  flux uninstall --dry-run`,
  flags: {
    'dry-run': boolFlag('only show what would be removed'),
    'keep-namespace': boolFlag('keep the namespace'),
    silent: boolFlag('remove without asking', false, { shorthand: 's' }),
  },
  args: none,
  async run(context, { flags }) {
    const kube = await context.kube();
    const dryRun = flags['dry-run'];
    if (!dryRun && !flags.silent && !(await confirm(context, await question(context, kube)))) {
      throw new CliError('aborting');
    }
    const { log, namespace } = context;
    log.action(`deleting components in ${namespace} namespace`);
    for (const kind of components) {
      const scope = kind.namespaced ? { namespace } : {};
      for (const object of await listQuietly(context, kube, kind, { ...scope, labelSelector: partOfFlux })) {
        await remove(context, kube, object, dryRun);
      }
    }
    log.action('deleting toolkit.fluxcd.io finalizers in all namespaces');
    for (const kind of finalized) {
      for (const object of await listQuietly(context, kube, kind, {})) await release(context, kube, object, dryRun);
    }
    log.action('deleting toolkit.fluxcd.io custom resource definitions');
    for (const object of await listQuietly(context, kube, crdKind, { labelSelector: partOfFlux })) {
      await remove(context, kube, object, dryRun);
    }
    if (!flags['keep-namespace']) {
      const found = await kube.find({ apiVersion: 'v1', kind: 'Namespace' }, namespace, undefined, {
        signal: context.deadline,
      });
      if (found !== undefined) await remove(context, kube, found, dryRun);
    }
    log.success('uninstall finished');
  },
});

async function question(context: Context, kube: KubeClient): Promise<string> {
  const crd = await kube
    .find(crdKind, 'gitrepositories.source.toolkit.fluxcd.io', undefined, {
      metadataOnly: true,
      signal: context.deadline,
    })
    .catch(() => undefined);
  const manager = crd?.metadata.labels?.['app.kubernetes.io/managed-by'];
  return manager && manager !== 'flux'
    ? `Flux is managed by ${manager}! Are you sure you want to delete Flux and its CRDs using Flux CLI`
    : 'Are you sure you want to delete Flux and its custom resource definitions';
}

type Scope = { namespace?: string; labelSelector?: string };

async function listQuietly(
  context: Context,
  kube: KubeClient,
  kind: { apiVersion: string; kind: string },
  scope: Scope,
): Promise<KubeObject[]> {
  try {
    return (await kube.list(kind, { ...scope, metadataOnly: true, signal: context.deadline })).items;
  } catch (error) {
    if (isNoMatch(error) || isNotFound(error)) return [];
    throw error;
  }
}

function idOf({ kind, metadata }: KubeObject): string {
  return metadata.namespace ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}

async function remove(context: Context, kube: KubeClient, object: KubeObject, dryRun: boolean): Promise<void> {
  const { name, namespace } = object.metadata;
  try {
    await kube.delete(object, name, namespace, { propagationPolicy: 'Foreground', dryRun, signal: context.deadline });
    context.log.success(`${idOf(object)} deleted ${dryRun ? '(dry run)' : ''}`);
  } catch (error) {
    context.log.failure(`${idOf(object)} deletion failed: ${messageOf(error)}`);
  }
}

async function release(context: Context, kube: KubeClient, object: KubeObject, dryRun: boolean): Promise<void> {
  const { name, namespace, finalizers = [] } = object.metadata;
  if (finalizers.length === 0) return;
  try {
    const body = { metadata: { finalizers: [] } };
    await kube.patch(object, name, namespace, { type: 'merge', body, dryRun, signal: context.deadline });
    context.log.success(`${idOf(object)} finalizers deleted ${dryRun ? '(dry run)' : ''}`);
  } catch (error) {
    context.log.failure(`${idOf(object)} removing finalizers failed: ${messageOf(error)}`);
  }
}
