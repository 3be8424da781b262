import { createOciClient, staticKeychain } from '@fluvial/oci';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFailing, isReady, namespace, readyOf, startWorld, tgz, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ auth: { kind: 'token', username: 'robot', password: 'hunter2' } });
  await world.startController();
  const oci = createOciClient({ keychain: staticKeychain({ kind: 'basic', username: 'robot', password: 'hunter2' }) });
  const name = `${world.registry.address}/app`;
  const config = await oci.pushBlob(name, Buffer.from('{}'));
  const layers = [
    await oci.pushBlob(name, tgz([{ name: 'a.yaml', content: 'private' }]), {
      mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip',
    }),
  ];
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  await oci.pushManifest(
    `${name}:latest`,
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers })),
    { mediaType },
  );
  await oci.close();
});
afterAll(() => world.close());

const repository = (name: string, spec: Record<string, unknown>) => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { name, namespace },
  spec: { interval: '10m', url: `oci://${world.registry.address}/app`, ...spec },
});

const secret = (name: string, password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type: 'kubernetes.io/dockerconfigjson',
  stringData: {
    '.dockerconfigjson': JSON.stringify({ auths: { [world.registry.address]: { username: 'robot', password } } }),
  },
});

test('credentials come from the Secret or the ServiceAccount, and nobody sees what others fetched with theirs', async () => {
  await world.apply(secret('good', 'hunter2'));
  await world.apply({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'builder', namespace },
    imagePullSecrets: [{ name: 'good' }],
  });
  await world.apply(repository('by-secret', { secretRef: { name: 'good' } }));
  await world.apply(repository('by-account', { serviceAccountName: 'builder' }));
  await world.until('by-secret', isReady);
  const { status } = await world.until('by-account', isReady);

  const digest = status!.artifact!.revision.split('@')[1]!;
  await world.apply(repository('anonymous', {}));
  // Even who knows the digest of what is cached has to show credentials of their own.
  await world.apply(repository('by-digest', { ref: { digest } }));
  expect(readyOf(await world.until('anonymous', isFailing))!.message).toContain('UNAUTHORIZED');
  expect((await world.until('by-digest', isFailing)).status!.artifact).toBeUndefined();
});

test('a wrong password fails without being told, and the right one wakes', async () => {
  await world.apply(secret('wrong', 'not-the-password'));
  await world.apply(repository('wrong', { secretRef: { name: 'wrong' } }));
  const failed = await world.until('wrong', isFailing);
  expect(JSON.stringify(failed)).not.toContain('not-the-password');
  expect(JSON.stringify(await world.events('wrong'))).not.toContain('not-the-password');
  await world.apply(secret('wrong', 'hunter2'));
  await world.until('wrong', isReady);
});
