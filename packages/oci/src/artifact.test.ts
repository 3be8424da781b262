import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type ArtifactOptions, buildArtifact } from './artifact.ts';
import { sha256 } from './digest.ts';

const layer = gzipSync('content', { level: 6 });
const build = (options: Partial<ArtifactOptions> = {}) =>
  buildArtifact({
    layer,
    created: '1970-01-01T00:00:00Z',
    source: 'https://x.test/a.git',
    revision: 'main@sha1:a',
    ...options,
  });
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('buildArtifact', () => {
  test('writes the manifest as the original does: compact, in its order of fields', async () => {
    const { manifestBytes, configBytes, descriptor } = await build({ annotations: { b: '1', a: '<&>' } });
    expect(text(manifestBytes)).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",` +
        `"config":{"mediaType":"application/vnd.cncf.flux.config.v1+json","size":${configBytes.byteLength},"digest":"${sha256(configBytes)}"},` +
        `"layers":[{"mediaType":"application/vnd.cncf.flux.content.v1.tar+gzip","size":${layer.byteLength},"digest":"${sha256(layer)}"}],` +
        `"annotations":{"a":"\\u003c\\u0026\\u003e","b":"1","org.opencontainers.image.created":"1970-01-01T00:00:00Z",` +
        `"org.opencontainers.image.revision":"main@sha1:a","org.opencontainers.image.source":"https://x.test/a.git"}}`,
    );
    expect(descriptor).toEqual({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: manifestBytes.byteLength,
      digest: sha256(manifestBytes),
    });
    expect(text(configBytes)).toBe(
      `{"architecture":"","created":"1970-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"",` +
        `"rootfs":{"type":"layers","diff_ids":["${sha256(new TextEncoder().encode('content'))}"]},"config":{}}`,
    );
  });

  test('lets own annotations win', async () => {
    const { manifest } = await build({
      annotations: {
        'org.opencontainers.image.source': 'mine',
        'org.opencontainers.image.created': '2026-01-02T03:04:05+01:00',
      },
    });
    expect(manifest.annotations).toMatchObject({
      'org.opencontainers.image.created': '2026-01-02T03:04:05+01:00',
      'org.opencontainers.image.source': 'mine',
    });
  });

  test('takes an empty created for none', async () => {
    const { manifest } = await build({ annotations: { 'org.opencontainers.image.created': '' } });
    expect(manifest.annotations!['org.opencontainers.image.created']).toBe('1970-01-01T00:00:00Z');
  });

  test.each(['yesterday', '2026-01-02', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-02T03:04:05'])(
    'refuses created %s',
    async (created) => {
      await expect(build({ annotations: { 'org.opencontainers.image.created': created } })).rejects.toThrow(
        `invalid created timestamp "${created}": parsing time "${created}"`,
      );
    },
  );

  test('needs no unpacking when the diff id is known', async () => {
    const diffId = sha256(new Uint8Array(1));
    const { configBytes } = await build({ layer: new Uint8Array(3), diffId });
    expect(text(configBytes)).toContain(diffId);
    await expect(build({ layer: new Uint8Array(3) })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('reads a stream twice and refuses one of another size', async () => {
    const open = async function* () {
      yield layer;
    };
    const { manifest } = await build({ layer: { size: layer.byteLength, open } });
    expect(manifest.layers[0]!.digest).toBe(sha256(layer));
    await expect(build({ layer: { size: 3, open } })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });
});
