import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDataKeyError } from './data-key-error.ts';
import { decryptFile } from './decrypt.ts';
import type { Format } from './formats/format.ts';
import { Keyring } from './keyring.ts';
import { encryptFile } from './testing/index.ts';

const http = () => Promise.reject(new Error('no network'));
const secret = 'apiVersion: v1\nkind: Secret\nmetadata:\n    name: x\nstringData:\n    password: sup3r-s3cret\n';
const rule = { by: 'encrypted_regex', regex: '^(data|stringData)$' } as const;
const identity = await generateX25519Identity();
const age = [await identityToRecipient(identity)];

async function keyringOf(...identities: string[]): Promise<Keyring> {
  const keyring = new Keyring({ http });
  for (const text of identities) await keyring.addAge(text);
  return keyring;
}

async function failureOf(file: string, keyring: Keyring, input: Format = 'yaml'): Promise<string> {
  const error = await decryptFile(Buffer.from(file), { keyring, input }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  const { message } = error as Error;
  expect(message).not.toContain('sup3r');
  expect(message).not.toContain('AGE-SECRET');
  return message;
}

describe('decryptFile refuses', async () => {
  const keyring = await keyringOf(identity);
  const file = Buffer.from(await encryptFile(secret, { format: 'yaml', age, rule })).toString();

  test('a key of somebody else, telling which key it is not', async () => {
    const other = await keyringOf(await generateX25519Identity());
    expect(await failureOf(file, other)).toBe(
      [
        'cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.',
        '',
        'Group 0: FAILED',
        `  ${age[0]}: FAILED`,
        '    - | failed to create reader for decrypting sops data key with',
        '      | age: no identity matched any of the recipients',
        '',
        'Recovery failed because no master key was able to decrypt the file. In',
        'order for SOPS to recover the file, at least one key has to be successful,',
        'but none were.',
      ].join('\n'),
    );
  });

  test('a changed plain value, a changed time, a moved MAC, no MAC', async () => {
    const integrity = /^failed to verify sops data integrity: /;
    expect(await failureOf(file.replace('name: x', 'name: z'), keyring)).toMatch(integrity);
    expect(await failureOf(file.replace('2026-01-02T03', '2026-01-02T04'), keyring)).toMatch(integrity);
    expect(await failureOf(file.replace(/ {4}mac: .*\n/, ''), keyring)).toMatch(integrity);
    const other = Buffer.from(await encryptFile(secret, { format: 'yaml', age, rule })).toString();
    expect(await failureOf(file.replace(/mac: .*/, /mac: .*/.exec(other)?.[0] as string), keyring)).toMatch(integrity);
  });

  test('a plain value where an encrypted one should be', async () => {
    const mixed = file.replace(/(stringData:\n)/, '$1    added: sup3r-plain\n');
    expect(await failureOf(mixed, keyring)).toBe(
      "error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not match sops' data format",
    );
    expect(await failureOf(file.replace(/(stringData:\n)/, '$1    added: 12\n'), keyring)).toMatch(
      /should be encrypted/,
    );
  });

  test('a value under another name', async () => {
    expect(await failureOf(file.replace('password:', 'other:'), keyring)).toMatch(/message authentication failed/);
  });

  test('files that are broken', async () => {
    expect(await failureOf('a: [sup3r', keyring)).toMatch(/^failed to load encrypted YAML data: /);
    expect(await failureOf('{"a": sup3r}', keyring, 'json')).toMatch(/^failed to load encrypted JSON data: /);
    expect(await failureOf('sup3r', keyring, 'dotenv')).toMatch(/^failed to load encrypted dotenv data: /);
    expect(await failureOf('[sup3r', keyring, 'ini')).toMatch(/^failed to load encrypted INI data: /);
    expect(await failureOf('{"data":"x"}', keyring, 'binary')).toBe(
      'failed to load encrypted binary data: sops metadata not found',
    );
    const empty = '{"sops":{"mac":"x","lastmodified":"2026-01-01T00:00:00Z","age":[]}}';
    expect(await failureOf(empty, keyring, 'json')).toBe('failed to load encrypted JSON data: No keys found in file');
    expect(await failureOf(`${'[\n'.repeat(5000)}`, keyring)).toMatch(/^failed to load/);
  });

  test('keys that are none', async () => {
    const empty = new Keyring({ http });
    await expect(empty.addAge('AGE-SECRET-KEY-1SUP3R')).rejects.toThrow('malformed identity at line 1');
    await expect(empty.addPgp('sup3r')).rejects.toThrow('it is no armored key');
    expect(() => empty.setAws('a: 1')).toThrow('aws_access_key_id');
    expect(() => empty.setGcp('{}')).toThrow('no JSON key file');
    expect(() => empty.setAzure(Buffer.from('{}'))).toThrow('invalid data');
  });

  test('nothing when the MAC is not asked for', async () => {
    const changed = Buffer.from(file.replace('name: x', 'name: z'));
    const plain = await decryptFile(changed, { keyring, input: 'yaml', verifyMac: false });
    expect(Buffer.from(plain).toString()).toBe(secret.replace('name: x', 'name: z'));
  });
});

describe('encryptFile then decryptFile', async () => {
  const keyring = await keyringOf(identity);
  const dataKey = Buffer.alloc(32, 7);
  const scalar = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\t', ':', '#', '-', "'", '"', '1', 'é') }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec<{ tree: unknown; map: object }>((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('tree'), { maxLength: 4 }), tie('map')),
    map: fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== 'sops'),
      tie('tree'),
      { maxKeys: 5 },
    ),
  }));

  test('gives JSON back, value for value', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const plain = JSON.stringify({ value });
        const file = await encryptFile(plain, { format: 'json', age, dataKey });
        const back = await decryptFile(file, { keyring, input: 'json' });
        expect(JSON.parse(Buffer.from(back).toString())).toEqual(JSON.parse(plain));
      }),
      { numRuns: 40 },
    );
  });

  test('gives YAML back as it was printed', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const file = await encryptFile(JSON.stringify({ value }), { format: 'yaml', age, dataKey });
        const once = await decryptFile(file, { keyring, input: 'yaml' });
        const again = await decryptFile(await encryptFile(once, { format: 'yaml', age, dataKey }), {
          keyring,
          input: 'yaml',
        });
        expect(Buffer.from(again).toString()).toBe(Buffer.from(once).toString());
      }),
      { numRuns: 40 },
    );
  });

  test('gives any bytes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        const file = await encryptFile(bytes, { format: 'binary', age, dataKey });
        expect(Buffer.from(await decryptFile(file, { keyring, input: 'binary' }))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 20 },
    );
  });

  test('works with a hybrid post-quantum key', async () => {
    const { generateHybridIdentity } = await import('age-encryption');
    const hybrid = await generateHybridIdentity();
    const file = await encryptFile('A=1\n', { format: 'dotenv', age: [await identityToRecipient(hybrid)] });
    const back = await decryptFile(file, { keyring: await keyringOf(hybrid), input: 'dotenv' });
    expect(Buffer.from(back).toString()).toBe('A=1\n');
  });
});

test('createDataKeyError lays out groups and keys as sops does', () => {
  const reason = 'a reason of many words that does not fit into one line of sixty columns';
  const results = [
    { part: new Uint8Array(33), failures: [] },
    {
      part: undefined,
      failures: [
        { name: 'first', reason: 'no' },
        { name: 'second', reason },
      ],
    },
  ];
  expect(createDataKeyError(results, 2).message).toBe(
    `Failed to get the data key required to decrypt the SOPS file.

Group 0: SUCCESS

Group 1: FAILED
  first: FAILED
    - | no
  ${''}
  second: FAILED
    - | a reason of many words that does not fit into one line of
      | sixty columns

Recovery failed because the file was encrypted with a Shamir threshold of
2, but only 1 part(s) were successfully recovered, one for each successful
key group. In order for SOPS to recover the file, at least 2 groups have to
be successful. In order for a group to be successful, decryption has to
succeed with any of the keys in that key group.`,
  );
});
