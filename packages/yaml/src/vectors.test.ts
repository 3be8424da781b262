import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseJson, parseYaml, stringifyJson, stringifyYaml } from './index.ts';

// Our cases; outputs printed by sigs.k8s.io/yaml 1.6 (JSONToYAML, YAMLToJSON, YAMLToJSONStrict).
interface Vector {
  op: 'print' | 'read' | 'strict';
  input: unknown;
  output?: string;
  error?: string;
}

const lines = readFileSync(new URL('../testdata/go-vectors.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const vectors = lines.map((line) => parseJson(line) as Vector);

test('stringifyYaml prints as Go does', () => {
  const wrong: unknown[] = [];
  for (const { op, input, output, error } of vectors) {
    if (op !== 'print' || error !== undefined) continue;
    const mine = stringifyYaml(input);
    if (mine !== output) wrong.push({ input, mine, output });
  }
  expect(wrong).toEqual([]);
});

test('parseYaml reads as Go does', () => {
  const wrong: unknown[] = [];
  for (const { op, input, output, error } of vectors) {
    if (op === 'print') continue;
    let mine: string | undefined;
    let failure: unknown;
    try {
      const documents = parseYaml(input as string, { duplicateKeys: op === 'strict' ? 'error' : 'last' });
      mine = documents.length === 0 ? 'null' : stringifyJson(documents[0], { sortKeys: true, escapeHtml: true });
    } catch (cause) {
      failure = cause;
    }
    if (error !== undefined ? failure === undefined : mine !== output) wrong.push({ input, mine, output, error });
  }
  expect(wrong).toEqual([]);
});
