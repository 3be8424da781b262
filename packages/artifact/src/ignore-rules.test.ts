import { describe, expect, test } from 'vitest';
import { createIgnoreFilter, createSourceFilter, parseIgnoreRules } from './ignore-rules.ts';

/** Rules, path, whether the path is left out. A path with a slash at its end is a directory. */
const table: readonly (readonly [string, string, boolean])[] = [
  ['*.txt', 'a.txt', true],
  ['*.txt', 'deep/down/a.txt', true],
  ['*.txt', 'a.txt.yaml', false],
  ['/a.txt', 'a.txt', true],
  ['/a.txt', 'b/a.txt', false],
  ['docs', 'docs/', true],
  ['docs', 'docs/a.md', true],
  ['docs', 'x/docs/a.md', true],
  ['docs/', 'docs', false],
  ['docs/', 'docs/', true],
  ['docs/', 'docs/a.md', true],
  ['docs/', 'x/docs/y/a.md', true],
  ['/docs/*.md', 'docs/a.md', true],
  ['/docs/*.md', 'docs/b.yaml', false],
  ['/docs/*.md', 'docs/deep/a.md', false],
  ['docs/a', 'docs/a/b/c', true],
  ['docs/a', 'x/docs/a', false],
  ['**/a', 'a', true],
  ['**/a', 'x/y/a', true],
  ['**/a/b', 'x/a/b', true],
  ['**/a/b', 'x/a/c/a/b', false],
  ['a/**', 'a/b', true],
  ['a/**', 'a/', false],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['a/**/z', 'b/z', false],
  ['a/b**c/d', 'a/bxc/d', false],
  ['/*', 'x', true],
  ['/*', 'x/y', true],
  ['/*\n!/docs\n/docs/*.md', 'docs/b.yaml', false],
  ['/*\n!/docs\n/docs/*.md', 'docs/', false],
  ['/*\n!/docs\n/docs/*.md', 'docs/a.md', true],
  ['/*\n!/docs\n/docs/*.md', 'keep.yaml', true],
  ['a/\n!a/keep.yaml', 'a/keep.yaml', false],
  ['a/\n!a/keep.yaml', 'a/other.yaml', true],
  ['!a\na', 'a', true],
  ['# a', '# a', false],
  [' # a', ' # a', true],
  ['\n   \n', 'a', false],
  ['a   ', 'a', true],
  ['a\\ ', 'a ', true],
  ['a\r', 'a', true],
  ['[ab].yaml', 'a.yaml', true],
  ['[^ab].yaml', 'a.yaml', false],
  ['[^ab].yaml', 'c.yaml', true],
  ['[a-c]?.yaml', 'bx.yaml', true],
  ['[a', '[a', false],
  ['[]a]', ']', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['*', 'anything/at/all', true],
  ['?', '\u{1f600}', true],
  ['**', 'x', true],
  ['/', 'x', false],
];

describe('createIgnoreFilter', () => {
  test.each(table)('%j on %s: %s', (rules, path, isLeftOut) => {
    const filter = createIgnoreFilter(parseIgnoreRules(rules));
    const isDirectory = path.endsWith('/');
    expect(filter((isDirectory ? path.slice(0, -1) : path).split('/'), isDirectory)).toBe(isLeftOut);
  });

  test('keeps a rule inside its scope', () => {
    const filter = createIgnoreFilter(parseIgnoreRules('*.txt\n/top', ['sub', 'dir']));
    expect(filter(['a.txt'], false)).toBe(false);
    expect(filter(['sub', 'dir', 'a.txt'], false)).toBe(true);
    expect(filter(['sub', 'dir', 'top'], false)).toBe(true);
    expect(filter(['sub', 'dir', 'x', 'top'], false)).toBe(false);
    expect(filter(['sub', 'dir'], true)).toBe(false);
  });

  test('takes linear time for many stars', () => {
    const filter = createIgnoreFilter(parseIgnoreRules(`${'*a'.repeat(2000)}b`));
    expect(filter(['a'.repeat(4000)], false)).toBe(false);
  });
});

describe('createSourceFilter', () => {
  test('applies all defaults without rules', () => {
    const filter = createSourceFilter([]);
    for (const path of [
      '.git/config',
      'a/b.png',
      'x.tar.gz',
      '.github/workflows/a.yaml',
      'apps/.sops.yaml',
      '.gitignore',
    ]) {
      expect([path, filter(path.split('/'), false)]).toEqual([path, true]);
    }
    for (const path of ['a.yaml', 'README.md', '.hidden/c.yaml', '.sourceignore']) {
      expect([path, filter(path.split('/'), false)]).toEqual([path, false]);
    }
  });

  test('keeps only the defaults of version control beside rules', () => {
    const filter = createSourceFilter(parseIgnoreRules('*.txt'));
    expect(filter(['.git', 'config'], false)).toBe(true);
    expect(filter(['a.png'], false)).toBe(false);
    expect(filter(['.sops.yaml'], false)).toBe(false);
  });
});
