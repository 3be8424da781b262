import { SopsError } from '../error.ts';
import { flattenMetadata, unflattenMetadata } from '../flatten.ts';
import { createTreeBudget, type TreeEntry, type TreeItem, type TreeMap } from '../tree.ts';
import type { FormatCodec } from './format.ts';
import { decodeText, scalarText } from './text.ts';

const prefix = 'sops_';

/** Lines of `KEY=VALUE`, line feeds of values written `\n`; nothing is quoted. */
export const dotenv: FormatCodec = {
  label: 'dotenv',
  marker: 'sops_mac=ENC[',
  load(bytes) {
    const { items } = parse(bytes);
    const isMetadata = (item: TreeItem): item is TreeEntry => item.type === 'entry' && item.key.startsWith(prefix);
    const metadata = items.filter(isMetadata);
    return {
      branches: [{ type: 'map', items: items.filter((item) => !isMetadata(item)) }],
      metadata:
        metadata.length === 0
          ? undefined
          : unflattenMetadata(metadata.map(({ key, value }) => [key.slice(prefix.length), String(value)])),
    };
  },
  loadPlain: (bytes) => [parse(bytes)],
  emit: (branches) => Buffer.from(print(branches)),
  emitEncrypted(branches, metadata) {
    const lines = flattenMetadata(metadata)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${prefix}${key}=${value}\n`);
    return Buffer.from(print(branches) + lines.join(''));
  },
};

function parse(bytes: Uint8Array): TreeMap {
  const budget = createTreeBudget();
  const items: TreeItem[] = [];
  for (const line of decodeText(bytes).split('\n')) {
    if (line === '') continue;
    budget.leaf();
    const equals = line.indexOf('=');
    if (line.startsWith('#')) items.push({ type: 'comment', text: line.slice(1) });
    else if (equals < 0) throw new SopsError('SYNTAX', 'invalid dotenv input line: it has no =');
    else
      items.push({
        type: 'entry',
        key: line.slice(0, equals),
        value: line.slice(equals + 1).replaceAll('\\n', '\n'),
      });
  }
  return { type: 'map', items };
}

function print(branches: readonly TreeMap[]): string {
  return (branches[0]?.items ?? [])
    .map((item) =>
      item.type === 'comment' ? `#${item.text}\n` : `${item.key}=${scalarText(item.value).replaceAll('\n', '\\n')}\n`,
    )
    .join('');
}
