import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { startRegistry } from '@fluvial/registry';
import { expect, test } from 'vitest';
import { buildArtifact, createOciClient, pushArtifact } from './index.ts';

test('the example of the README runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const body = code!.replace(/^import .*\n/gm, '');
  const registry = await startRegistry();
  // The example's text, with its imports and its two placeholders as parameters.
  const run = new Function(
    'createOciClient',
    'buildArtifact',
    'pushArtifact',
    'tarball',
    'host',
    `return (async () => {${body}; return { digest, bytes, tags }; })();`,
  );
  const tarball = gzipSync('a tar');
  const result = await run(createOciClient, buildArtifact, pushArtifact, tarball, registry.address);
  expect(result.digest).toMatch(/^sha256:/);
  expect(Buffer.from(result.bytes).equals(tarball)).toBe(true);
  expect(result.tags).toEqual(['1.2.0']);
  await registry.close();
});
