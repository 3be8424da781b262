import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian's docker-registry 2.8: whose answers ours are held against. */
export const debianRegistryBinary = (process.env['PATH'] ?? '')
  .split(delimiter)
  .concat('/usr/bin')
  .map((folder) => join(folder, 'docker-registry'))
  .find((file) => existsSync(file));

/** Starts it on a free loopback port with a folder of its own. */
export async function startDebianRegistry(): Promise<{ address: string; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'fluvial-debian-registry-'));
  const port = await freePort();
  const config = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${join(dir, 'data')}}, delete: {enabled: true}}`,
    `http: {addr: "127.0.0.1:${port}", secret: for-tests}`,
  ];
  const file = join(dir, 'config.yml');
  await writeFile(file, `${config.join('\n')}\n`);
  const child = spawn(debianRegistryBinary!, ['serve', file], { stdio: 'ignore' });
  await untilUp(child, port);
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill();
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function untilUp(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
