import { defineCommand } from '../../framework/command.ts';
import { formatDuration } from '../../framework/duration.ts';
import { CliError } from '../../framework/errors.ts';
import { boolFlag, durationFlag, listFlag, stringFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { compact, type Fields, refTo, textAt } from '../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, objectAnnouncement, parseLabels } from './create-object.ts';
import { decryptionProviderFlag, kustomizationSourceFlag, safePathFlag } from './flag-values.ts';
import { createFlags } from './flags.ts';
import { dependencies } from './parse-references.ts';

const healthKinds = ['HelmRelease', 'Deployment', 'DaemonSet', 'StatefulSet'];

/** `flux create kustomization` */
export const command = defineCommand({
  long: 'Create or update a Kustomization and wait until it is applied.',
  example: `  # Apply the manifests of an OCI artifact and wait for their health
  flux create kustomization podinfo \\
    --source=OCIRepository/podinfo \\
    --path="./kustomize" \\
    --prune=true \\
    --wait \\
    --interval=10m

  # Apply after another Kustomization
  flux create kustomization webapp \\
    --depends-on=infra \\
    --source=webapp \\
    --path="./deploy" \\
    --prune=true`,
  flags: {
    'decryption-provider': decryptionProviderFlag('tool that encrypted the secrets in the source'),
    'decryption-secret': stringFlag('Secret with the decryption keys'),
    'depends-on': listFlag('Kustomizations to wait for, <name> or <namespace>/<name>'),
    'health-check': listFlag('workloads to wait for, <kind>/<name>.<namespace>'),
    'health-check-timeout': durationFlag('deadline of health checks', '2m0s'),
    'kubeconfig-secret-ref': stringFlag('Secret with the kubeconfig of a remote cluster'),
    path: safePathFlag('directory in the source', './'),
    prune: boolFlag('delete objects that vanish from the source'),
    'retry-interval': durationFlag('pause after a failed run; the interval when absent'),
    'service-account': stringFlag('ServiceAccount to impersonate'),
    source: kustomizationSourceFlag('source of the manifests, [<kind>/]<name>[.<namespace>]'),
    'target-namespace': stringFlag('namespace that all objects are moved to'),
    validation: stringFlag('', '', {
      deprecated: 'this arg is no longer used, all resources are validated using server-side apply dry-run',
    }),
    wait: boolFlag('wait for the health of everything applied'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.source.name === '') throw new CliError('source is required');
    if (flags.path === '') throw new CliError('path is required');
    if (!flags.path.startsWith('./')) throw new CliError('path must begin with ./');
    const labels = parseLabels(flags.label);
    const { kind: sourceKind, name: sourceName, namespace } = flags.source;
    const timeout = formatDuration(flags['health-check-timeout']);
    const health: Fields = flags.wait
      ? { wait: true, timeout }
      : flags['health-check'].length > 0
        ? { healthChecks: flags['health-check'].map(healthCheck), timeout }
        : {};
    const kind = toolkitKinds.kustomization;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        decryption: decryption(flags['decryption-provider'], flags['decryption-secret']),
        dependsOn: dependencies(flags['depends-on']),
        kubeConfig:
          flags['kubeconfig-secret-ref'] === '' ? undefined : { secretRef: refTo(flags['kubeconfig-secret-ref']) },
        retryInterval: flags['retry-interval'] === 0 ? '' : formatDuration(flags['retry-interval']),
        serviceAccountName: flags['service-account'],
        targetNamespace: flags['target-namespace'],
      }),
      ...health,
      interval: formatDuration(flags.interval),
      path: flags.path,
      prune: flags.prune,
      sourceRef: compact({ kind: sourceKind, name: sourceName, namespace }),
    });
    const announcement = objectAnnouncement('Kustomization', (ready) => [
      `applied revision ${textAt(ready.status, 'lastAppliedRevision')}`,
    ]);
    await createAndWait(context, kind, object, announcement, { export: flags.export });
  },
});

function decryption(provider: string, secret: string): Fields | undefined {
  if (provider === '') return undefined;
  const secretRef = refTo(secret);
  return { provider, ...(secretRef ? { secretRef } : {}) };
}

function healthCheck(text: string): Fields {
  const fail = (tail: string) =>
    new CliError(`invalid health check '${text}' must be in the format 'kind/name.namespace'${tail}`);
  const parts = text.split('/');
  if (parts.length !== 2) throw fail(` [${parts.join(' ')}]`);
  const [kind = '', rest = ''] = parts;
  const dot = rest.split('.');
  if (dot.length !== 2) throw fail('');
  const [name, namespace] = dot;
  if (!healthKinds.includes(kind)) {
    throw new CliError(`invalid health check kind '${kind}' can be HelmRelease, Deployment, DaemonSet or StatefulSet`);
  }
  return { ...(kind === 'HelmRelease' ? { apiVersion: 'helm.toolkit.fluxcd.io/v2' } : {}), kind, name, namespace };
}
