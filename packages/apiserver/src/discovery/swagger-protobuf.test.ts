import { expect, test } from 'vitest';
import { encodeSwagger } from './swagger-protobuf.ts';

test('definitions are encoded with the field numbers of gnostic', () => {
  const document = {
    swagger: '2.0',
    info: { title: 'T', version: '1' },
    definitions: { D: { type: 'object', properties: { a: { $ref: '#/definitions/E' } }, 'x-k': ['v'] } },
  };
  const hex = encodeSwagger(document).toString('latin1');
  // type = 22, properties = 25, vendor extensions = 31 of a schema; definitions = 9 of the document.
  expect(hex).toContain('\xb2\x01\x08\x0a\x06object');
  expect(hex).toContain('\xca\x01\x18\x0a\x16\x0a\x01a\x12\x11\x0a\x0f#/definitions/E');
  expect(hex).toContain('\xfa\x01\x0e\x0a\x03x-k\x12\x07\x12\x05["v"]');
  expect(hex.startsWith('\x0a\x032.0\x12\x06\x0a\x01T\x12\x011\x42\x00\x4a')).toBe(true);
});
