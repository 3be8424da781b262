import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { build, createMemoryFs } from './index.ts';

// Inputs are ours; outputs and errors were printed by kustomize 5.8.1 (api 0.21.1) with Flux's options.
interface Case {
  name: string;
  dir: string;
  files: Record<string, string>;
  output?: string;
  error?: string;
  failed?: boolean;
}

const read = (name: string): Buffer => readFileSync(new URL(`../testdata/${name}`, import.meta.url));
const parse = (text: string): Case[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);

function run({ files, dir }: Case): { output?: string; error?: string } {
  try {
    return { output: build(createMemoryFs(files), `/${dir}`).yaml() };
  } catch (error) {
    if ((error as Error).name !== 'KustomizeError') throw error;
    return { error: (error as Error).message };
  }
}

/** Both fail, the words differ. */
const OTHER_WORDS: Record<string, string> = {
  'plug: ns bad': 'the original wraps its configuration around',
  'plug: prefix none': 'same',
  'plug: sort': 'same',
  'plug: validators': 'the original appends a Go dump of both sets',
  'plug: config conflict': 'the original prints Go structs',
  'plug: keys': 'the original prefixes a Go dump of the object',
  'plug: keys2': 'same',
  'plug: keys3': 'same',
  'emb: plain': 'the original adds what the inner parser says',
  'smp: m kind scalar/list': 'the original prints the patch value in its source style',
  'smp: m bool key': 'Go dump',
  'smp: m dup': 'Go dump',
  'errs: parent': 'the in-memory tree here has no directory above its root',
  'errs: dup': 'Go dump in front; ours names the file',
  'errs: res file dir': 'a file as a directory is "no such file" here',
  'errs: wrong kind': 'source style of the patch value',
  'errs: bad sel': 'words of the selector parser',
  'errs: labels through scalar': 'another field of the same object is met first',
  'errs: gen merge none': 'a pointer is printed',
  'errs: gen create exists': 'a pointer is printed',
  'errs: repl no tfield create': 'reason behind the colon',
  'errs: repl path': 'the original names the plugin around it',
};

/** The result differs; see "Differences" in the README. */
const OTHER_RESULT: Record<string, string> = {
  'emb: yaml': 'comments inside of a YAML text in a string are dropped',
  'emb: yaml num': 'the original writes `!!int new`, which nothing can read',
};

describe('build agrees with the original on hand-made cases', () => {
  test.each(parse(read('cases.jsonl').toString()))('$name', (example) => {
    const { output, error } = run(example);
    if (example.name in OTHER_RESULT) return;
    if (example.error === undefined) {
      expect(error).toBeUndefined();
      expect(output).toBe(example.output);
    } else if (example.name in OTHER_WORDS) expect(error).toBeDefined();
    else expect(error).toBe(example.error);
  });
});

test('build agrees with the original on generated overlays', () => {
  const wrong: unknown[] = [];
  for (const example of parse(gunzipSync(read('generated.jsonl.gz')).toString())) {
    const { output, error } = run(example);
    const same = example.failed === true ? error !== undefined : error === undefined && output === example.output;
    if (!same) wrong.push({ files: example.files, expected: example.output, output, error });
  }
  expect(wrong).toEqual([]);
});
