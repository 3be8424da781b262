import { createMemoryFs } from '@fluvial/kustomize';
import { describe, expect, test } from 'vitest';
import { hasSameInputs, inputsOf, recordQuestions } from './build-inputs.ts';

const tree = (files: Record<string, string>) => createMemoryFs(files);

function build(files: Record<string, string>) {
  const recording = recordQuestions(tree(files));
  const { fs } = recording;
  fs.stat(`${fs.root}/app`);
  fs.readdir(`${fs.root}/app`);
  fs.readFile(`${fs.root}/app/a.yaml`);
  fs.stat(`${fs.root}/app/kustomization.yml`);
  return inputsOf(recording);
}

describe('hasSameInputs', () => {
  const files = { '/app/a.yaml': 'a', '/other/b.yaml': 'b' };
  const inputs = build(files);

  test.each<[string, Record<string, string>, boolean]>([
    ['the same tree', files, true],
    ['a change elsewhere', { ...files, '/other/b.yaml': 'c', '/other/c.yaml': '' }, true],
    ['another content', { ...files, '/app/a.yaml': 'z' }, false],
    ['one more entry in a directory that was listed', { ...files, '/app/z.yaml': '' }, false],
    ['a file where none was', { ...files, '/app/kustomization.yml': '' }, false],
    ['a file that has gone', { '/app/b.yaml': '', '/other/b.yaml': 'b' }, false],
  ])('%s', (_, next, same) => {
    expect(hasSameInputs(tree(next), inputs)).toBe(same);
  });
});
