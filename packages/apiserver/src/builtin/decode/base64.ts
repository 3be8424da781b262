import { TypeMismatch } from './type-mismatch.ts';

const PLAIN = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Base64 as Go prints the bytes that it reads from it: line breaks go, and so do bits beyond the last byte.
 *
 * @throws {TypeMismatch} with the place of the first wrong byte, as `encoding/base64` tells it.
 */
export function canonicalBase64(text: string): string {
  const isPlain = text.length % 4 === 0 && PLAIN.test(text);
  if (isPlain && !text.endsWith('=')) return text;
  const wrong = isPlain ? -1 : firstWrongByte(Buffer.from(text));
  if (wrong >= 0) {
    const why = `illegal base64 data at input byte ${wrong}`;
    throw new TypeMismatch(why, `error decoding from json: ${why}`);
  }
  return Buffer.from(text, 'base64').toString('base64');
}

const PAD = 0x3d;
const isBreak = (byte: number | undefined) => byte === 0x0a || byte === 0x0d;
const isDigit = (byte: number) => /[A-Za-z0-9+/]/.test(String.fromCharCode(byte));

/** Reads quanta of four digits, the last one padded. -1: nothing is wrong. */
function firstWrongByte(bytes: Buffer): number {
  let at = 0;
  const skipBreaks = () => {
    while (isBreak(bytes[at])) at++;
  };
  for (;;) {
    for (let digits = 0; digits < 4; digits++) {
      skipBreaks();
      const byte = bytes[at];
      if (byte === undefined) return digits === 0 ? -1 : at - digits;
      at++;
      if (isDigit(byte)) continue;
      if (byte !== PAD || digits < 2) return at - 1;
      if (digits === 2) {
        skipBreaks();
        if (bytes[at] === undefined) return bytes.length;
        if (bytes[at] !== PAD) return at - 1;
        at++;
      }
      skipBreaks();
      return at < bytes.length ? at : -1;
    }
  }
}
