import { createHash } from 'node:crypto';
import { SopsError } from './error.ts';
import { copyTree, type Leaf, leavesOf } from './leaves.ts';
import type { Selection } from './selection.ts';
import { isComment, type TreeComment, type TreeMap, type TreeValue } from './tree.ts';
import { bytesOf, decryptValue, encryptValue, pathText } from './value.ts';

export interface CipherOptions {
  readonly key: Uint8Array;
  readonly isSelected: Selection;
  /** The MAC covers encrypted values alone. */
  readonly macOnlyEncrypted: boolean;
}

export interface CipherResult {
  readonly branches: readonly TreeMap[];
  /** SHA-512 of the plain values in their order, upper-case hex. */
  readonly mac: string;
}

/**
 * Decrypts what is selected in all documents of a file.
 *
 * @throws {SopsError} `VALUE`
 */
export function decryptTree(branches: readonly TreeMap[], options: CipherOptions): CipherResult {
  return rewrite(branches, options, {
    comment: (comment, path) => decryptComment(comment, path, options.key),
    scalar(value, path) {
      const plain = decryptScalar(value, path, options.key);
      return { next: plain, plain };
    },
  });
}

/** Encrypts what is selected. */
export function encryptTree(branches: readonly TreeMap[], options: CipherOptions): CipherResult {
  return rewrite(branches, options, {
    comment: (comment, path) => ({ type: 'comment', text: encryptValue(comment, options.key, pathText(path)) }),
    scalar: (value, path) => ({ next: encryptValue(value, options.key, pathText(path)), plain: value }),
  });
}

/** What is done to selected leaves. */
interface Change {
  comment(comment: TreeComment, path: Leaf['path']): TreeComment;
  scalar(value: Leaf['value'], path: Leaf['path']): { readonly next: TreeValue; readonly plain: TreeValue };
}

function rewrite(
  branches: readonly TreeMap[],
  { isSelected, macOnlyEncrypted }: CipherOptions,
  change: Change,
): CipherResult {
  const copies = branches.map(copyTree);
  const mac = createHash('sha512');
  // Tells this MAC from the one over everything.
  if (macOnlyEncrypted) mac.update(createHash('sha256').update('sops').digest());
  for (const copy of copies) {
    for (const { path, comments, value, put } of leavesOf(copy)) {
      const selected = isSelected(path, comments, isComment(value));
      if (isComment(value)) {
        if (selected) put(change.comment(value, path));
        continue;
      }
      const { next, plain } = selected ? change.scalar(value, path) : { next: value, plain: value };
      if (selected) put(next);
      // Comments are not covered, whatever they are written as.
      if (!isComment(plain) && (selected || !macOnlyEncrypted)) mac.update(bytesOf(plain));
    }
  }
  return { branches: copies, mac: mac.digest('hex').toUpperCase() };
}

function decryptScalar(value: Leaf['value'], path: Leaf['path'], key: Uint8Array): TreeValue {
  const failed = (why: string) => new SopsError('VALUE', `Could not decrypt value: ${why}`);
  if (typeof value !== 'string') throw failed('a value that should be encrypted is not');
  try {
    return decryptValue(value, key, pathText(path));
  } catch (error) {
    throw error instanceof SopsError ? failed(error.message) : error;
  }
}

/** Comments that do not decrypt were not encrypted: older versions left them alone. */
function decryptComment({ text, paths = [] }: TreeComment, path: Leaf['path'], key: Uint8Array): TreeComment {
  const candidates = text.startsWith('ENC[') ? [path, ...paths] : [];
  for (const candidate of candidates) {
    const plain = tryDecrypt(text, candidate, key);
    if (isComment(plain)) return plain;
    if (typeof plain === 'string') return { type: 'comment', text: plain };
  }
  return { type: 'comment', text };
}

function tryDecrypt(text: string, path: Leaf['path'], key: Uint8Array): TreeValue | undefined {
  try {
    return decryptValue(text, key, pathText(path));
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}
