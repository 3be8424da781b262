import type { PrivateKey } from 'openpgp';
import { SopsError } from '../error.ts';

const maxKeys = 100;

/**
 * Reads armored private keys. They must not have a passphrase: there is nobody to ask.
 *
 * @throws {SopsError} `KEY_INVALID`
 */
export async function readPgpKeys(armored: string): Promise<PrivateKey[]> {
  // The library is large and LGPL: loaded when it is needed, never part of a bundle.
  const { readKeys } = await import('openpgp');
  let keys: Awaited<ReturnType<typeof readKeys>>;
  try {
    keys = await readKeys({ armoredKeys: armored });
  } catch {
    throw new SopsError('KEY_INVALID', 'failed to import armored key data: it is no armored key');
  }
  if (keys.length > maxKeys) throw new SopsError('LIMIT', `more than ${maxKeys} PGP keys`);
  return keys.filter((key): key is PrivateKey => key.isPrivate());
}

/** @throws {SopsError} `DATA_KEY` */
export async function decryptWithPgp(enc: string, keys: readonly PrivateKey[]): Promise<Uint8Array> {
  const fail = (why: string) => new SopsError('DATA_KEY', `could not decrypt data key with PGP key: ${why}`);
  if (keys.length === 0) throw fail('no private key');
  const { decrypt, readMessage } = await import('openpgp');
  let message: Awaited<ReturnType<typeof readMessage<string>>>;
  try {
    message = await readMessage({ armoredMessage: enc });
  } catch {
    throw fail('the encrypted data key is malformed');
  }
  const wanted = new Set(message.getEncryptionKeyIDs().map((id) => id.toHex()));
  const usable = keys.filter((key) => key.getKeys().some((part) => wanted.has(part.getKeyID().toHex())));
  if (usable.length === 0) throw fail('no secret key');
  const open = usable.filter((key) => key.isDecrypted());
  if (open.length === 0) throw fail('the private key has a passphrase');
  try {
    const { data } = await decrypt({ message, decryptionKeys: open, format: 'binary' });
    return data;
  } catch {
    throw fail('decryption failed');
  }
}
