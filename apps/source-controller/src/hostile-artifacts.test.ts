import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailing, isReady, namespace, readyOf, startWorld, tar, tgz, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.startController();
});
afterAll(() => world.close());

/** Everything below a folder, with the digest of each file. */
function snapshot(dir: string): string[] {
  return (readdirSync(dir, { recursive: true }) as string[]).sort().map((name) => {
    const stats = lstatSync(join(dir, name));
    return `${name} ${
      stats.isFile()
        ? createHash('sha256')
            .update(readFileSync(join(dir, name)))
            .digest('hex')
        : stats.mode
    }`;
  });
}

/** What other runs of this controller would leave in the machine's folder for temporary files. */
function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('ocirepository-'));
}

/** One gzip of many members: unpacks to a piece as often as asked, and costs one piece to make. */
function repeated(piece: Buffer, times: number): Buffer {
  const member = gzipSync(piece, { level: 1 });
  return Buffer.concat(Array.from({ length: times }, () => member));
}

const layerFailed = 'OCIArtifactLayerOperationFailed';

const hostile: readonly (readonly [string, () => Buffer | Promise<Buffer>, string])[] = [
  ['path traversal', () => tgz([{ name: '../../evil.yaml', content: 'x' }]), 'failed to extract layer contents from artifact: tar contained invalid name error "../../evil.yaml"'],
  ['an absolute path', () => tgz([{ name: '/tmp/fluvial-evil.yaml', content: 'x' }]), 'failed to extract layer contents from artifact: tar contained invalid name error "/tmp/fluvial-evil.yaml"'],
  ['a link out and a file through it', () => tgz([{ name: 'a', type: '2', link: '/etc' }, { name: 'a/passwd', content: 'x' }]), 'failed to extract layer contents from artifact: tar file entry a is a symlink to "/etc", which is outside of the archive'],
  ['a hard link out', () => tgz([{ name: 'a', type: '1', link: '../../../etc/passwd' }]), 'failed to extract layer contents from artifact: tar file entry a is a hard link to "../../../etc/passwd", which is outside of the archive'],
  ['a device node', () => tgz([{ name: 'null', type: '3', mode: 0o666 }]), 'failed to extract layer contents from artifact: tar file entry null contained unsupported file type Dcrw-rw-rw-'],
  ['a fifo', () => tgz([{ name: 'pipe', type: '6' }]), 'failed to extract layer contents from artifact: tar file entry pipe contained unsupported file type prw-r--r--'],
  ['a bomb of 10 GB', () => gzipSync(Buffer.concat([tar([{ name: 'bomb', size: 0o77777777777 }], false), Buffer.alloc(64 * 1024 * 1024)]), { level: 1 }), 'failed to extract layer contents from artifact: tar "bomb" is bigger than max archive size of 1073741824 bytes'],
  ['a bomb of many small lies', () => repeated(tar([{ name: 'f', content: Buffer.alloc(32 * 1024 * 1024) }], false), 40), 'is bigger than max archive size of 1073741824 bytes'],
  ['a million entries', () => repeated(tar(Array.from({ length: 1000 }, (_, n) => ({ name: `f${n}` })), false), 1000), 'failed to extract layer contents from artifact: tar has more than the allowed number of 250000 entries'],
  ['truncated gzip', () => tgz([{ name: 'a', content: Buffer.from(Array.from({ length: 9000 }, (_, n) => (n * n) % 251)) }]).subarray(0, 300), 'failed to extract layer contents from artifact: tar error: unexpected EOF'],
  ['corrupt gzip', () => { const bytes = tgz([{ name: 'a', content: 'x' }]); bytes[bytes.length - 6]! ^= 0xff; return bytes; }, 'failed to extract layer contents from artifact: tar error: gzip: invalid checksum'],
  ['no gzip', () => Buffer.from('plain text, no archive'), 'failed to extract layer contents from artifact: requires gzip-compressed body: gzip: invalid header'],
  ['a plain tar', () => tar([{ name: 'a', content: 'x' }]), 'failed to extract layer contents from artifact: requires gzip-compressed body: gzip: invalid header'],
  ['gzip of gzip', () => gzipSync(tgz([{ name: 'a', content: 'x'.repeat(9000) }])), 'failed to extract layer contents from artifact: tar error:'],
  ['a negative size', () => { const plain = tar([{ name: 'a' }]); plain.fill(0xff, 124, 136); return gzipSync(plain); }, 'failed to extract layer contents from artifact: tar error: archive/tar: invalid tar header'],
  ['a directory where a file is', () => tgz([{ name: 'a', content: 'x' }, { name: 'a/b', content: 'x' }]), 'needs a directory where there is none'],
]; // biome-ignore format: a table

describe('a hostile artifact', () => {
  test.each(hostile)(
    '%s: fails with the reason, keeps the last good artifact, touches nothing else',
    async (title, make, message) => {
      const name = title.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
      await world.push(name, 'latest', tgz([{ name: 'good.yaml', content: title }]));
      await world.apply({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name, namespace },
        spec: { interval: '10m', url: `oci://${world.registry.address}/${name}` },
      });
      const good = (await world.until(name, isReady)).status!.artifact!;
      const before = snapshot(world.dir);
      const temporary = leftovers();

      const digest = await world.push(name, 'latest', await make());
      await world.reconcile(name);
      const { status } = await world.until(name, isFailing);
      expect(readyOf({ status } as never)).toMatchObject({ status: 'False', reason: layerFailed });
      expect(readyOf({ status } as never)!.message).toContain(message);
      expect(status!.conditions!.find(({ type }) => type === 'ArtifactOutdated')).toMatchObject({
        status: 'True',
        message: expect.stringContaining(digest),
      });
      expect(status!.artifact).toEqual(good);
      const served = await fetch(good.url);
      expect(served.status).toBe(200);
      expect(
        `sha256:${createHash('sha256')
          .update(Buffer.from(await served.arrayBuffer()))
          .digest('hex')}`,
      ).toBe(good.digest);
      expect(snapshot(world.dir)).toEqual(before);
      await expect.poll(leftovers).toEqual(temporary);

      await world.push(name, 'latest', tgz([{ name: 'good.yaml', content: 'again' }]));
      await world.until(name, isReady);
    },
  );

  test('a layer that is not what its digest says', async () => {
    const layer = tgz([{ name: 'a.yaml', content: 'good' }]);
    await world.push('wrong-digest', 'latest', layer);
    const other = tgz([{ name: 'a.yaml', content: 'evil' }]);
    const hex = createHash('sha256').update(layer).digest('hex');
    world.registry.inject({
      path: `/blobs/sha256:${hex}`,
      method: 'GET',
      status: 200,
      times: 1,
      body: other.toString('latin1'),
      headers: { 'content-length': String(other.length) },
    });
    await world.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'wrong-digest', namespace },
      spec: { interval: '10m', url: `oci://${world.registry.address}/wrong-digest` },
    });
    const failed = await world.until('wrong-digest', (object) => isFailing(object) || isReady(object));
    expect(readyOf(failed)).toMatchObject({ status: 'False', reason: layerFailed });
    expect(failed.status!.artifact).toBeUndefined();
    // The registry tells the truth again.
    await world.until('wrong-digest', isReady);
  });

  test('annotations like __proto__ stay plain data', async () => {
    await world.push('proto', 'latest', tgz([{ name: 'a', content: 'x' }]), {
      annotations: JSON.parse('{"__proto__": "p", "constructor": "c"}'),
    });
    await world.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'proto', namespace },
      spec: { interval: '10m', url: `oci://${world.registry.address}/proto` },
    });
    await world.until('proto', isReady);
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });
});
