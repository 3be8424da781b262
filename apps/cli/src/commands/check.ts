import { computeStatus } from '@fluvial/conditions';
import type { KubeClient } from '@fluvial/kube';
import { none } from '../framework/args-rules.ts';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf, SilentExit } from '../framework/errors.ts';
import { boolFlag, durationFlag, listFlag } from '../framework/flag-types.ts';
import { valueAt } from '../objects/toolkit-object.ts';

const partOfFlux = 'app.kubernetes.io/part-of=flux';
/** Oldest Kubernetes minor release that is supported. */
const oldestMinor = 33;
const crdKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** `flux check` */
export const command = defineCommand({
  long: 'Check the version of the cluster and whether controllers and kinds are in place.',
  example: `  # Check before installing
  flux check --pre

  # Check an installation
  flux check`,
  flags: {
    components: listFlag('accepted for compatibility; labels decide', [
      'source-controller',
      'kustomize-controller',
      'helm-controller',
      'notification-controller',
    ]),
    'components-extra': listFlag('accepted for compatibility; labels decide'),
    'poll-interval': durationFlag('pause between looks at a deployment', '5s'),
    pre: boolFlag('check only what an installation needs'),
  },
  args: none,
  async run(context, { flags }) {
    const { log } = context;
    log.action('checking prerequisites');
    const kube = await context.kube().catch((error: unknown) => {
      throw new CliError(`Kubernetes client initialization failed: ${messageOf(error)}`);
    });
    let ok = await checkVersion(context, kube);
    if (flags.pre) {
      if (!ok) throw new SilentExit(1);
      return log.success('prerequisites checks passed');
    }
    log.action('checking version in cluster');
    await showClusterInfo(context, kube);
    log.action('checking controllers');
    ok = (await checkControllers(context, kube)) && ok;
    log.action('checking crds');
    ok = (await checkCrds(context, kube)) && ok;
    if (!ok) {
      log.failure('check failed');
      throw new SilentExit(1);
    }
    log.success('all checks passed');
  },
});

async function checkVersion(context: Context, kube: KubeClient): Promise<boolean> {
  const wanted = `>=1.${oldestMinor}.0-0`;
  let version: string;
  try {
    const answer = await kube.request({ path: '/version', signal: context.deadline });
    version = String(valueAt(answer.json(), 'gitVersion'));
  } catch (error) {
    context.log.failure(`Kubernetes API call failed: ${messageOf(error)}`);
    return false;
  }
  const parsed = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (parsed === null) {
    context.log.failure(`Kubernetes version can't be determined`);
    return false;
  }
  const [, major, minor] = parsed.map(Number);
  if (major! > 1 || (major === 1 && minor! >= oldestMinor)) {
    context.log.success(`Kubernetes ${version.replace(/^v/, '')} ${wanted}`);
    return true;
  }
  context.log.failure(`Kubernetes version ${version} does not match ${wanted}`);
  return false;
}

async function showClusterInfo(context: Context, kube: KubeClient): Promise<void> {
  const crd = await kube.find(crdKind, 'gitrepositories.source.toolkit.fluxcd.io', undefined, {
    metadataOnly: true,
    signal: context.deadline,
  });
  const labels = crd?.metadata.labels ?? {};
  const [part, version] = [labels['app.kubernetes.io/part-of'], labels['app.kubernetes.io/version']];
  if (!part || !version) return;
  context.log.success(`distribution: ${part}-${version}`);
  const bootstrapped =
    labels['kustomize.toolkit.fluxcd.io/name'] !== undefined &&
    labels['kustomize.toolkit.fluxcd.io/namespace'] !== undefined;
  context.log.success(`bootstrapped: ${bootstrapped}`);
}

async function checkControllers(context: Context, kube: KubeClient): Promise<boolean> {
  const { log, namespace } = context;
  const list = await kube.list(
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { namespace, labelSelector: partOfFlux, signal: context.deadline },
  );
  if (list.items.length === 0) {
    log.failure(`no controllers found in the '${namespace}' namespace with the label selector '${partOfFlux}'`);
    return false;
  }
  let ok = true;
  for (const deployment of list.items) {
    const name = deployment.metadata.name;
    if (computeStatus(deployment).status === 'Current') log.success(`${name}: deployment ready`);
    else {
      ok = false;
      log.failure(`${name}: deployment not ready`);
    }
    const containers = valueAt(deployment, 'spec', 'template', 'spec', 'containers');
    for (const container of Array.isArray(containers) ? containers : [])
      log.action(String(valueAt(container, 'image')));
  }
  return ok;
}

async function checkCrds(context: Context, kube: KubeClient): Promise<boolean> {
  const { log } = context;
  const list = await kube.list(crdKind, { labelSelector: partOfFlux, signal: context.deadline });
  if (list.items.length === 0) {
    log.failure(`no crds found with the label selector '${partOfFlux}'`);
    return false;
  }
  let ok = true;
  for (const crd of list.items) {
    const stored = valueAt(crd, 'status', 'storedVersions');
    if (Array.isArray(stored) && stored.length > 0) log.success(`${crd.metadata.name}/${stored[stored.length - 1]}`);
    else {
      ok = false;
      log.failure(`no stored versions for ${crd.metadata.name}`);
    }
  }
  return ok;
}
