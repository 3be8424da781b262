import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decryptFile } from './decrypt.ts';
import type { Format } from './formats/format.ts';
import { formatOfPath } from './formats/index.ts';
import { Keyring } from './keyring.ts';

const folder = new URL('../testdata/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder));

/** Files that sops 3.11.0 has encrypted, beside what it decrypts them to. */
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.decrypted'))
  .map((name) => name.slice(0, -'.decrypted'.length));

async function openKeyring(): Promise<Keyring> {
  const keyring = new Keyring({ http: () => Promise.reject(new Error('no network')) });
  await keyring.addAge(read('a.agekey').toString());
  await keyring.addAge(read('b.agekey').toString());
  await keyring.addPgp(read('pgp-rsa.asc').toString());
  await keyring.addPgp(read('pgp-ecc.asc').toString());
  return keyring;
}

describe('decryptFile', () => {
  test.each(files)('%s gives what sops gives', async (name) => {
    const input: Format = formatOfPath(name);
    const keyring = await openKeyring();
    const plain = await decryptFile(read(name), { keyring, input });
    expect(Buffer.from(plain).toString('latin1')).toBe(read(`${name}.decrypted`).toString('latin1'));
    keyring.close();
  });
});
