import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDirectory, readArchive } from '@fluvial/artifact';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isFailing, isReady, namespace, readyOf, startWorld, tgz, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

function repository(spec: Record<string, unknown>, name = 'app', version = 'v1'): Record<string, unknown> {
  return {
    apiVersion: `source.toolkit.fluxcd.io/${version}`,
    kind: 'OCIRepository',
    metadata: { name, namespace },
    spec: { interval: '10m', url: `oci://${world.registry.address}/app`, ...spec },
  };
}

const files = (text: string) => tgz([{ name: 'app.yaml', content: text }]);

async function filesOf(url: string): Promise<string[]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const tree = await readArchive(Buffer.from(await response.arrayBuffer()));
  return [...tree.entries].map(([name, node]) =>
    isDirectory(node) ? `${name}/` : `${name}=${Buffer.from(node.content).toString()}`,
  );
}

describe('OCIRepository', () => {
  test('stores what a tag means and serves it', async () => {
    const annotations = {
      'org.opencontainers.image.created': '2026-01-01T00:00:00Z',
      'org.opencontainers.image.source': 'https://example.com/app.git',
      'org.opencontainers.image.revision': 'main@sha1:abc',
    };
    const digest = await world.push('app', '1.0.0', files('one'), { annotations });
    await world.startController();
    await world.apply(repository({ ref: { tag: '1.0.0' } }));
    const { status, metadata } = await world.until('app', isReady);
    const artifact = status!.artifact!;
    expect(metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    expect(artifact).toMatchObject({
      path: `ocirepository/apps/app/${digest}.tar.gz`,
      revision: `1.0.0@${digest}`,
      metadata: annotations,
    });
    expect(await filesOf(artifact.url)).toEqual(['app.yaml=one']);
    expect(await filesOf(status!.url!)).toEqual(['app.yaml=one']);
    const bytes = readFileSync(join(world.storagePath, artifact.path));
    expect(artifact.digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(artifact.size).toBe(bytes.length);
    expect(status!.conditions!.map(({ type, status, reason, message }) => ({ type, status, reason, message }))).toEqual(
      [
        { type: 'Ready', status: 'True', reason: 'Succeeded', message: `stored artifact for digest '1.0.0@${digest}'` },
        {
          type: 'ArtifactInStorage',
          status: 'True',
          reason: 'Succeeded',
          message: `stored artifact for digest '1.0.0@${digest}'`,
        },
      ],
    );
    await expect
      .poll(() => world.events('app'))
      .toEqual([
        `Normal NewArtifact | stored artifact with revision '1.0.0@${digest}' from 'oci://${world.registry.address}/app', origin source 'https://example.com/app.git', origin revision 'main@sha1:abc'`,
      ]);
  });

  test('an unchanged interval costs one HEAD and nothing else', async () => {
    await world.push('app', 'latest', files('one'));
    await world.startController(['--interval-jitter-percentage=0']);
    await world.apply(repository({ interval: '300ms' }));
    await world.until('app', isReady);
    const before = await world.get('app');
    await expect.poll(() => world.events('app')).toHaveLength(1);
    world.registryRequests.length = 0;
    world.apiRequests.length = 0;
    await expect.poll(() => world.registryRequests.length, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(new Set(world.registryRequests)).toEqual(new Set(['HEAD /v2/app/manifests/latest']));
    expect(world.apiRequests.filter(({ verb }) => verb !== 'watch')).toEqual([]);
    expect((await world.get('app')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test('many objects of one artifact pull it once', async () => {
    await world.push('app', 'latest', files('one'));
    await world.startController(['--concurrent=8']);
    for (let n = 0; n < 10; n++) await world.apply(repository({}, `app-${n}`));
    for (let n = 0; n < 10; n++) await world.until(`app-${n}`, isReady);
    expect(world.registryRequests.filter((line) => /GET .*blobs/.test(line))).toHaveLength(1);
    expect(world.registryRequests.filter((line) => /GET .*manifests/.test(line))).toHaveLength(1);
  });

  test('follows a tag that moves and keeps one predecessor', async () => {
    await world.push('app', 'latest', files('one'));
    await world.startController();
    await world.apply(repository({}, 'app', 'v1beta2'));
    const first = await world.until('app', isReady);
    const digest = await world.push('app', 'latest', files('two'));
    const second = await world.reconcile('app');
    expect(second.status!.artifact!.revision).toBe(`latest@${digest}`);
    expect(await filesOf(second.status!.artifact!.url)).toEqual(['app.yaml=two']);
    const folder = join(world.storagePath, 'ocirepository/apps/app');
    expect(readdirSync(folder).sort()).toEqual(
      [first, second]
        .map((object) => `${object.status!.artifact!.path.split('/').pop()}`)
        .sort()
        .concat('latest.tar.gz')
        .sort(),
    );
    expect(readlinkSync(join(folder, 'latest.tar.gz'))).toBe(join(world.storagePath, second.status!.artifact!.path));
  });

  test('takes the highest tag of a range, filtered, and the digest before all', async () => {
    for (const tag of ['1.0.0', '1.2.0', 'v1.3.0', '1.10.0', '2.0.0-rc.1', 'latest'])
      await world.push('app', tag, files(tag));
    const digest = await world.push('app', '0.9.0', files('pinned'));
    await world.startController();
    await world.apply(repository({ ref: { semver: '>=1.0.0', tag: '1.0.0' } }, 'range'));
    await world.apply(repository({ ref: { semver: '>=1.0.0-0', semverFilter: '.*-rc' } }, 'filtered'));
    await world.apply(repository({ ref: { digest, semver: '>=1.0.0' } }, 'pinned'));
    expect((await world.until('range', isReady)).status!.artifact!.revision).toMatch(/^1\.10\.0@/);
    expect((await world.until('filtered', isReady)).status!.artifact!.revision).toMatch(/^2\.0\.0-rc\.1@/);
    expect((await world.until('pinned', isReady)).status!.artifact!.revision).toBe(digest);
  });

  test('ignore rules and layer selector make other artifacts of one revision', async () => {
    const layer = tgz([
      { name: 'keep.yaml', content: 'k' },
      { name: 'skip.txt', content: 's' },
    ]);
    await world.push('app', 'latest', layer, {
      moreLayers: [{ mediaType: 'application/x', bytes: Buffer.from('raw bytes') }],
    });
    await world.startController();
    await world.apply(repository({ ignore: '*.txt' }));
    const first = await world.until('app', isReady);
    expect(first.status!.observedIgnore).toBe('*.txt');
    expect(await filesOf(first.status!.artifact!.url)).toEqual(['keep.yaml=k']);
    await world.apply(repository({}));
    const second = await world.until('app', isReady);
    expect(second.status!.observedIgnore).toBeUndefined();
    expect(await filesOf(second.status!.artifact!.url)).toEqual(['keep.yaml=k', 'skip.txt=s']);
    await world.apply(repository({ layerSelector: { mediaType: 'application/x', operation: 'copy' } }));
    const third = await world.until('app', isReady);
    expect(third.status!.observedLayerSelector).toEqual({ mediaType: 'application/x', operation: 'copy' });
    expect(await (await fetch(third.status!.artifact!.url)).text()).toBe('raw bytes');
    await world.apply(repository({ layerSelector: { mediaType: 'application/none' } }));
    const failed = await world.until('app', isFailing);
    expect(readyOf(failed)).toMatchObject({
      reason: 'OCIArtifactLayerOperationFailed',
      message: "failed to find layer with media type 'application/none' in artifact",
    });
    expect(failed.status!.artifact).toEqual(third.status!.artifact);
  });

  test('tells of failures in order, recovers, and says so', async () => {
    await world.startController();
    await world.apply(repository({ ref: { tag: 'v1' } }));
    const failing = await world.until('app', isFailing);
    const conditions = Object.fromEntries(failing.status!.conditions!.map((condition) => [condition.type, condition]));
    const message = `failed to determine artifact digest: GET http://${world.registry.address}/v2/app/manifests/v1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:v1]`;
    expect(conditions['FetchFailed']).toMatchObject({ status: 'True', reason: 'OCIArtifactPullFailed', message });
    expect(conditions['Ready']).toMatchObject({ status: 'False', reason: 'OCIArtifactPullFailed', message });
    expect(conditions['Reconciling']).toMatchObject({
      status: 'True',
      reason: 'ProgressingWithRetry',
      message: 'building artifact',
    });
    expect(failing.status!.observedGeneration ?? -1).toBe(-1);
    expect(await world.events('app')).toContain(`Warning OCIArtifactPullFailed | ${message}`);

    const digest = await world.push('app', 'v1', files('one'));
    await world.until('app', isReady);
    // The registry goes away and comes back: the artifact stays, recovery is news.
    world.registry.inject({ path: '/manifests/', status: 404, times: 2 });
    await world.reconcile('app');
    const away = await world.get('app');
    expect(away.status!.artifact!.revision).toBe(`v1@${digest}`);
    await world.until('app', isReady);
    await expect
      .poll(() => world.events('app'))
      .toContainEqual(expect.stringMatching(/^Normal Succeeded \| stored artifact with revision/));
  });

  test('stalls on a URL that cannot be meant', async () => {
    await world.startController();
    await world.apply(repository({ url: `oci://${world.registry.address}/app:1.0` }));
    const { status, metadata } = await world.until('app', isFailing);
    const message = `URL validation failed for 'oci://${world.registry.address}/app:1.0': URL must not contain a tag; remove ':1.0'`;
    expect(status!.conditions!.map(({ type, status, reason }) => `${type} ${status} ${reason}`).sort()).toEqual([
      'FetchFailed True URLInvalid',
      'Ready False URLInvalid',
      'Stalled True URLInvalid',
    ]);
    expect(status!.conditions![0]!.message).toBe(message);
    expect(status!.observedGeneration).toBe(metadata.generation);
  });

  test.each([
    [{ verify: { provider: 'notation' } }, 'verification secret cannot be empty'],
    [{ provider: 'aws' }, "failed to get credential from aws: invalid AWS registry: '127.0.0.1:"],
    [
      { provider: 'gcp', serviceAccountName: 'builder' },
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate',
    ],
    [
      { provider: 'azure', url: 'oci://example.azurecr.io/app' },
      "login by the provider's identity is not available in this version",
    ],
    [
      { verify: { provider: 'cosign' } },
      "failed to verify the signature using provider 'cosign keyless': no matching signatures were found for '127.0.0.1:",
    ],
    [
      { verify: { provider: 'cosign', secretRef: { name: 'none' } } },
      `failed to verify the signature using provider 'cosign': secrets "none" not found`,
    ],
    [
      { secretRef: { name: 'none' } },
      `failed to get credential: failed to get secret 'apps/none': secrets "none" not found`,
    ],
    [{ serviceAccountName: 'none' }, `failed to get credential: serviceaccount 'apps/none' not found`],
    [{ certSecretRef: { name: 'none' } }, `secret 'apps/none' not found`],
    [{ proxySecretRef: { name: 'none' } }, `failed to get proxy address: secret 'apps/none' not found`],
    [
      { ref: { digest: 'sha256:abc' } },
      'failed to determine artifact digest: wrong number of hex digits for sha256: abc',
    ],
    [{ ref: { digest: `sha256:${'a'.repeat(64)}` } }, 'failed to pull artifact from'],
    [{ ref: { tag: 'a b' } }, 'failed to determine artifact digest: tag can only contain'],
    [{ ref: { semver: 'not a range' } }, `semver 'not a range' parse error: improper constraint: "not a range"`],
    [{ ref: { semver: '>=5.0.0' } }, 'no match found for semver: >=5.0.0'],
    [{ ref: { semver: '*', semverFilter: '(' } }, 'failed to determine the artifact tag for'],
  ])('says what is wrong with %j', async (spec, message) => {
    await world.push('app', 'latest', files('one'));
    await world.push('app', '1.0.0', files('one'));
    await world.kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'builder', namespace } });
    await world.startController();
    await world.apply(repository(spec));
    expect(readyOf(await world.until('app', isFailing))!.message).toContain(message);
  });

  test('refuses a signed artifact that it cannot verify, and stalls', async () => {
    const digest = await world.push('app', 'latest', files('one'));
    await world.push('app', `${digest.replace(':', '-')}.sig`, Buffer.from('signature'));
    await world.startController();
    await world.apply(repository({ verify: { provider: 'cosign' } }));
    const { status } = await world.until('app', isFailing);
    expect(status!.artifact).toBeUndefined();
    expect(status!.conditions!.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'Stalled True VerificationError',
      'Ready False VerificationError',
      'SourceVerified False VerificationError',
    ]);
  });

  test('a missing Secret wakes its users when it comes', async () => {
    await world.push('app', 'latest', files('one'));
    await world.startController(['--min-retry-delay=1h', '--max-retry-delay=1h']);
    await world.apply(repository({ secretRef: { name: 'auth' } }));
    await world.until('app', isFailing);
    await world.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'auth', namespace },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': '{"auths":{}}' },
    });
    await world.until('app', isReady);
  });

  test('suspends, resumes, and forgets nothing meanwhile', async () => {
    await world.push('app', '1.0.0', files('one'));
    await world.push('app', '2.0.0', files('two'));
    await world.startController();
    await world.apply(repository({ ref: { tag: '1.0.0' } }));
    const first = await world.until('app', isReady);
    await world.apply(repository({ ref: { tag: '2.0.0' }, suspend: true }));
    const suspended = await world.until('app', isReady);
    expect(suspended.status!.artifact).toEqual(first.status!.artifact);
    await world.apply(repository({ ref: { tag: '2.0.0' }, suspend: false }));
    const resumed = await world.until(
      'app',
      (object) => isReady(object) && object.status!.artifact!.revision.startsWith('2.0.0@'),
    );
    expect(await filesOf(resumed.status!.artifact!.url)).toEqual(['app.yaml=two']);
  });

  test('rebuilds what was tampered with or lost, and serves on after a restart', async () => {
    await world.push('app', 'latest', files('one'));
    const controller = await world.startController();
    await world.apply(repository({}));
    const { status } = await world.until('app', isReady);
    const file = join(world.storagePath, status!.artifact!.path);
    const good = readFileSync(file);
    writeFileSync(file, 'evil');
    await world.reconcile('app');
    expect(readFileSync(file).equals(good)).toBe(true);
    await expect
      .poll(() => world.events('app'))
      .toContain(
        `Warning ArtifactVerificationFailed | failed to verify integrity of artifact: computed digest doesn't match '${status!.artifact!.digest}'`,
      );
    rmSync(file);
    await world.reconcile('app');
    expect(readFileSync(file).equals(good)).toBe(true);

    await controller.stop();
    world.registryRequests.length = 0;
    await world.startController();
    // A new port, so new URLs; the same file.
    const restarted = await world.until(
      'app',
      (object) => object.status!.artifact!.url !== status!.artifact!.url && isReady(object),
    );
    expect(await filesOf(restarted.status!.artifact!.url)).toEqual(['app.yaml=one']);
    expect(restarted.status!.artifact!.digest).toBe(status!.artifact!.digest);
    expect(world.registryRequests.filter((line) => line.includes('blobs'))).toEqual([]);
  });

  test('removes what it stored when the object goes', async () => {
    await world.push('app', 'latest', files('one'));
    await world.startController();
    await world.apply(repository({}));
    await world.until('app', isReady);
    await world.kube.delete({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' }, 'app', namespace);
    await expect
      .poll(() =>
        world.kube.find({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' }, 'app', namespace),
      )
      .toBeUndefined();
    expect(readdirSync(join(world.storagePath, 'ocirepository/apps'))).toEqual([]);
  });
});
