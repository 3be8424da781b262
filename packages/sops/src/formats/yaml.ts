import { getEntry, type TreeEntry, toPlain, withoutKey } from '../tree.ts';
import type { FormatCodec } from './format.ts';
import { decodeText, fromPlain } from './text.ts';
import { parseYamlTree } from './yaml-read.ts';
import { stringifyYamlTree } from './yaml-write.ts';

/** YAML with any number of documents, which share the metadata of the first. */
export const yaml: FormatCodec = {
  label: 'YAML',
  marker: 'mac: ENC[',
  load(bytes) {
    const documents = parseYamlTree(decodeText(bytes));
    const [first] = documents;
    return {
      branches: documents.map((document) => withoutKey(document, 'sops')),
      metadata: first && toPlain(getEntry(first, 'sops')),
    };
  },
  loadPlain: (bytes) => parseYamlTree(decodeText(bytes)),
  emit: (branches) => Buffer.from(stringifyYamlTree(branches)),
  emitEncrypted(branches, metadata) {
    const entry: TreeEntry = { type: 'entry', key: 'sops', value: fromPlain(metadata) };
    return Buffer.from(stringifyYamlTree(branches.map(({ items }) => ({ type: 'map', items: [...items, entry] }))));
  },
};
