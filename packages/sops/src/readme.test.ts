import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createHttp, decryptFile, Keyring } from './index.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url));

test('the example of the README runs', async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(read('README.md').toString())!;
  const body = code!.replace(/^import .*\n/gm, '');
  // The example's text, with its imports and its two placeholders as parameters.
  const run = new Function(
    'createHttp',
    'decryptFile',
    'Keyring',
    'identities',
    'bytes',
    `return (async () => {${body}; return plain; })();`,
  ) as (...args: unknown[]) => Promise<Uint8Array>;
  const identities = read('testdata/a.agekey').toString();
  const plain = await run(createHttp, decryptFile, Keyring, identities, read('testdata/all.age.yaml'));
  expect(Buffer.from(plain).toString()).toBe(read('testdata/all.age.yaml.decrypted').toString());
});
