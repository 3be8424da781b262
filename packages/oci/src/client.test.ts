import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startRegistry } from '@fluvial/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildArtifact, pushArtifact } from './artifact.ts';
import { createOciClient } from './client.ts';
import type { OciClient } from './client.types.ts';
import { sha256 } from './digest.ts';
import { OciError } from './errors.ts';
import { mediaTypes } from './media-types.ts';
import { debianRegistryBinary, startDebianRegistry } from './testing/debian-registry.ts';

interface Target {
  readonly name: string;
  readonly start?: () => Promise<{ address: string; close(): Promise<void> }>;
  readonly hasReferrers: boolean;
}

const targets: readonly Target[] = [
  { name: 'our registry', start: () => startRegistry(), hasReferrers: true },
  {
    name: 'our registry without the referrers API',
    start: () => startRegistry({ referrers: false }),
    hasReferrers: false,
  },
  {
    name: `Debian's docker-registry${debianRegistryBinary === undefined ? ' (binary not installed)' : ''}`,
    ...(debianRegistryBinary === undefined ? {} : { start: startDebianRegistry }),
    hasReferrers: false,
  },
];

describe.each(targets)('client against $name', ({ start }) => {
  const it = test.skipIf(start === undefined);
  let registry: { address: string; close(): Promise<void> };
  let client: OciClient;

  beforeAll(async () => {
    if (start === undefined) return;
    registry = await start();
    client = createOciClient({ retry: { initialMs: 1 } });
  });
  afterAll(async () => {
    await client?.close();
    await registry?.close();
  });

  const push = async (repo: string, tag: string, content: Uint8Array, extra: Record<string, string> = {}) => {
    const artifact = await buildArtifact({
      layer: gzipSync(content),
      created: '1970-01-01T00:00:00Z',
      source: 'https://example.com/app.git',
      revision: 'main@sha1:b3b00fe35424a45d373bf4c7214178bc36fd7872',
      annotations: extra,
    });
    return pushArtifact(client, `${registry.address}/${repo}:${tag}`, artifact);
  };

  it('pushes an artifact and pulls the same bytes', async () => {
    const content = randomBytes(300_000);
    const pushed = await push('org/app', '1.0.0', content);
    const image = await client.getImage(`${registry.address}/org/app:1.0.0`);
    expect(image.descriptor).toEqual({ ...pushed, mediaType: mediaTypes.ociManifest });
    expect(image.manifest.config.mediaType).toBe(mediaTypes.fluxConfig);
    expect(image.manifest.annotations).toEqual({
      'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
      'org.opencontainers.image.revision': 'main@sha1:b3b00fe35424a45d373bf4c7214178bc36fd7872',
      'org.opencontainers.image.source': 'https://example.com/app.git',
    });
    const [layer] = image.manifest.layers;
    expect(layer!.mediaType).toBe(mediaTypes.fluxContent);
    const blob = await client.readBlob(`${registry.address}/org/app`, layer!);
    expect(Buffer.from(blob).equals(gzipSync(content))).toBe(true);
    const config = JSON.parse(
      new TextDecoder().decode(await client.readBlob(`${registry.address}/org/app`, image.manifest.config)),
    );
    expect(config.rootfs.diff_ids).toEqual([sha256(content)]);
  });

  it('pushes the same inputs to the same digest', async () => {
    const first = await push('same', 'a', new TextEncoder().encode('x'), {
      'org.example.b': '2',
      'org.example.a': '<&>',
    });
    const second = await push('same', 'b', new TextEncoder().encode('x'), {
      'org.example.a': '<&>',
      'org.example.b': '2',
    });
    expect(second.digest).toBe(first.digest);
  });

  it('resolves a tag and a digest', async () => {
    const { digest, size } = await push('resolve', 'v1', new Uint8Array(10));
    const expected = { digest, size, mediaType: mediaTypes.ociManifest };
    expect(await client.resolve(`${registry.address}/resolve:v1`)).toEqual(expected);
    expect(await client.resolve(`${registry.address}/resolve@${digest}`)).toEqual(expected);
  });

  it('uploads in chunks what is larger than one', async () => {
    const bytes = randomBytes(1_000_001);
    const descriptor = await client.pushBlob(`${registry.address}/chunks`, bytes, { chunkBytes: 300_000 });
    expect(descriptor.digest).toBe(sha256(bytes));
    expect(Buffer.from(await client.readBlob(`${registry.address}/chunks`, descriptor)).equals(bytes)).toBe(true);
  });

  it('streams a source of unknown digest', async () => {
    const parts = [randomBytes(70_000), randomBytes(1), randomBytes(50_000)];
    const whole = Buffer.concat(parts);
    const source = {
      size: whole.byteLength,
      open: async function* (offset = 0) {
        yield whole.subarray(offset);
      },
    };
    const descriptor = await client.pushBlob(`${registry.address}/stream`, source);
    expect(descriptor.digest).toBe(sha256(whole));
    expect(await client.hasBlob(`${registry.address}/stream`, descriptor.digest)).toBe(true);
    expect(await client.hasBlob(`${registry.address}/stream`, sha256(new Uint8Array(3)))).toBe(false);
  });

  it('pushes and reads an empty blob', async () => {
    const descriptor = await client.pushBlob(`${registry.address}/empty`, new Uint8Array(0));
    expect((await client.readBlob(`${registry.address}/empty`, descriptor)).byteLength).toBe(0);
  });

  it('tags, lists and deletes', async () => {
    const { digest } = await push('tags', '1.0.0', new Uint8Array(5));
    await client.tag(`${registry.address}/tags:1.0.0`, 'stable');
    await client.tag(`${registry.address}/tags@${digest}`, 'prod');
    expect((await client.listTags(`${registry.address}/tags`)).sort()).toEqual(['1.0.0', 'prod', 'stable']);
    expect((await client.resolve(`${registry.address}/tags:prod`)).digest).toBe(digest);
    await client.deleteManifest(`${registry.address}/tags@${digest}`);
    expect(await client.listTags(`${registry.address}/tags`)).toEqual([]);
  });

  it('lists tags page by page', async () => {
    for (const tag of ['a', 'b', 'c', 'd', 'e']) await push('pages', tag, new Uint8Array(5));
    expect((await client.listTags(`${registry.address}/pages`, { pageSize: 2 })).sort()).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('mounts a blob from another repository', async () => {
    const bytes = randomBytes(100);
    const { digest } = await client.pushBlob(`${registry.address}/mount/from`, bytes);
    await client.pushBlob(
      `${registry.address}/mount/to`,
      {
        size: bytes.byteLength,
        digest,
        open: () => {
          throw new Error('was not mounted');
        },
      },
      { mountFrom: `${registry.address}/mount/from` },
    );
    expect(await client.hasBlob(`${registry.address}/mount/to`, digest)).toBe(true);
  });

  it('sends a blob that cannot be mounted', async () => {
    const bytes = randomBytes(100);
    const { digest } = await client.pushBlob(`${registry.address}/mount/fallback`, bytes, {
      mountFrom: `${registry.address}/mount/nothing`,
    });
    expect(await client.hasBlob(`${registry.address}/mount/fallback`, digest)).toBe(true);
  });

  it('copies an index with its images, and resolves the index to a platform', async () => {
    const amd64 = await push('copy/from', 'amd64', new TextEncoder().encode('amd64'));
    const arm64 = await push('copy/from', 'arm64', new TextEncoder().encode('arm64'));
    const index = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        { ...arm64, platform: { os: 'linux', architecture: 'arm64' } },
        { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
      ],
    };
    await client.pushManifest(`${registry.address}/copy/from:multi`, new TextEncoder().encode(JSON.stringify(index)), {
      mediaType: mediaTypes.ociIndex,
    });
    await client.copy(`${registry.address}/copy/from:multi`, `${registry.address}/copy/to:multi`);
    const image = await client.getImage(`${registry.address}/copy/to:multi`);
    expect(image.descriptor.digest).toBe(amd64.digest);
    const other = await client.getImage(`${registry.address}/copy/to:multi`, {
      platform: { os: 'linux', architecture: 'arm64' },
    });
    expect(other.descriptor.digest).toBe(arm64.digest);
    await expect(
      client.getImage(`${registry.address}/copy/to:multi`, { platform: { os: 'linux', architecture: 's390x' } }),
    ).rejects.toMatchObject({ code: 'PLATFORM_UNKNOWN' });
  });

  it('finds referrers', async () => {
    const subject = await push('ref', '1', new TextEncoder().encode('signed'));
    const config = await client.pushBlob(`${registry.address}/ref`, new TextEncoder().encode('{}'), {
      mediaType: mediaTypes.ociEmpty,
    });
    const digests = [];
    for (const artifactType of ['application/x-signature', 'application/x-sbom']) {
      const manifest = {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType,
        config,
        layers: [],
        subject,
        annotations: { of: artifactType },
      };
      const bytes = new TextEncoder().encode(JSON.stringify(manifest));
      digests.push(sha256(bytes));
      await client.pushManifest(`${registry.address}/ref@${sha256(bytes)}`, bytes, {
        mediaType: mediaTypes.ociManifest,
      });
    }
    const all = await client.referrers(`${registry.address}/ref:1`);
    expect(all.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
    const signatures = await client.referrers(`${registry.address}/ref@${subject.digest}`, {
      artifactType: 'application/x-signature',
    });
    expect(signatures).toMatchObject([
      { digest: digests[0], artifactType: 'application/x-signature', annotations: { of: 'application/x-signature' } },
    ]);
    expect(await client.referrers(`${registry.address}/ref@${sha256(new Uint8Array(1))}`)).toEqual([]);
  });

  it('says why as users know it', async () => {
    await push('errors', '1', new Uint8Array(5));
    const at = registry.address;
    const none = sha256(new Uint8Array(9));
    await expect(client.resolve(`${at}/errors:none`)).rejects.toMatchObject({
      message: `GET http://${at}/v2/errors/manifests/none: MANIFEST_UNKNOWN: manifest unknown; map[Tag:none]`,
      code: 'MANIFEST_UNKNOWN',
      status: 404,
      isTransient: false,
    });
    await expect(client.getManifest(`${at}/errors@${none}`)).rejects.toThrow(
      `GET http://${at}/v2/errors/manifests/${none}: MANIFEST_UNKNOWN: manifest unknown; map[Name:errors Revision:${none}]`,
    );
    await expect(client.tag(`${at}/errors:none`, 'x')).rejects.toThrow(
      `fetching "${at}/errors:none": GET http://${at}/v2/errors/manifests/none: MANIFEST_UNKNOWN: manifest unknown; map[Tag:none]`,
    );
    await expect(client.listTags(`${at}/nobody/knows`)).rejects.toThrow(
      `GET http://${at}/v2/nobody/knows/tags/list?n=1000: NAME_UNKNOWN: repository name not known to registry; map[name:nobody/knows]`,
    );
    await expect(client.readBlob(`${at}/errors`, { digest: none })).rejects.toThrow(
      `GET http://${at}/v2/errors/blobs/${none}: BLOB_UNKNOWN: blob unknown to registry; ${none}`,
    );
    await expect(
      client.pushManifest(`${at}/errors:2`, new TextEncoder().encode('{'), { mediaType: mediaTypes.ociManifest }),
    ).rejects.toMatchObject({ code: 'MANIFEST_INVALID', status: 400 });
    await expect(client.resolve(`${at}/a/_b:1`)).rejects.toThrow(
      `GET http://${at}/v2/a/_b/manifests/1: unexpected status code 404 Not Found: 404 page not found`,
    );
  });
});

describe('client without a registry', () => {
  test('says that nobody listens, over both schemes', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const client = createOciClient();
    const refused = `dial tcp 127.0.0.1:${port}: connect: connection refused`;
    const error = await client.resolve(`127.0.0.1:${port}/app/app:1.0.0`).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OciError);
    expect(error).toMatchObject({
      message: `Get "https://127.0.0.1:${port}/v2/": ${refused}; Get "http://127.0.0.1:${port}/v2/": ${refused}`,
      code: 'NETWORK',
      isTransient: true,
    });
    await client.close();
  });

  test('refuses digests that cannot be verified', async () => {
    const client = createOciClient();
    await expect(client.readBlob('127.0.0.1:1/app', { digest: 'md5:abc' })).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
    });
    await expect(client.resolve('127.0.0.1:1/App:1')).rejects.toThrow('could not parse reference: 127.0.0.1:1/App:1');
    await client.close();
  });

  test('finds a registry again that went away and came back', async () => {
    const first = await startRegistry();
    const client = createOciClient({ retry: { attempts: 1 } });
    await client.pushBlob(`${first.address}/a`, new Uint8Array(1));
    await first.close();
    await expect(client.hasBlob(`${first.address}/a`, sha256(new Uint8Array(1)))).rejects.toThrow(
      /^Get "https:.*connection refused; Get "http:.*connection refused$/,
    );
    const second = await startRegistry({ port: first.port });
    expect(await client.hasBlob(`${first.address}/a`, sha256(new Uint8Array(1)))).toBe(false);
    await client.close();
    await second.close();
  });

  test('verifies sha512 digests, too', async () => {
    const registry = await startRegistry();
    const client = createOciClient();
    const bytes = randomBytes(1000);
    const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
    const start = await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const put = await fetch(`${start.headers.get('location')}?digest=${digest}`, { method: 'PUT', body: bytes });
    expect(put.status).toBe(201);
    expect(Buffer.from(await client.readBlob(`${registry.address}/a`, { digest })).equals(bytes)).toBe(true);
    await client.close();
    await registry.close();
  });
});
