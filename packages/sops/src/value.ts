import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SopsError } from './error.ts';
import { isTime, type TreeComment, type TreeValue } from './tree.ts';

const format =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:(str|int|float|bool|bytes|time|comment)\]$/;
const ivBytes = 32;
const tagBytes = 16;
const maxIvBytes = 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `a:b:`: what a value is bound to besides the data key. Positions in lists do not count. */
export function pathText(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

/**
 * Decrypts one value. The empty string stands for itself.
 *
 * Rule: SOPS' value format, `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, with AES-256-GCM, a nonce of any length and the
 * path as additional data.
 *
 * @throws {SopsError} `VALUE`; the text of the value is in no message
 */
export function decryptValue(text: string, key: Uint8Array, aad: string): TreeValue {
  if (text === '') return '';
  const match = format.exec(text);
  if (match === null) throw new SopsError('VALUE', "Input string <redacted> does not match sops' data format");
  const [, data = '', iv = '', tag = '', type = ''] = match;
  const plain = open(key, Buffer.from(iv, 'base64'), Buffer.from(tag, 'base64'), Buffer.from(data, 'base64'), aad);
  return decode(plain, type);
}

function open(key: Uint8Array, iv: Buffer, tag: Buffer, data: Buffer, aad: string): Buffer {
  if (iv.length === 0 || iv.length > maxIvBytes || tag.length !== tagBytes)
    throw new SopsError('VALUE', 'Could not decrypt with AES_GCM: the nonce or the tag has a wrong length');
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(aad));
    cipher.setAuthTag(tag);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch {
    throw new SopsError('VALUE', 'Could not decrypt with AES_GCM: cipher: message authentication failed');
  }
}

function decode(plain: Buffer, type: string): TreeValue {
  const broken = () => new SopsError('VALUE', `a value of type ${type} does not hold one`);
  if (type === 'bytes') return plain;
  let text: string;
  try {
    text = utf8.decode(plain);
  } catch {
    if (type === 'str') return plain;
    throw broken();
  }
  switch (type) {
    case 'str':
      return text;
    case 'int':
      if (!/^[-+]?[0-9]+$/.test(text)) throw broken();
      return BigInt(text.startsWith('+') ? text.slice(1) : text);
    case 'float': {
      const value = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : special(text);
      if (value === undefined) throw broken();
      return value;
    }
    case 'bool':
      if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
      if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
      throw broken();
    case 'time':
      if (Number.isNaN(Date.parse(text))) throw broken();
      return { type: 'time', text };
    default:
      return { type: 'comment', text };
  }
}

function special(text: string): number | undefined {
  if (/^[-+]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}

/** The bytes of a value that are encrypted and that the MAC covers. */
export function bytesOf(value: TreeValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'boolean') return Buffer.from(value ? 'True' : 'False');
  if (typeof value === 'bigint') return Buffer.from(String(value));
  if (typeof value === 'number') return Buffer.from(plainDecimal(value));
  if (isTime(value)) return Buffer.from(value.text);
  throw new SopsError('VALUE', 'a value of this type has no bytes');
}

/** A float without exponent, with as many digits as it needs. */
export function plainDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([-+]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Encrypts one value the way SOPS does. */
export function encryptValue(value: TreeValue | TreeComment, key: Uint8Array, aad: string): string {
  const type = typeOf(value);
  const plain = type === 'comment' ? Buffer.from((value as TreeComment).text) : bytesOf(value);
  if (plain.length === 0) return '';
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(aad));
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  return `ENC[AES256_GCM,data:${base64(data)},iv:${base64(iv)},tag:${base64(cipher.getAuthTag())},type:${type}]`;
}

function typeOf(value: TreeValue): string {
  if (typeof value === 'string' || value instanceof Uint8Array) return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (value !== null && (value.type === 'time' || value.type === 'comment')) return value.type;
  throw new SopsError('VALUE', 'only scalars are encrypted');
}
