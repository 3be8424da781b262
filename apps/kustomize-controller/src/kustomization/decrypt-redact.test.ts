import { describe, expect, test } from 'vitest';
import { createRedactor } from './decrypt-redact.ts';

const sealed = 'ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]';
const bytes = (text: string) => Buffer.from(text);

describe('createRedactor', () => {
  test('hides what was encrypted, and nothing that was open', () => {
    const { learnValues, redact } = createRedactor();
    learnValues(
      { kind: sealed, metadata: { name: sealed }, data: { open: 'public', a: sealed, list: ['x', sealed], n: sealed } },
      {
        kind: 'ConfigMap',
        metadata: { name: 'conf' },
        data: { open: 'public', a: 'hunter22', list: ['x', 's3same'], n: 4711 },
      },
    );
    expect(redact('ConfigMap conf: public, hunter22, "s3same", 4711 in data.a')).toBe(
      'ConfigMap conf: public, ***, "***", *** in data.a',
    );
  });

  test.each<['yaml' | 'json' | 'dotenv' | 'ini' | 'binary', string, string]>([
    [
      'yaml',
      `open: public\na: ${sealed}\n---\nb: ${sealed}\n`,
      'open: public\na: hunter22\n---\nb: "line 1\\ns3same"\n',
    ],
    [
      'json',
      `{"open": "public", "a": "${sealed}", "b": "${sealed}"}`,
      '{"open": "public", "a": "hunter22", "b": "s3same"}',
    ],
    ['dotenv', `open=public\na=${sealed}\nb=${sealed}\n`, 'open=public\na=hunter22\nb=line 1\\ns3same\n'],
    ['ini', `[a]\nopen = public\na = ${sealed}\nb = ${sealed}\n`, '[a]\nopen = public\na = hunter22\nb = s3same\n'],
    ['binary', `{"data": "${sealed}"}`, 'hunter22\ns3same\n'],
  ])('of a %s file', (format, before, after) => {
    const { learnFile, redact } = createRedactor();
    learnFile(bytes(before), bytes(after), format);
    expect(redact('public: hunter22, s3same')).toBe('public: ***, ***');
  });

  test('hides long values before short ones, and escaped ones', () => {
    const { learnText, redact } = createRedactor();
    learnText('hunter');
    learnText('hunter "22"');
    expect(redact(String.raw`hunter "22", "hunter \"22\"", hunter`)).toBe('***, "***", ***');
  });

  test('leaves out whole nodes, and messages alone while nothing was learned', () => {
    const { learnText, redact } = createRedactor();
    const message = 'wrong node kind: expected A but got B: node contents:\n|-\n  x\n';
    expect(redact(message)).toBe(message);
    learnText('hunter22');
    expect(redact(message)).toBe('wrong node kind: expected A but got B: node contents: ***');
  });

  test('tells nothing at all when there is too much to look for', () => {
    const { learnText, redact } = createRedactor();
    learnText(Array.from({ length: 30_000 }, (_, index) => `line ${index}`).join('\n'));
    expect(redact('line 7 is wrong')).toBe('failed with a message that may hold what was decrypted');
  });
});
