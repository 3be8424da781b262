import { SopsError } from './error.ts';
import { maxKeys } from './limits.ts';

type Block = Record<string, unknown>;

/**
 * Puts metadata together that was flattened for files without nesting: `age__list_0__map_enc` is `age[0].enc`. Line
 * feeds of values are written `\n`.
 *
 * @throws {SopsError} `METADATA`, `LIMIT`
 */
export function unflattenMetadata(flat: Iterable<readonly [key: string, value: string]>): Block {
  const block: Block = Object.create(null);
  for (const [key, value] of flat) insert(block, key.split(/(?=__map_|__list_)/), value.replaceAll('\\n', '\n'));
  return block;
}

function insert(block: Block, tokens: readonly string[], value: string): void {
  let node: Block | unknown[] = block;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    const empty = (): Block | unknown[] => (next?.startsWith('__list_') ? [] : Object.create(null));
    const place = placeOf(token, node);
    const target = node as Record<string | number, unknown>;
    if (next === undefined) target[place] = value;
    else {
      target[place] ??= empty();
      const child = target[place];
      if (typeof child !== 'object' || child === null || Array.isArray(child) !== next.startsWith('__list_'))
        throw new SopsError('METADATA', 'flattened metadata contradicts itself');
      node = child as Block | unknown[];
    }
  });
}

function placeOf(token: string, node: Block | unknown[]): string | number {
  if (!token.startsWith('__list_')) return token.startsWith('__map_') ? token.slice('__map_'.length) : token;
  const position = Number(token.slice('__list_'.length));
  if (!Array.isArray(node) || !Number.isInteger(position) || position < 0)
    throw new SopsError('METADATA', 'flattened metadata contradicts itself');
  if (position >= maxKeys) throw new SopsError('LIMIT', `more than ${maxKeys} keys`);
  return position;
}

/** The opposite: values that are lists or maps become entries of their own. */
export function flattenMetadata(block: Readonly<Record<string, unknown>>): [key: string, value: string][] {
  const out: [string, string][] = [];
  const visit = (prefix: string, value: unknown) => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(`${prefix}__list_${index}`, item);
      });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) visit(`${prefix}__map_${key}`, item);
    } else if (value !== undefined && value !== null) out.push([prefix, String(value).replaceAll('\n', '\\n')]);
  };
  for (const [key, value] of Object.entries(block)) visit(key, value);
  return out;
}
