import { randomBytes } from 'node:crypto';
import type { Format } from '../formats/format.ts';
import { codecs } from '../formats/index.ts';
import { compileSelection, defaultRule, type SelectionRule } from '../selection.ts';
import { encryptTree } from '../tree-cipher.ts';
import { encryptValue } from '../value.ts';

export interface EncryptOptions {
  readonly format: Format;
  readonly dataKey?: Uint8Array;
  /** Recipients of age. */
  readonly age?: readonly string[];
  /** Armored public or private keys. */
  readonly pgp?: readonly string[];
  /** Further lists of the metadata, such as `kms`, as they are. */
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly rule?: SelectionRule;
  readonly macOnlyEncrypted?: boolean;
  readonly lastModified?: string;
}

/** Encrypts a file as SOPS does, for tests. */
export async function encryptFile(plain: Uint8Array | string, options: EncryptOptions): Promise<Uint8Array> {
  const { format, rule = defaultRule, macOnlyEncrypted = false, lastModified = '2026-01-02T03:04:05Z' } = options;
  const key = options.dataKey ?? randomBytes(32);
  const codec = codecs[format];
  const isSelected = compileSelection(rule);
  const result = encryptTree(codec.loadPlain(Buffer.from(plain)), { key, isSelected, macOnlyEncrypted });
  return codec.emitEncrypted(result.branches, {
    ...(options.age ? { age: await wrapForAge(key, options.age) } : {}),
    ...(options.pgp ? { pgp: await wrapForPgp(key, options.pgp) } : {}),
    ...options.keys,
    lastmodified: lastModified,
    mac: encryptValue(result.mac, key, lastModified),
    [rule.by]: 'suffix' in rule ? rule.suffix : rule.regex,
    ...(macOnlyEncrypted ? { mac_only_encrypted: true } : {}),
    version: '3.11.0',
  });
}

async function wrapForAge(key: Uint8Array, recipients: readonly string[]): Promise<unknown[]> {
  const { armor, Encrypter } = await import('age-encryption');
  return Promise.all(
    recipients.map(async (recipient) => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return { recipient, enc: armor.encode(await encrypter.encrypt(key)) };
    }),
  );
}

async function wrapForPgp(key: Uint8Array, armored: readonly string[]): Promise<unknown[]> {
  const { createMessage, encrypt, readKey } = await import('openpgp');
  return Promise.all(
    armored.map(async (armoredKey) => {
      const found = await readKey({ armoredKey });
      const encryptionKeys = found.isPrivate() ? found.toPublic() : found;
      const enc = await encrypt({ message: await createMessage({ binary: key }), encryptionKeys });
      return { created_at: '2026-01-02T03:04:05Z', enc, fp: found.getFingerprint().toUpperCase() };
    }),
  );
}
