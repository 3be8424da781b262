import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crdFiles } from './crd-files.ts';

test('crds/ is what the definitions say; `npm run generate` writes it', () => {
  for (const [name, text] of crdFiles()) {
    expect(readFileSync(new URL(`../../../crds/${name}`, import.meta.url), 'utf8'), name).toBe(text);
  }
});
