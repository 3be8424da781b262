import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArtifactStorage, advertisedAddress, createStorage, planGarbage } from './storage.ts';

let root: string;
let storage: ArtifactStorage;
const owner = { kind: 'OCIRepository', namespace: 'apps', name: 'podinfo' };
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'storage-test-'));
  storage = createStorage({ path: root, advertisedAddress: 'source.test.', now: () => now });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test.each([
  [{ advertised: 'x.svc.', listen: ':9090' }, 'x.svc.'],
  [{ listen: ':9090' }, 'localhost:9090'],
  [{ listen: '0.0.0.0:9090', hostName: 'pod-1' }, 'pod-1:9090'],
  [{ listen: '127.0.0.1:1234' }, '127.0.0.1:1234'],
])('advertisedAddress of %o is %s', (options, expected) => {
  expect(advertisedAddress(options)).toBe(expected);
});

describe('planGarbage', () => {
  const files = (...ages: number[]) => ages.map((age, index) => ({ name: `f${index}`, age }));
  test.each([
    ['nothing but the current file', files(90_000), 'f0', []],
    ['the current file and a young predecessor', files(0, 10), 'f0', []],
    ['an old predecessor', files(0, 60_001), 'f0', ['f1']],
    ['the oldest of too many young ones', files(0, 30, 10, 20), 'f0', ['f1', 'f3']],
    ['an old current file among young ones', files(90_000, 30, 10), 'f0', ['f1']],
    ['all when none is current but two', files(1, 2, 3), 'gone', ['f2']],
  ])('%s', (_, found, current, garbage) => {
    expect(planGarbage(found, current, 60_000, 2)).toEqual(garbage);
  });
});

describe('createStorage', () => {
  test('wants an existing directory', () => {
    expect(() => createStorage({ path: join(root, 'no'), advertisedAddress: 'x' })).toThrow(
      `invalid dir path: ${join(root, 'no')}`,
    );
  });

  test('writes, links, verifies and serves the same URLs as before a restart', async () => {
    const location = storage.locate(owner, 'v1@sha256:ab', 'sha256:ab.tar.gz');
    expect(location).toEqual({
      path: 'ocirepository/apps/podinfo/sha256:ab.tar.gz',
      url: 'http://source.test./ocirepository/apps/podinfo/sha256:ab.tar.gz',
      revision: 'v1@sha256:ab',
    });
    const artifact = await storage.write(location, pieces('hello ', 'world'));
    expect(artifact).toEqual({
      ...location,
      digest: 'sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
      size: 11,
      lastUpdateTime: '2026-01-02T03:04:05Z',
    });
    expect(await storage.link(artifact, 'latest.tar.gz')).toBe(
      'http://source.test./ocirepository/apps/podinfo/latest.tar.gz',
    );
    const link = join(root, 'ocirepository/apps/podinfo/latest.tar.gz');
    expect(readlinkSync(link)).toBe(storage.absolute(artifact.path));
    expect(readFileSync(link, 'utf8')).toBe('hello world');
    expect(statSync(storage.absolute(artifact.path)).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'ocirepository')).mode & 0o777).toBe(0o700);

    const reopened = createStorage({ path: root, advertisedAddress: 'https://other.test/base/' });
    expect(await reopened.exists(artifact)).toBe(true);
    await reopened.verify(artifact);
    expect(reopened.urlOf(artifact.path)).toBe('https://other.test/base/ocirepository/apps/podinfo/sha256:ab.tar.gz');
    expect(reopened.withPresentHost(artifact.url)).toBe(
      'http://other.test/ocirepository/apps/podinfo/sha256:ab.tar.gz',
    );
    expect(storage.localPath(artifact.url)).toBe(storage.absolute(artifact.path));
    expect(storage.localPath('http://elsewhere/x')).toBeUndefined();
    expect(storage.localPath('http://source.test./../../etc/passwd')).toBe(join(root, 'etc/passwd'));
  });

  test('sees what changed behind its back', async () => {
    const artifact = await storage.write(storage.locate(owner, 'r', 'a.tar.gz'), Buffer.from('good'));
    writeFileSync(storage.absolute(artifact.path), 'evil');
    await expect(storage.verify(artifact)).rejects.toThrow(`computed digest doesn't match '${artifact.digest}'`);
    await expect(storage.verify({ path: artifact.path, digest: '' })).rejects.toThrow('artifact has no digest');
    rmSync(storage.absolute(artifact.path));
    await expect(storage.verify(artifact)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await storage.exists(artifact)).toBe(false);
    symlinkSync('/etc/hostname', storage.absolute(artifact.path));
    expect(await storage.exists(artifact)).toBe(false);
  });

  test('keeps the old file when writing fails half-way', async () => {
    const location = storage.locate(owner, 'r', 'a.tar.gz');
    await storage.write(location, Buffer.from('old'));
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('new');
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    await expect(storage.write(location, broken())).rejects.toMatchObject({
      code: 'STORAGE',
      message: /no space left/,
    });
    expect(readFileSync(storage.absolute(location.path), 'utf8')).toBe('old');
    expect(readdirSync(join(root, 'ocirepository/apps/podinfo'))).toEqual(['a.tar.gz']);
  });

  test('lets writers of one file take turns', async () => {
    const location = storage.locate(owner, 'r', 'a.tar.gz');
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(1000));
    const artifacts = await Promise.all(texts.map((text) => storage.write(location, pieces(text))));
    expect(artifacts).toHaveLength(20);
    await storage.verify(artifacts.at(-1)!);
  });

  test('collects garbage, but not links, locks, folders and the current file', async () => {
    const at = (file: string) => storage.locate(owner, 'r', file);
    const current = await storage.write(at('current'), Buffer.from('1'));
    for (const [file, age] of [
      ['old', 61],
      ['young', 5],
      ['younger', 3],
      ['x.abc.tmp', 100],
    ] as const) {
      const { path } = await storage.write(at(file), Buffer.from('1'));
      utimesSync(storage.absolute(path), now / 1000 - age, now / 1000 - age);
    }
    utimesSync(storage.absolute(current.path), now / 1000 - 500, now / 1000 - 500);
    const folder = join(root, 'ocirepository/apps/podinfo');
    writeFileSync(join(folder, 'old.lock'), '');
    writeFileSync(join(folder, 'current.lock'), '');
    mkdirSync(join(folder, 'folder'));
    await storage.link(current, 'latest.tar.gz');
    expect((await storage.collectGarbage(current)).sort()).toEqual(['old', 'x.abc.tmp', 'young']);
    expect(readdirSync(folder).sort()).toEqual(['current', 'current.lock', 'folder', 'latest.tar.gz', 'younger']);
  });

  test('keeps hostile names inside the root', async () => {
    expect(() => storage.locate({ ...owner, name: '..' }, 'r', 'x')).toThrow('invalid artifact folder');
    expect(() => storage.locate({ ...owner, namespace: 'a/../../b' }, 'r', 'x')).toThrow('invalid artifact folder');
    expect(storage.locate(owner, 'r', '../../x').path).toBe('ocirepository/apps/podinfo/.._.._x');
    expect(storage.absolute('../../../etc/passwd')).toBe(join(root, 'etc/passwd'));
    await expect(storage.removeAll({ ...owner, name: '.' })).rejects.toThrow('invalid artifact folder');
  });

  test('removes all that an object has', async () => {
    expect(await storage.removeAll(owner)).toBe(false);
    await storage.write(storage.locate(owner, 'r', 'a'), Buffer.from('1'));
    expect(await storage.removeAll(owner)).toBe(true);
    expect(existsSync(join(root, 'ocirepository/apps/podinfo'))).toBe(false);
  });
});
