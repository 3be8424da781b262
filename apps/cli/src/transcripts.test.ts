import { afterAll, describe, expect, test } from 'vitest';
import { checkTranscript, temporaryFolder } from './testing/run-transcript.ts';

const folder = temporaryFolder({
  'values.yaml': 'image:\n  tag: "1.0"\n  pull: y\nlist: [a, b]\n',
  'more.yaml': 'image: {tag: "2.0"}\nlist: [c]\n__proto__: {polluted: true}\n',
});
afterAll(() => folder.remove());

describe('transcripts', () => {
  for (const name of ['parsing', 'create']) {
    test(`${name}.txt`, async () => {
      const file = new URL(`../testdata/${name}.txt`, import.meta.url);
      const { wanted, actual } = await checkTranscript(file, { cwd: folder.path, env: { HOME: folder.path } });
      expect(actual).toBe(wanted);
    });
  }
});
