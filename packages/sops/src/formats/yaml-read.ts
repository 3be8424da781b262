import {
  parseTimestamp,
  parseYamlNodes,
  type YamlComment,
  YamlError,
  type YamlMapNode,
  type YamlNode,
} from '@fluvial/yaml';
import { SopsError } from '../error.ts';
import { maxDepth } from '../limits.ts';
import {
  createTreeBudget,
  type TreeBudget,
  type TreeComment,
  type TreeItem,
  type TreeMap,
  type TreeValue,
} from '../tree.ts';

/**
 * Reads YAML by the rules of go-yaml v3, comments included.
 *
 * @throws {SopsError} `SYNTAX`, `LIMIT`
 */
export function parseYamlTree(text: string): TreeMap[] {
  try {
    const budget = createTreeBudget();
    return parseYamlNodes(text, { rules: 'v3', maxDepth }).map(({ root, comments }) =>
      new Reader(comments, budget).document(root),
    );
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    // Names in the reason come from the text.
    const place = error.line > 0 ? ` at line ${error.line}` : '';
    throw new SopsError(error.code === 'LIMIT' ? 'LIMIT' : 'SYNTAX', `Error unmarshalling input yaml: invalid${place}`);
  }
}

/**
 * Builds one document. Comments go where the original puts them: before the key that they stand above or beside, or at
 * the end of the mapping that they are indented like.
 */
class Reader {
  private readonly comments: readonly YamlComment[];
  private readonly budget: TreeBudget;
  private next = 0;
  private readonly path: string[] = [];

  constructor(comments: readonly YamlComment[], budget: TreeBudget) {
    this.comments = comments;
    this.budget = budget;
  }

  document(root: YamlNode | undefined): TreeMap {
    const isEmpty = root === undefined || (root.type === 'scalar' && root.value === null);
    if (isEmpty) return { type: 'map', items: this.take(() => true) };
    if (root.type === 'list')
      throw new SopsError(
        'SYNTAX',
        'Error unmarshaling input YAML: YAML documents that are sequences are not supported',
      );
    if (root.type === 'scalar')
      throw new SopsError('SYNTAX', 'Error unmarshaling input YAML: YAML documents that are values are not supported');
    const map = this.map(root, Number.POSITIVE_INFINITY, 0);
    return { type: 'map', items: [...map.items, ...this.take(() => true)] };
  }

  private map(node: YamlMapNode, limit: number, depth: number): TreeMap {
    this.budget.enter(depth);
    const items: TreeItem[] = [];
    node.entries.forEach(([key, value], index) => {
      const after = Math.min(node.entries[index + 1]?.[0].start ?? limit, limit);
      items.push(...this.take((comment) => comment.start < key.start));
      items.push(...this.beside(value, after));
      const name = keyText(key);
      this.path.push(name);
      const tree = this.value(value, after, depth + 1, node.column);
      this.path.pop();
      items.push({ type: 'entry', key: name, value: tree });
    });
    if (!node.flow) items.push(...this.take((comment) => comment.start < limit && comment.column >= node.column));
    return { type: 'map', items };
  }

  /** Comments behind `key:` or behind its scalar. */
  private beside(value: YamlNode, after: number): TreeComment[] {
    const end = value.type === 'scalar' ? after : value.start;
    return this.take((comment) => comment.start < end && !comment.ownLine);
  }

  private value(node: YamlNode, limit: number, depth: number, parentColumn: number): TreeValue {
    switch (node.type) {
      case 'map':
        return this.map(node, limit, depth);
      case 'list': {
        this.budget.enter(depth);
        const items: TreeValue[] = [];
        node.items.forEach((item, index) => {
          const after = Math.min(node.items[index + 1]?.start ?? limit, limit);
          items.push(...this.take((comment) => comment.start < item.start));
          if (item.type === 'scalar') items.push(...this.take((comment) => comment.start < after && !comment.ownLine));
          items.push(this.value(item, after, depth + 1, node.column));
        });
        const isInside = (column: number) =>
          node.column > parentColumn ? column >= node.column : column > parentColumn;
        if (!node.flow) items.push(...this.take(({ start, column }) => start < limit && isInside(column)));
        return { type: 'list', items };
      }
      default:
        this.budget.leaf();
        return scalar(node);
    }
  }

  private take(isMine: (comment: YamlComment) => boolean): TreeComment[] {
    const taken: TreeComment[] = [];
    for (;;) {
      const comment = this.comments[this.next];
      if (comment === undefined || !isMine(comment)) return taken;
      this.next++;
      this.budget.leaf();
      const { path } = this;
      const paths = path.map((_, index) => path.slice(0, index));
      taken.push({ type: 'comment', text: comment.text, ...(paths.length > 0 ? { paths } : {}) });
    }
  }
}

function keyText(key: YamlNode): string {
  if (key.type === 'scalar' && typeof scalar(key) === 'string') return key.text;
  throw new SopsError('SYNTAX', 'Tree contains a non-string key. Only string keys are supported');
}

const integer = /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oObB]?[0-9_]*|[1-9][0-9_]*)$/;

function scalar(node: Extract<YamlNode, { type: 'scalar' }>): TreeValue {
  const { value, text, plain } = node;
  if (plain) {
    const time = parseTimestamp(text);
    if (time !== undefined) return { type: 'time', text: time };
  }
  if (typeof value === 'number') return integer.test(text) ? BigInt(value) : value;
  return value;
}
