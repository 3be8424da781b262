import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { useStory } from '../lib/story.ts';

/** Made with the real sops and age. */
const vector = (name: string) => readFileSync(new URL(`../../packages/sops/testdata/${name}`, import.meta.url), 'utf8');
const plaintext = 'sup3r-s3cret-value';

describeOnClusters('Encrypted secrets', (cluster) => {
  const story = useStory(cluster);
  const secrets = { apiVersion: 'v1', kind: 'Secret' };
  const keys = (stringData: Record<string, string>) =>
    story.apply({ ...secrets, metadata: { name: 'sops-keys', namespace: story.namespace }, stringData });

  test('without the right key stay closed, and nothing says what is in them', async () => {
    await keys({ 'other.agekey': vector('b.agekey') });
    await story.deploy(
      'app',
      {
        'kustomization.yaml':
          'resources: [secret.yaml]\nsecretGenerator:\n- name: env\n  envs: [app.env]\n  options: {disableNameSuffixHash: true}\n',
        'secret.yaml': vector('secret.suffix.yaml'),
        'app.env': vector('app.age.env'),
      },
      { decryption: { provider: 'sops', secretRef: { name: 'sops-keys' } } },
    );
    const failed = await story.ready('app', { status: 'False' });
    expect(await story.kube.find(secrets, 'app', story.namespace)).toBeUndefined();
    const said = [JSON.stringify(failed), ...(await story.events('app')), story.logs()].join('\n');
    expect(said).not.toContain(plaintext);
    expect(said).not.toContain('AGE-SECRET-KEY');
  });

  test('are decrypted when the key is there', async () => {
    await keys({ 'own.agekey': vector('a.agekey') });
    await story.ready('app');
    const { data } = await story.kube.get(secrets, 'app', story.namespace);
    expect(Buffer.from((data as { password: string }).password, 'base64').toString()).toBe(plaintext);
    const env = await story.kube.get(secrets, 'env', story.namespace);
    expect(Buffer.from((env['data'] as { A: string }).A, 'base64').toString()).toBe('1');
    const said = [...(await story.events('app')), story.logs()].join('\n');
    expect(said).not.toContain(plaintext);
  });
  test('are decrypted with a PGP key, too', async () => {
    await keys({ 'own.asc': vector('pgp-ecc.asc') });
    await story.deploy(
      'pgp',
      { 'secret.yaml': vector('secret.pgp-ecc.yaml') },
      { decryption: { provider: 'sops', secretRef: { name: 'sops-keys' } }, namePrefix: 'pgp-' },
    );
    await story.ready('pgp');
    const { data } = await story.kube.get(secrets, 'pgp-app', story.namespace);
    expect(Buffer.from((data as { password: string }).password, 'base64').toString()).toBe(plaintext);
    expect(story.logs()).not.toContain(plaintext);
  });
});
