import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

describeOnClusters('Tenants', (cluster) => {
  const story = useStory(cluster, {
    kustomizeFlags: ['--no-cross-namespace-refs=true', '--default-service-account=default'],
  });
  const files = { 'settings.yaml': configMap('settings', 'x') };

  /** Lets a service account do everything with the ConfigMaps of its own namespace. */
  async function allow(account: string, namespace: string): Promise<void> {
    await story.apply({
      apiVersion: rbac,
      kind: 'Role',
      metadata: { name: 'config', namespace },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }],
    } as never);
    await story.apply({
      apiVersion: rbac,
      kind: 'RoleBinding',
      metadata: { name: `config-${account}`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'config' },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    } as never);
  }

  test('write as their service account, in their namespace', async () => {
    const tenant = story.namespace;
    await story.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tenant', namespace: tenant } });
    await allow('tenant', tenant);
    await story.applied('app', await story.deploy('app', files, { serviceAccountName: 'tenant' }));
    expect(await story.value('settings')).toBe('x');
  });

  test('cannot write into a namespace of others', async () => {
    const victim = await story.createNamespace(`${story.id}-victim`);
    await story.applyKustomization('reach', {
      serviceAccountName: 'tenant',
      targetNamespace: victim,
      sourceRef: { kind: 'OCIRepository', name: 'app' },
    });
    const account = `system:serviceaccount:${story.namespace}:tenant`;
    await story.ready('reach', { status: 'False', message: new RegExp(`User "${account}" cannot .* "${victim}"`) });
    expect(await story.configMapNames(victim)).toEqual([]);
  });

  test('who name no account act as the default one, which may do nothing until it is allowed to', async () => {
    const tenant = await story.createNamespace(`${story.id}-default`);
    await story.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: tenant } });
    await story.applySource('app', {}, tenant);
    await story.applyKustomization('app', {}, tenant);
    const account = `system:serviceaccount:${tenant}:default`;
    await story.ready('app', { status: 'False', message: new RegExp(`User "${account}" cannot`) }, tenant);
    expect(await story.configMapNames(tenant)).toEqual([]);

    await allow('default', tenant);
    await story.ready('app', {}, tenant);
    expect(await story.configMapNames(tenant)).toEqual(['settings']);
  });

  test('cannot take a source of others', async () => {
    const thief = await story.createNamespace(`${story.id}-thief`);
    await allow('default', thief);
    await story.applyKustomization(
      'app',
      { sourceRef: { kind: 'OCIRepository', name: 'app', namespace: story.namespace } },
      thief,
    );
    await story.ready('app', { status: 'False', message: /cross-namespace references have been blocked/ }, thief);
    expect(await story.configMapNames(thief)).toEqual([]);
  });
});
