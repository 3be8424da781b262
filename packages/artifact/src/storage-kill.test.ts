import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStorage, readStored } from './storage.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'storage-kill-test-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const location = { path: 'k/ns/name/file', url: 'http://x/k/ns/name/file', revision: 'r' };

/** Writes one file over and over, 4 MiB of one letter each time, until it is killed; says when it has begun. */
const writer = `
const { createStorage } = await import(${JSON.stringify(new URL('./storage.ts', import.meta.url).href)});
const storage = createStorage({ path: process.argv[1], advertisedAddress: 'x' });
async function* pieces(letter) { for (let n = 0; n < 64; n++) yield Buffer.alloc(65536, letter); }
const location = ${JSON.stringify(location)};
for (let n = 0; ; n++) {
  await storage.write(location, pieces('abcdefgh'[n % 8]));
  await storage.link(location, 'latest');
  if (n === 0) console.log('writing');
}`;

test('a kill at any moment leaves the old file or the new one, and garbage that the next run collects', async () => {
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', writer, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, round * 7));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const storage = createStorage({ path: root, advertisedAddress: 'x', now: () => Date.now() + 120_000 });
    const content = Buffer.from(await readStored(storage, location));
    expect(content.length).toBe(4 * 1024 * 1024);
    expect(content.equals(Buffer.alloc(content.length, content[0]))).toBe(true);
    await storage.collectGarbage(location);
    // A link half made is replaced by the next one.
    await storage.link(location, 'latest');
    expect(readdirSync(join(root, 'k/ns/name')).sort()).toEqual(['file', 'latest']);
  }
});
