import { once } from 'node:events';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

describeOnClusters('A cluster that a ConfigMap describes', (cluster) => {
  const story = useStory(cluster, { kustomizeFlags: ['--feature-gates=ObjectLevelWorkloadIdentity=true'] });
  const files = { 'settings.yaml': configMap('settings', 'one') };
  const account = 'deployer';
  let elsewhere: string;

  beforeAll(async () => {
    elsewhere = await story.createNamespace(`${story.id}-there`);
    await story.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account, namespace: story.namespace },
    });
  });

  test('is waited for until the ConfigMap is there', async () => {
    await story.deploy('app', files, {
      targetNamespace: elsewhere,
      kubeConfig: { configMapRef: { name: 'there' } },
    });
    await story.ready('app', { status: 'False', message: /unable to read KubeConfig ConfigMap .*\/there'/ });
  });

  test('is spoken to with a token of the account, which may do there what it is allowed to', async () => {
    // The story's own cluster stands for the other one: it knows its own tokens.
    const address = cluster.current.config.server;
    await story.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'there', namespace: story.namespace },
      data: {
        provider: 'generic',
        address,
        'ca.crt': await authorityOf(address),
        audiences: await audienceOf(story.namespace),
        serviceAccountName: account,
      },
    });
    const user = `system:serviceaccount:${story.namespace}:${account}`;
    await story.ready('app', { status: 'False', message: new RegExp(`User "${user}" cannot .* "${elsewhere}"`) });
    expect(await story.configMapNames(elsewhere)).toEqual([]);

    await story.apply({
      apiVersion: rbac,
      kind: 'Role',
      metadata: { name: 'deploy', namespace: elsewhere },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }],
    } as never);
    await story.apply({
      apiVersion: rbac,
      kind: 'RoleBinding',
      metadata: { name: 'deploy', namespace: elsewhere },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deploy' },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: story.namespace }],
    } as never);
    await story.ready('app');
    expect(await story.value('settings', elsewhere)).toBe('one');
  });

  test('is kept in step, and pruned', async () => {
    await story.applied('app', await story.upgrade('app', { 'other.yaml': configMap('other', 'two') }));
    expect(await story.configMapNames(elsewhere)).toEqual(['other']);
  });

  /** For whom the cluster makes out tokens that it takes itself. */
  async function audienceOf(namespace: string): Promise<string> {
    const answer = await story.kube.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const { spec } = answer.json() as { spec: { audiences: string[] } };
    return `${spec.audiences.join('\n')}\n`;
  }
});

/** The certificate that vouches for a server's, as far as the server shows it. */
async function authorityOf(address: string): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port || 443), rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    let certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
    while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate)
      certificate = certificate.issuerCertificate;
    const lines = certificate.raw.toString('base64').match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  } finally {
    socket.destroy();
  }
}
