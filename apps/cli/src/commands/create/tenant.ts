import type { KubeClient, KubeObject } from '@fluvial/kube';
import { deepEqual } from '@fluvial/yaml';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError } from '../../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../../framework/flag-types.ts';
import { qualifiedNameProblems } from '../../objects/names.ts';
import { yamlDocument } from '../../objects/print-object.ts';
import { fieldManager, nameArgument, parseLabels } from './create-object.ts';
import { createFlags } from './flags.ts';

/** `flux create tenant` */
export const command = defineCommand({
  long: 'Create or update a tenant: namespaces, each with a ServiceAccount and its role.',
  example: `  # A tenant with two namespaces
  flux create tenant dev-team --with-namespace=frontend --with-namespace=backend --label=environment=dev`,
  flags: {
    'cluster-role': stringFlag('ClusterRole of the tenant', 'cluster-admin'),
    'skip-namespace': boolFlag('do not create the namespaces'),
    'with-namespace': listFlag('namespaces of the tenant'),
    'with-service-account': stringFlag('name of the ServiceAccount; the tenant’s when absent'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const tenant = nameArgument(args);
    checkName('tenant name', tenant);
    if (flags['cluster-role'] === '') throw new CliError('cluster-role is required');
    if (flags['with-namespace'].length === 0) throw new CliError('with-namespace is required');
    const account = flags['with-service-account'] || tenant;
    const labels = { ...parseLabels(flags.label), 'toolkit.fluxcd.io/tenant': tenant };
    for (const namespace of flags['with-namespace']) checkName('namespace', namespace);
    checkName('service-account name', account);
    const sets = flags['with-namespace'].map((namespace) =>
      objectsOf({ tenant, namespace, account, role: flags['cluster-role'], labels }),
    );
    if (flags.export) {
      for (const { namespace, account: serviceAccount, binding } of sets) {
        if (!flags['skip-namespace']) context.stdout(yamlDocument(namespace));
        context.stdout(yamlDocument(serviceAccount));
        context.stdout(yamlDocument(binding));
      }
      return;
    }
    const kube = await context.kube();
    for (const { namespace, account: serviceAccount, binding } of sets) {
      if (!flags['skip-namespace']) {
        context.log.action(`applying namespace ${namespace.metadata.name}`);
        await upsertLabels(context, kube, namespace);
      }
      context.log.action(`applying service account ${serviceAccount.metadata.name}`);
      await upsertLabels(context, kube, serviceAccount);
      context.log.action(`applying role binding ${binding.metadata.name}`);
      await upsertBinding(context, kube, binding);
    }
    context.log.success('tenant setup completed');
  },
});

function checkName(what: string, name: string): void {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) throw new CliError(`invalid ${what} '${name}': [${problems.join(' ')}]`);
}

type Tenant = { tenant: string; namespace: string; account: string; role: string; labels: Record<string, string> };

function objectsOf({ tenant, namespace, account, role, labels }: Tenant) {
  const apiGroup = 'rbac.authorization.k8s.io';
  const namespaceObject: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
  const accountObject: KubeObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: account, namespace, labels },
  };
  const binding: KubeObject = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: `${tenant}-reconciler`, namespace, labels },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [
      { apiGroup, kind: 'User', name: `gotk:${namespace}:reconciler` },
      { kind: 'ServiceAccount', name: account, namespace },
    ],
  };
  return { namespace: namespaceObject, account: accountObject, binding };
}

async function upsertLabels(context: Context, kube: KubeClient, object: KubeObject): Promise<KubeObject | undefined> {
  const options = { fieldManager, signal: context.deadline };
  const { name, namespace, labels } = object.metadata;
  const live = await kube.find(object, name, namespace, { signal: context.deadline });
  if (live === undefined) await kube.create(object, options);
  else if (!deepEqual(live.metadata.labels, labels)) {
    await kube.replace({ ...live, metadata: { ...live.metadata, labels: labels ?? {} } }, options);
  }
  return live;
}

/** A binding's role cannot change: one that differs is made anew. */
async function upsertBinding(context: Context, kube: KubeClient, binding: KubeObject): Promise<void> {
  const { name, namespace, labels } = binding.metadata;
  const options = { signal: context.deadline };
  const live = await kube.find(binding, name, namespace, options);
  if (live !== undefined) {
    const same = (field: string) => deepEqual(live[field], binding[field]);
    if (same('roleRef') && same('subjects') && deepEqual(live.metadata.labels, labels)) return;
    await kube.delete(binding, name, namespace, options);
  }
  await kube.create(binding, { fieldManager, ...options });
}
