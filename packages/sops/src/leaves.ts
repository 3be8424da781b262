import type { CommentsAbove } from './selection.ts';
import { isComment, isList, isMap, type TreeItem, type TreeList, type TreeMap, type TreeValue } from './tree.ts';

/** A scalar or a comment, where it stands in its tree. */
export interface Leaf {
  /** Keys of the maps around it, outermost first. Positions in lists are no part of it. */
  readonly path: readonly string[];
  /** Comments before it, and before what it is in; a comment is among its own. */
  readonly comments: CommentsAbove;
  readonly value: Exclude<TreeValue, TreeMap | TreeList | null>;
  /** Puts something else in its place; a comment among entries stays one. */
  put(value: TreeValue): void;
}

/** A copy whose leaves can be put in place while the original stays. */
export function copyTree<T extends TreeValue>(value: T): T {
  if (isList(value)) return { type: 'list', items: value.items.map(copyTree) } as TreeList as T;
  if (!isMap(value)) return value;
  const copyItem = (item: TreeItem): TreeItem => (isComment(item) ? item : { ...item, value: copyTree(item.value) });
  return { type: 'map', items: value.items.map(copyItem) } as TreeMap as T;
}

/**
 * The leaves of a tree in the order of the file; nulls are none. What a leaf says of its comments holds until the next one
 * is asked for.
 */
export function leavesOf(tree: TreeMap): Generator<Leaf> {
  return below(tree, [], []);
}

function* below(node: TreeMap | TreeList, path: readonly string[], outer: CommentsAbove): Generator<Leaf> {
  const items = node.items as (TreeItem | TreeValue)[];
  const above: string[] = [];
  const comments = [...outer, above];
  for (const [index, item] of items.entries()) {
    if (isComment(item)) {
      above.push(item.text);
      const put = (next: TreeValue) => {
        if (isComment(next)) items[index] = next;
      };
      yield { path, comments, value: item, put };
      continue;
    }
    const entry = isMap(node) ? (item as Extract<TreeItem, { type: 'entry' }>) : undefined;
    const value = entry ? entry.value : (item as TreeValue);
    const here = entry ? [...path, entry.key] : path;
    const put = (next: TreeValue) => {
      items[index] = entry ? { ...entry, value: next } : next;
    };
    if (isMap(value) || isList(value)) yield* below(value, here, comments);
    else if (value !== null) yield { path: here, comments, value, put };
    // They spoke of this item alone.
    above.length = 0;
  }
}
