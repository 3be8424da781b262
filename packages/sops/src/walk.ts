import { createHash } from 'node:crypto';
import { SopsError } from './error.ts';
import type { Selection } from './selection.ts';
import { isComment, isList, isMap, type TreeComment, type TreeItem, type TreeMap, type TreeValue } from './tree.ts';
import { bytesOf, decryptValue, encryptValue, pathText } from './value.ts';

/** SHA-256 of `sops`: tells the MAC over encrypted values from the one over all. */
const onlyEncryptedStart = createHash('sha256').update('sops').digest();

export interface WalkOptions {
  readonly key: Uint8Array;
  readonly isSelected: Selection;
  /** The MAC covers encrypted values alone. */
  readonly macOnlyEncrypted: boolean;
}

export interface WalkResult {
  readonly branches: readonly TreeMap[];
  /** SHA-512 of the plain values in their order, upper-case hex. */
  readonly mac: string;
}

/**
 * Decrypts what is selected in all documents of a file.
 *
 * @throws {SopsError} `VALUE`
 */
export function decryptTree(branches: readonly TreeMap[], options: WalkOptions): WalkResult {
  return walkTree(branches, options, (value, path, selected) => {
    if (isComment(value))
      return { value: selected ? decryptComment(value, path, options.key) : value, plain: undefined };
    if (!selected) return { value, plain: value };
    if (typeof value !== 'string')
      throw new SopsError('VALUE', `Could not decrypt value: a value that should be encrypted is not`);
    let plain: TreeValue;
    try {
      plain = decryptValue(value, options.key, pathText(path));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw new SopsError('VALUE', `Could not decrypt value: ${error.message}`);
    }
    return { value: plain, plain: isComment(plain) ? undefined : plain };
  });
}

/** Encrypts what is selected. */
export function encryptTree(branches: readonly TreeMap[], options: WalkOptions): WalkResult {
  return walkTree(branches, options, (value, path, selected) => {
    const encrypted = selected ? encryptValue(value, options.key, pathText(path)) : value;
    if (!isComment(value)) return { value: encrypted, plain: value };
    return { value: typeof encrypted === 'string' ? { type: 'comment', text: encrypted } : value, plain: undefined };
  });
}

/** Comments that do not decrypt were not encrypted: older versions left them alone. */
function decryptComment(comment: TreeComment, path: readonly string[], key: Uint8Array): TreeComment {
  if (!comment.text.startsWith('ENC[')) return { type: 'comment', text: comment.text };
  for (const candidate of [path, ...(comment.paths ?? [])]) {
    try {
      const plain = decryptValue(comment.text, key, pathText(candidate));
      if (isComment(plain)) return plain;
      if (typeof plain === 'string') return { type: 'comment', text: plain };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
    }
  }
  return { type: 'comment', text: comment.text };
}

type Leaf = (
  value: TreeValue,
  path: readonly string[],
  selected: boolean,
) => { readonly value: TreeValue; readonly plain: TreeValue | undefined };

function walkTree(branches: readonly TreeMap[], options: WalkOptions, leaf: Leaf): WalkResult {
  const hash = createHash('sha512');
  if (options.macOnlyEncrypted) hash.update(onlyEncryptedStart);
  const path: string[] = [];
  const comments: string[][] = [];

  function walkLeaf(value: TreeValue): TreeValue {
    const selected = options.isSelected(path, comments, isComment(value));
    const result = leaf(value, path, selected);
    if (result.plain !== undefined && (selected || !options.macOnlyEncrypted)) hash.update(bytesOf(result.plain));
    return result.value;
  }

  function walkValue(value: TreeValue): TreeValue {
    if (value === null) return null;
    if (isMap(value)) return walkMap(value);
    if (!isList(value)) return walkLeaf(value);
    const above: string[] = [];
    comments.push(above);
    const items = value.items.map((item) => {
      if (isComment(item)) above.push(item.text);
      const next = walkValue(item);
      if (!isComment(item)) above.length = 0;
      return next;
    });
    comments.pop();
    return { type: 'list', items };
  }

  function walkMap(map: TreeMap): TreeMap {
    const above: string[] = [];
    comments.push(above);
    const items = map.items.map((item): TreeItem => {
      if (item.type === 'comment') {
        above.push(item.text);
        const next = walkLeaf(item);
        return isComment(next) ? next : item;
      }
      path.push(item.key);
      const value = walkValue(item.value);
      path.pop();
      above.length = 0;
      return { type: 'entry', key: item.key, value };
    });
    comments.pop();
    return { type: 'map', items };
  }

  const walked = branches.map(walkMap);
  return { branches: walked, mac: hash.digest('hex').toUpperCase() };
}
