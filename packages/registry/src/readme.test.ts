import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startRegistry } from './index.ts';

test('the example of the README runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const body = code!.replace(/^import .*\n/gm, '');
  const folder = await mkdtemp(join(tmpdir(), 'fluvial-registry-readme-'));
  const run = new Function('startRegistry', 'folder', `return (async () => {${body}; return answer.json(); })();`);
  expect(await run(startRegistry, folder)).toEqual({ repositories: [] });
  await rm(folder, { recursive: true });
});
