import { SopsError } from '../error.ts';
import { flattenMetadata, unflattenMetadata } from '../flatten.ts';
import { createTreeBudget, isMap, type TreeBudget, type TreeItem, type TreeMap } from '../tree.ts';
import type { FormatCodec } from './format.ts';
import { decodeText, scalarText } from './text.ts';

/** Sections of `key = value`; keys before the first section are those of `DEFAULT`. */
export const ini: FormatCodec = {
  label: 'INI',
  marker: '[sops]',
  load(bytes) {
    const sections = parse(decodeText(bytes));
    const own = sections.find(({ name }) => name === 'sops');
    return {
      branches: [toTree(sections.filter((section) => section !== own))],
      metadata: own && unflattenMetadata(own.keys.map(({ name, value }): readonly [string, string] => [name, value])),
    };
  },
  loadPlain: (bytes) => [toTree(parse(decodeText(bytes)))],
  emit: (branches) => Buffer.from(print(branches)),
  emitEncrypted(branches, metadata) {
    const items = flattenMetadata(metadata).map(([key, value]): TreeItem => ({ type: 'entry', key, value }));
    return Buffer.from(
      print([...branches, { type: 'map', items: [{ type: 'entry', key: 'sops', value: { type: 'map', items } }] }]),
    );
  },
};

interface Section {
  readonly name: string;
  readonly comment: string;
  readonly keys: Key[];
}

interface Key {
  readonly name: string;
  readonly value: string;
  readonly comment: string;
}

const defaultName = 'DEFAULT';

/** Rule: the dialect of gopkg.in/ini.v1 with its default options. */
function parse(text: string): Section[] {
  const budget = createTreeBudget();
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const sections: Section[] = [{ name: defaultName, comment: '', keys: [] }];
  let comments: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] as string).trim();
    if (line === '') continue;
    if (line.startsWith('#') || line.startsWith(';')) {
      comments.push(line);
      continue;
    }
    const comment = comments.join('\n');
    comments = [];
    if (line.startsWith('[')) {
      const end = line.lastIndexOf(']');
      if (end < 0) throw new SopsError('SYNTAX', `unclosed section in line ${index + 1}`);
      sections.push({ name: line.slice(1, end), comment, keys: [] });
      continue;
    }
    const { name, rest } = splitKey(line, index);
    const read = readValue(rest, lines, index);
    index = read.index;
    addKey(sections, { name, value: read.value, comment: comment || read.comment }, budget);
  }
  return sections;
}

function addKey(sections: Section[], key: Key, budget: TreeBudget): void {
  budget.leaf();
  const { keys } = sections[sections.length - 1] as Section;
  const known = keys.findIndex(({ name }) => name === key.name);
  // A key that comes twice has its last value, in the place of the first.
  if (known >= 0) keys[known] = key;
  else keys.push(key);
}

function splitKey(line: string, index: number): { name: string; rest: string } {
  const quote = ['"""', '"', '`'].find((mark) => line.startsWith(mark));
  if (quote) {
    const end = line.indexOf(quote, quote.length);
    const delimiter = end < 0 ? -1 : line.slice(end + quote.length).search(/[=:]/);
    if (delimiter < 0) throw new SopsError('SYNTAX', `key-value delimiter not found in line ${index + 1}`);
    const at = end + quote.length + delimiter;
    return { name: line.slice(quote.length, end), rest: line.slice(at + 1).trim() };
  }
  const at = line.search(/[=:]/);
  if (at < 0) throw new SopsError('SYNTAX', `key-value delimiter not found in line ${index + 1}`);
  if (at === 0) throw new SopsError('SYNTAX', `empty key name in line ${index + 1}`);
  return { name: line.slice(0, at).trim(), rest: line.slice(at + 1).trim() };
}

interface ReadValue {
  readonly value: string;
  readonly comment: string;
  /** Line that it ended in. */
  readonly index: number;
}

function readValue(rest: string, lines: readonly string[], index: number): ReadValue {
  const quote = ['"""', '`'].find((mark) => rest.startsWith(mark));
  if (quote) return readQuoted(rest.slice(quote.length), quote, lines, index);
  let line = rest;
  let last = index;
  // A line that ends in a backslash goes on in the next one.
  while (line.endsWith('\\') && last + 1 < lines.length) {
    last++;
    line = line.slice(0, -1) + (lines[last] as string).trim();
  }
  let comment = '';
  const at = line.search(/(?:^| )[#;]/);
  const marks = line.search(/[#;]/);
  if (at >= 0 || marks === 0) {
    const from = marks === 0 ? 0 : at;
    comment = line.slice(from).trim();
    line = line.slice(0, from).trim();
  }
  const quoted = /^(["'])([\s\S]*)\1$/.exec(line);
  return { value: quoted ? (quoted[2] as string) : line, comment, index: last };
}

function readQuoted(start: string, quote: string, lines: readonly string[], index: number): ReadValue {
  const end = start.indexOf(quote);
  if (end >= 0) return { value: start.slice(0, end), comment: '', index };
  const parts = [start];
  for (let at = index + 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const stop = line.indexOf(quote);
    if (stop >= 0) return { value: [...parts, line.slice(0, stop)].join('\n'), comment: '', index: at };
    parts.push(line);
  }
  throw new SopsError('SYNTAX', `missing closing quotes in line ${index + 1}`);
}

function toTree(sections: readonly Section[]): TreeMap {
  return {
    type: 'map',
    items: sections.map((section): TreeItem => {
      const items: TreeItem[] = [];
      if (section.comment) items.push({ type: 'comment', text: bare(section.comment) });
      for (const { name, value, comment } of section.keys) {
        items.push({ type: 'entry', key: name, value });
        if (comment) items.push({ type: 'comment', text: bare(comment) });
      }
      return { type: 'entry', key: section.name, value: { type: 'map', items } };
    }),
  };
}

function bare(comment: string): string {
  if (comment.startsWith(';')) return comment.replace(/^[; ]+/, '');
  return comment.startsWith('#') ? comment.replace(/^[# ]+/, '') : comment;
}

function print(branches: readonly TreeMap[]): string {
  const blocks: string[] = [];
  for (const branch of branches) {
    for (const section of branch.items) {
      if (section.type === 'comment') continue;
      if (!isMap(section.value)) throw new SopsError('EMIT', 'Error encoding section: it is no section');
      blocks.push(printSection(section.key, section.value));
    }
  }
  return blocks.filter((block) => block !== '').join('\n');
}

function printSection(name: string, { items }: TreeMap): string {
  const [first] = items;
  const heading = first?.type === 'comment' ? printComment(first.text) : '';
  const rows: { comment: string; key: string; value: string }[] = [];
  items.forEach((item, index) => {
    const row = rows[rows.length - 1];
    if (item.type === 'entry') rows.push({ comment: '', key: printKey(item.key), value: scalarText(item.value) });
    else if (index > 0 && row) row.comment = printComment(item.text);
  });
  if (name === defaultName && rows.length === 0) return '';
  const width = Math.max(0, ...rows.map(({ key }) => key.length));
  const lines = rows.map(({ comment, key, value }) => `${comment}${key.padEnd(width)} = ${printValue(value)}\n`);
  const title = name === defaultName ? '' : `[${name}]\n`;
  return `${heading}${title}${lines.join('')}`;
}

function printComment(text: string): string {
  return text
    .split('\n')
    .map((line) => (/^[#;]/.test(line) ? `${line}\n` : `; ${line}\n`))
    .join('');
}

function printKey(key: string): string {
  if (!/["=:]/.test(key)) return key.includes('`') ? `"""${key}"""` : key;
  return key.includes('`') ? `"""${key}"""` : `\`${key}\``;
}

function printValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim() === value ? value : `"${value}"`;
}
