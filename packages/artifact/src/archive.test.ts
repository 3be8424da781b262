import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { list } from 'tar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractArchive } from './extract-archive.ts';
import { createSourceFilter, parseIgnoreRules } from './ignore-rules.ts';
import { isDirectory, type MemoryDirectory, readArchive } from './memory-tree.ts';
import {
  ignorePatterns,
  memoryIgnoreRules,
  packFile,
  packMemoryTree,
  packTree,
  packTreeStream,
  readIgnoreRules,
} from './pack-tree.ts';
import { createTarParser } from './tar-parser.ts';
import { paxEntry, rawTar, rawTgz } from './testing/tar-bytes.ts';

let scratch: string;
let dir: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'artifact-test-'));
  dir = join(scratch, 'tree');
  mkdirSync(dir);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array = path, mode = 0o644): void {
  const file = join(dir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** `name type mode size` of every entry, in order, as the tar package reads them. */
function entriesOf(tgz: Uint8Array): string[] {
  const found: string[] = [];
  const file = join(scratch, 'list.tgz');
  writeFileSync(file, tgz);
  list({
    file,
    sync: true,
    strict: true,
    onReadEntry: (entry) => {
      expect([entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime?.getTime()]).toEqual([0, 0, '', '', 0]);
      found.push(`${entry.path} ${entry.type} ${(entry.mode ?? 0).toString(8)} ${entry.size}`);
    },
  });
  return found;
}

function flatten(root: MemoryDirectory, path = ''): string[] {
  return [...root.entries].flatMap(([name, node]) =>
    isDirectory(node)
      ? [`${path}${name}/`, ...flatten(node, `${path}${name}/`)]
      : [`${path}${name}=${Buffer.from(node.content).toString()}`],
  );
}

describe('packTree', () => {
  test('orders entries, normalises modes and drops what is no file', async () => {
    write('a.txt', '1');
    write('a/z.yaml', '22');
    write('a/b/run.sh', '333', 0o755);
    write('B', '');
    mkdirSync(join(dir, 'empty'));
    symlinkSync('a.txt', join(dir, 'link'));
    expect(entriesOf((await packTree(dir)).bytes)).toEqual([
      '. Directory 750 0',
      'B File 600 0',
      'a Directory 750 0',
      'a/b Directory 750 0',
      'a/b/run.sh File 700 3',
      'a/z.yaml File 600 2',
      'a.txt File 600 1',
      'empty Directory 750 0',
    ]);
  });

  test('keeps modes by the profile of flux push', async () => {
    write('a.yaml', '1', 0o640);
    write('run.sh', '1', 0o755);
    chmodSync(dir, 0o755);
    expect(entriesOf((await packTree(dir, { profile: 'push' })).bytes)).toEqual([
      '. Directory 755 0',
      'a.yaml File 640 1',
      'run.sh File 755 1',
    ]);
    expect(entriesOf((await packFile('one.yaml', join(dir, 'a.yaml'))).bytes)).toEqual([
      '. Directory 700 0',
      'one.yaml File 640 1',
    ]);
  });

  test('gives the same bytes whatever the times and the order of creation', async () => {
    write('x/1', 'one');
    write('x/2', 'two');
    const first = await packTree(dir);
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    write('x/2', 'two');
    write('x/1', 'one');
    expect(await packTree(dir)).toEqual(first);
    // Frozen: a change here gives every stored artifact a new digest at the next start.
    expect(first.digest).toBe('sha256:0d15315cca35c69039fc011467bced998100b668db8e64bceb13a200ebfb39cc');
    expect([...first.bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  test('writes long and foreign names so that others read them', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}/file-with-a-long-name.yaml`;
    const names = [long, 'ümläut/日本.yaml', `${'p'.repeat(120)}/short.yaml`, 'g'.repeat(101)];
    for (const name of names) write(name, name);
    const { bytes } = await packTree(dir);
    const files = entriesOf(bytes)
      .filter((line) => line.includes(' File '))
      .map((line) => line.split(' ')[0]);
    expect(new Set(files)).toEqual(new Set(names));
    expect(execFileSync('tar', ['tzf', '-'], { input: bytes, env: { LC_ALL: 'C.UTF-8' } }).toString()).toContain(
      'short.yaml',
    );
    expect(flatten(await readArchive(bytes)).filter((line) => line.includes('='))).toHaveLength(4);
  });

  test('leaves out what the filter says and still descends', async () => {
    write('a/drop.yaml');
    write('a/keep.yaml');
    write('b.txt');
    const { bytes } = await packTree(dir, { ignore: ignorePatterns(['a/', '!a/keep.yaml', '*.txt']) });
    expect(entriesOf(bytes).map((line) => line.split(' ')[0])).toEqual(['.', 'a/keep.yaml']);
  });

  test('packs memory and disk to the same bytes, small and large', async () => {
    write('.sourceignore', 'skip\n');
    write('skip', 'x');
    write('sub/.sourceignore', '/only-here\n');
    write('sub/only-here', 'x');
    write('sub/deep/only-here', 'kept');
    write('run.sh', '#!', 0o755);
    const onDisk = await packTree(dir, { ignore: createSourceFilter(await readIgnoreRules(dir)) });
    const tree = await readArchive((await packTree(dir, { profile: 'push' })).bytes);
    const inMemory = await packMemoryTree(tree, createSourceFilter(memoryIgnoreRules(tree)));
    expect(inMemory).toEqual(onDisk);
    expect(entriesOf(onDisk.bytes).map((line) => line.split(' ')[0])).toEqual([
      '.', '.sourceignore', 'run.sh', 'sub', 'sub/.sourceignore', 'sub/deep', 'sub/deep/only-here',
    ]); // biome-ignore format: a list
    // Above 8 MiB the archive is compressed as a stream.
    write('big', Buffer.alloc(9 * 1024 * 1024, 'some text that repeats; '));
    const large = await packTree(dir, { profile: 'push' });
    const parts: Uint8Array[] = [];
    for await (const part of packTreeStream(dir, { profile: 'push' })) parts.push(part);
    expect(Buffer.concat(parts).equals(large.bytes)).toBe(true);
    const again = await readArchive(large.bytes);
    expect((await packMemoryTree(again)).digest).toBe((await packTree(dir)).digest);
    expect(gunzipSync(large.bytes).length % 512).toBe(0);
  });
});

describe('extractArchive', () => {
  const out = (): string => {
    const target = join(scratch, `out-${readdirSync(scratch).length}`);
    mkdirSync(target);
    return target;
  };

  test('unpacks what packTree packed', async () => {
    write('a/b/c.yaml', 'content');
    write('run.sh', '#!', 0o755);
    mkdirSync(join(dir, 'empty'));
    const target = out();
    expect(await extractArchive((await packTree(dir)).bytes, target)).toEqual({
      entries: 6,
      bytes: 9,
      skippedLinks: 0,
    });
    expect(readFileSync(join(target, 'a/b/c.yaml'), 'utf8')).toBe('content');
    expect(statSync(join(target, 'run.sh')).mode & 0o777).toBe(0o700);
    expect(statSync(join(target, 'empty')).isDirectory()).toBe(true);
  });

  test.each([1, 3, 511, 512, 513, 4096])('does not care how the bytes arrive (%i)', async (step) => {
    const bytes = rawTgz([
      paxEntry({ path: `${'long/'.repeat(30)}x` }),
      { name: 'short', content: 'A'.repeat(700) },
      { name: 'dir/', type: '5', mode: 0o755 },
      { name: 'dir/y', content: 'B' },
    ]);
    const target = out();
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
    }
    await extractArchive(pieces(), target);
    expect(readFileSync(join(target, `${'long/'.repeat(30)}x`), 'utf8')).toBe('A'.repeat(700));
    expect(readFileSync(join(target, 'dir/y'), 'utf8')).toBe('B');
  });

  test('reads a long foreign name whole, wherever a chunk ends', async () => {
    const name = `${'日本'.repeat(40)}/${'ü'.repeat(100)}.yaml`;
    const bytes = rawTar([paxEntry({ path: name }), { name: 'short', content: 'x' }]);
    for (let step = 100; step < 1100; step += 7) {
      const names: string[] = [];
      const parser = createTarParser({ begin: (entry) => names.push(entry.name), data: () => {}, end: () => {} });
      for (let at = 0; at < bytes.length; at += step) parser.write(bytes.subarray(at, at + step));
      parser.finish();
      expect(names).toEqual([name]);
    }
  });

  test('reads GNU long names, base-256 sizes, v7 directories and a missing end marker', async () => {
    const long = `gnu/${'n'.repeat(150)}`;
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size[11] = 3;
    const tree = await readArchive(
      rawTgz(
        [
          { name: '././@LongLink', type: 'L', content: `${long}\0` },
          { name: 'x', content: 'abc' },
          { name: 'seven/', type: '\0' },
          { name: 'pax_global_header', type: 'g', content: '' },
          { name: 'based', content: 'abc', sizeField: size },
        ],
        { end: false },
      ),
    );
    expect(flatten(tree)).toEqual(['gnu/', `${long}=abc`, 'seven/', 'based=abc']);
  });

  test('keeps the last content of a name, ignores what follows the end', async () => {
    const twice = rawTar([
      { name: 'a', content: '1' },
      { name: './a', content: '2' },
    ]);
    const bytes = gzipSync(Buffer.concat([twice, rawTar([{ name: 'later', content: '3' }])]));
    expect(flatten(await readArchive(bytes))).toEqual(['a=2']);
    const target = out();
    await extractArchive(bytes, target);
    expect(readdirSync(target)).toEqual(['a']);
  });

  test('skips links that stay inside, refuses all on demand', async () => {
    const bytes = rawTgz([
      { name: 'sub/a', content: '1' },
      { name: 'link', type: '2', link: 'sub/a' },
      { name: 'sub/up', type: '2', link: '../sub/./a' },
      { name: 'hard', type: '1', link: 'sub/a' },
    ]);
    const target = out();
    expect((await extractArchive(bytes, target)).skippedLinks).toBe(3);
    expect(readdirSync(target)).toEqual(['sub']);
    await expect(extractArchive(bytes, out(), { links: 'refuse' })).rejects.toThrow(
      'tar file entry link is a symlink, which is not allowed in this context',
    );
  });

  test('never writes through what lies in the folder already', async () => {
    const outside = join(scratch, 'outside');
    mkdirSync(outside);
    const target = out();
    symlinkSync(outside, join(target, 'dir'));
    symlinkSync(join(outside, 'file'), join(target, 'file'));
    await expect(extractArchive(rawTgz([{ name: 'dir/x', content: '1' }]), target)).rejects.toThrow(
      'needs a directory',
    );
    await expect(extractArchive(rawTgz([{ name: 'file', content: '1' }]), target)).rejects.toThrow(
      'would replace what is no file',
    );
    expect(readdirSync(outside)).toEqual([]);
  });

  const negative = Buffer.alloc(12, 0xff);
  const hostile: readonly (readonly [string, Buffer | (() => Buffer), string])[] = [
    ['traversal', rawTgz([{ name: '../../evil.yaml', content: 'x' }]), 'tar contained invalid name error "../../evil.yaml"'],
    ['traversal in the middle', rawTgz([{ name: 'a/../../x', content: 'x' }]), 'tar contained invalid name error "a/../../x"'],
    ['a bare ..', rawTgz([{ name: '..', type: '5' }]), 'tar contained invalid name error ".."'],
    ['an absolute name', rawTgz([{ name: '/etc/passwd', content: 'x' }]), 'tar contained invalid name error "/etc/passwd"'],
    ['a backslash', rawTgz([{ name: 'a\\b', content: 'x' }]), 'tar contained invalid name error "a\\\\b"'],
    ['a drive', rawTgz([{ name: 'C:/x', content: 'x' }]), 'tar contained invalid name error "C:/x"'],
    ['an empty name', rawTgz([{ name: '', content: 'x' }]), 'tar contained invalid name error ""'],
    ['a file as root', rawTgz([{ name: './', type: '0', content: 'x' }]), 'tar contained invalid name error "./"'],
    ['PAX traversal', rawTgz([paxEntry({ path: '../x' }), { name: 'ok', content: 'x' }]), 'tar contained invalid name error "../x"'],
    ['NUL in a PAX path', rawTgz([paxEntry({ path: 'a\0b' }), { name: 'ok', content: 'x' }]), 'tar error: archive/tar: invalid tar header'],
    ['a broken PAX record', rawTgz([{ name: 'p', type: 'x', content: '99 path=x\n' }, { name: 'ok' }]), 'tar error: archive/tar: invalid tar header'],
    ['a PAX sparse file', rawTgz([paxEntry({ 'GNU.sparse.size': '1' }), { name: 'ok' }]), 'sparse files are not supported'],
    ['a control character', rawTgz([{ name: 'a\u0007/../x', content: 'x' }]), 'tar contained invalid name error "a\\a/../x"'],
    ['100,000 segments', rawTgz([{ name: 'l', type: 'L', content: 'd/'.repeat(100_000) }, { name: 'x', content: 'x' }]), 'tar contained invalid name error "d/d/'],
    ['a deep path', rawTgz([{ name: 'l', type: 'L', content: `${'d/'.repeat(300)}x` }, { name: 'x', content: 'x' }]), 'tar contained invalid name error "d/d/'],
    ['a component of 300 bytes', rawTgz([paxEntry({ path: 'n'.repeat(300) }), { name: 'x', content: 'x' }]), 'tar contained invalid name error "nnn'],
    ['an oversized long name', rawTgz([{ name: 'l', type: 'L', content: 'd'.repeat(1024 * 1024 + 1) }]), 'header field too long'],
    ['a link out', rawTgz([{ name: 'a', type: '2', link: '/etc' }, { name: 'a/passwd', content: 'x' }]), 'tar file entry a is a symlink to "/etc", which is outside of the archive'],
    ['a relative link out', rawTgz([{ name: 'd/a', type: '2', link: '../../x' }]), 'tar file entry d/a is a symlink to "../../x", which is outside of the archive'],
    ['a hard link out', rawTgz([{ name: 'a', type: '1', link: '/etc/passwd' }]), 'tar file entry a is a hard link to "/etc/passwd", which is outside of the archive'],
    ['a character device', rawTgz([{ name: 'null', type: '3', mode: 0o666 }]), 'tar file entry null contained unsupported file type Dcrw-rw-rw-'],
    ['a block device', rawTgz([{ name: 'sda', type: '4', mode: 0o660 }]), 'tar file entry sda contained unsupported file type Drw-rw----'],
    ['a fifo', rawTgz([{ name: 'pipe', type: '6' }]), 'tar file entry pipe contained unsupported file type prw-r--r--'],
    ['an unknown type', rawTgz([{ name: 'odd', type: 'Z' }]), 'tar file entry odd contained unsupported file type'],
    ['a negative size', rawTgz([{ name: 'a', sizeField: negative }]), 'tar error: archive/tar: invalid tar header'],
    ['a size beyond 2^53', rawTgz([paxEntry({ size: '99999999999999999999' }), { name: 'a' }]), 'tar error: archive/tar: invalid tar header'],
    ['a directory in place of a file', rawTgz([{ name: 'a', content: 'x' }, { name: 'a/b', content: 'x' }]), 'needs a directory where there is none'],
    ['a file in place of a directory', rawTgz([{ name: 'a/b', content: 'x' }, { name: 'a', content: 'x' }]), 'tar file entry "a" would replace what is no file'],
    ['more bytes than allowed', rawTgz([{ name: 'a', content: Buffer.alloc(70_000) }]), 'tar "a" is bigger than max archive size of 65536 bytes'],
    ['more entries than allowed', rawTgz(Array.from({ length: 51 }, (_, n) => ({ name: `f${n}` }))), 'tar has more than the allowed number of 50 entries'],
    ['text', Buffer.from('plain text, no archive'), 'requires gzip-compressed body: gzip: invalid header'],
    ['nothing', Buffer.alloc(0), 'requires gzip-compressed body: EOF'],
    ['three bytes', Buffer.of(0x1f, 0x8b, 8), 'requires gzip-compressed body: unexpected EOF'],
    ['a plain tar', rawTar([{ name: 'a', content: 'x' }]), 'requires gzip-compressed body: gzip: invalid header'],
    ['gzip of text', gzipSync('x'.repeat(2000)), 'tar error: archive/tar: invalid tar header'],
    ['gzip of gzip', gzipSync(rawTgz([{ name: 'a', content: 'x'.repeat(9000) }])), 'tar error:'],
    ['truncated gzip', () => rawTgz([{ name: 'a', content: Buffer.from(Array.from({ length: 9000 }, (_, n) => (n * n) % 251)) }]).subarray(0, 400), 'unexpected EOF'],
    ['a wrong checksum', () => { const bytes = Buffer.from(rawTgz([{ name: 'a', content: 'x' }])); bytes[bytes.length - 8]! ^= 0xff; return bytes; }, 'tar error: gzip: invalid checksum'],
    ['corrupt deflate', () => { const bytes = Buffer.from(rawTgz([{ name: 'a', content: 'x'.repeat(500) }])); bytes.fill(0xff, 20, 30); return bytes; }, 'tar error:'],
    ['a wrong header checksum', () => { const plain = rawTar([{ name: 'a', content: 'x' }]); plain[0] = 0x62; return gzipSync(plain); }, 'tar error: archive/tar: invalid tar header'],
    ['an entry cut short', gzipSync(rawTar([{ name: 'a', content: 'x'.repeat(2000) }], { end: false }).subarray(0, 1024)), 'tar error: unexpected EOF'],
  ]; // biome-ignore format: a table

  test.each(hostile)('refuses %s', async (_, make, message) => {
    const bytes = typeof make === 'function' ? make() : make;
    const before = readdirSync(scratch);
    const target = out();
    const limits = { maxBytes: 65_536, maxEntries: 50 };
    const failure = await extractArchive(bytes, target, { limits }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure?.name).toBe('ArtifactError');
    expect(failure?.message).toContain(message);
    expect(readdirSync(scratch).filter((name) => !before.includes(name))).toHaveLength(1);
    await expect(readArchive(bytes, { limits })).rejects.toThrow(message);
    for (const name of readdirSync(target, { recursive: true }) as string[])
      expect(lstatSync(join(target, name)).isSymbolicLink()).toBe(false);
    expect(existsSync('/evil.yaml')).toBe(false);
  });

  test('stops a bomb at the limit, reading no more than it must', async () => {
    // 2 GiB of zeroes behind a header that admits to 1 byte less than the limit, then a second entry.
    let produced = 0;
    async function* bomb(): AsyncGenerator<Uint8Array> {
      const gzip = createGzip();
      const zeroes = Buffer.alloc(1024 * 1024);
      const closed = new Promise((resolve) => gzip.once('close', resolve));
      gzip.write(rawTar([{ name: 'bomb', sizeField: Buffer.from('20000000000\0') }], { end: false }));
      const feed = (async () => {
        for (let n = 0; n < 2048 && !gzip.destroyed; n++) {
          produced += 1;
          if (!gzip.write(zeroes)) await Promise.race([new Promise((resolve) => gzip.once('drain', resolve)), closed]);
        }
        gzip.end();
      })();
      try {
        yield* gzip as AsyncIterable<Uint8Array>;
      } finally {
        gzip.destroy();
        await feed;
      }
    }
    await expect(extractArchive(bomb(), out())).rejects.toThrow(
      'tar "bomb" is bigger than max archive size of 104857600 bytes',
    );
    expect(produced).toBeLessThan(200);
  });

  test('ends when it is told to', async () => {
    const controller = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      const bytes = rawTgz([{ name: 'a', content: 'x' }]);
      yield bytes.subarray(0, 20);
      controller.abort();
      yield bytes.subarray(20);
    }
    await expect(extractArchive(slow(), out(), { signal: controller.signal })).rejects.toThrow('context canceled');
  });

  test('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.nat(1500), async (noise, at) => {
        const plain = rawTar([paxEntry({ path: 'x' }), { name: 'a', content: 'abc' }, { name: 'b/c', content: 'def' }]);
        plain.set(noise.subarray(0, plain.length - at), at);
        await readArchive(gzipSync(plain)).catch((error: Error) => expect(error.name).toBe('ArtifactError'));
        await readArchive(noise).catch((error: Error) => expect(error.name).toBe('ArtifactError'));
      }),
      { numRuns: 300 },
    );
  });
});

test('rules of nested ignore files are found deep and in order', async () => {
  write('.sourceignore', 'a\n');
  write('z/.sourceignore', 'b\n');
  write('m/n/.sourceignore', 'c\n');
  write('.git/.sourceignore', 'never\n');
  const scopes = (await readIgnoreRules(dir)).map((rule) => rule.scope.join('/'));
  expect(scopes).toEqual(['', 'm/n', 'z']);
  expect(parseIgnoreRules('a')).toHaveLength(1);
});
