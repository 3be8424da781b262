import { messageOf, SopsError } from '../error.ts';

const maxIdentities = 100;

/**
 * Reads an identities file: one `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…` a line, `#` begins a comment.
 *
 * @throws {SopsError} `KEY_INVALID`; the line's text is in no message
 */
export async function readAgeIdentities(text: string): Promise<string[]> {
  const { Decrypter } = await import('age-encryption');
  const identities: string[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const identity = line.trim();
    if (identity === '' || identity.startsWith('#')) return;
    try {
      new Decrypter().addIdentity(identity);
    } catch {
      throw new SopsError(
        'KEY_INVALID',
        `failed to parse and add to age identities: malformed identity at line ${index + 1}`,
      );
    }
    identities.push(identity);
    if (identities.length > maxIdentities) throw new SopsError('LIMIT', `more than ${maxIdentities} age identities`);
  });
  if (identities.length === 0)
    throw new SopsError('KEY_INVALID', 'failed to parse and add to age identities: no secret keys found');
  return identities;
}

/** @throws {SopsError} `DATA_KEY` */
export async function decryptWithAge(enc: string, identities: readonly string[]): Promise<Uint8Array> {
  if (identities.length === 0) throw new SopsError('DATA_KEY', 'failed to load age identities');
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(armor.decode(enc));
  } catch (error) {
    const noMatch = /no identity matched/.test(messageOf(error));
    const why = noMatch ? 'no identity matched any of the recipients' : 'the encrypted data key is malformed';
    throw new SopsError('DATA_KEY', `failed to create reader for decrypting sops data key with age: ${why}`);
  }
}
