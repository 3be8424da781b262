import { describe, expect, test } from 'vitest';
import { parseYamlNodes, type YamlNode } from './nodes.ts';

function plain(node: YamlNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.type === 'scalar') return node.value;
  if (node.type === 'list') return node.items.map(plain);
  return node.entries.map(([key, value]) => [plain(key), plain(value)]);
}

describe('parseYamlNodes', () => {
  test('keeps order and repeated keys, and types by the rules of go-yaml v3', () => {
    const [document] = parseYamlNodes('b: yes\na: 0x1F\nb: 1.0\nc: "1"\nd: [1, {k: v}]\n');
    expect(plain(document?.root)).toEqual([
      ['b', 'yes'],
      ['a', 31],
      ['b', 1],
      ['c', '1'],
      ['d', [1, [['k', 'v']]]],
    ]);
  });

  test('finds comments, but not in quotes and blocks', () => {
    const text =
      '# head\na: "# no" # line\nb: |  # header\n  # text\n  more\n# between\nc:\n  # in c\n  - x#y\n# end\n';
    const [document] = parseYamlNodes(text);
    expect(document?.comments.map(({ text, column, ownLine }) => [text, column, ownLine])).toEqual([
      [' head', 0, true],
      [' line', 10, false],
      [' header', 6, false],
      [' between', 0, true],
      [' in c', 2, true],
      [' end', 0, true],
    ]);
  });

  test('comments stay with their document', () => {
    const documents = parseYamlNodes('a: 1\n# one\n---\n# two\nb: 2\n---\n');
    expect(documents.map(({ root, comments }) => [plain(root), comments.map(({ text }) => text)])).toEqual([
      [[['a', 1]], [' one']],
      [[['b', 2]], [' two']],
      [null, []],
    ]);
  });

  test('aliases give what they name', () => {
    expect(plain(parseYamlNodes('a: &x [1]\nb: *x\n')[0]?.root)).toEqual([
      ['a', [1]],
      ['b', [1]],
    ]);
    expect(() => parseYamlNodes('a: *x\n')).toThrow("unknown anchor 'x' referenced");
    expect(() => parseYamlNodes('a: &x [*x]\n')).toThrow('contains itself');
  });

  test('the column of a mapping is that of its first key', () => {
    const [document] = parseYamlNodes('l:\n    - k: v\n      n: w\n');
    const list = document?.root?.type === 'map' ? document.root.entries[0]?.[1] : undefined;
    expect(list?.type === 'list' && [list.column, list.items[0]?.column]).toEqual([4, 6]);
  });
});
