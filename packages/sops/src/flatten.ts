import { SopsError } from './error.ts';
import { maxKeys } from './limits.ts';

/** One flattened value: the way to it from here, and its text. */
interface Branch {
  readonly way: readonly Step[];
  readonly text: string;
}

/** A step down: to a field of a map, or to a position of a list. */
type Step = { readonly to: 'map'; readonly key: string } | { readonly to: 'list'; readonly key: number };

type Nested = string | Nested[] | { [key: string]: Nested };

/**
 * Puts metadata together that was flattened for files without nesting: `age__list_0__map_enc` is `age[0].enc`. Line
 * feeds of values are written `\n`.
 *
 * @throws {SopsError} `METADATA`, `LIMIT`
 */
export function unflattenMetadata(flat: Iterable<readonly [key: string, value: string]>): Record<string, unknown> {
  const branches = Array.from(flat, ([key, value]) => ({ way: wayOf(key), text: value.replaceAll('\\n', '\n') }));
  return branches.length === 0 ? Object.create(null) : (join(branches) as Record<string, unknown>);
}

function wayOf(key: string): Step[] {
  // The first part has no mark before it: the top is a map.
  const [top = '', ...rest] = key.split(/__(map|list)_/);
  const way: Step[] = [{ to: 'map', key: top }];
  for (let index = 0; index < rest.length; index += 2) {
    const name = rest[index + 1] as string;
    way.push(rest[index] === 'map' ? { to: 'map', key: name } : { to: 'list', key: positionOf(name) });
  }
  return way;
}

function positionOf(text: string): number {
  if (!/^\d+$/.test(text)) throw contradiction();
  const position = Number(text);
  if (position >= maxKeys) throw new SopsError('LIMIT', `more than ${maxKeys} keys`);
  return position;
}

/** What branches that begin at one place make of it: they must agree whether it is a text, a map or a list. */
function join(branches: readonly Branch[]): Nested {
  const kinds = new Set(branches.map(({ way }) => way[0]?.to));
  if (kinds.size > 1) throw contradiction();
  const [kind] = kinds;
  // A key that comes twice has its last value.
  if (kind === undefined) return branches.at(-1)?.text ?? '';
  const below = new Map<string | number, Branch[]>();
  for (const { way, text } of branches) {
    const [{ key } = { key: '' }, ...rest] = way;
    const known = below.get(key);
    if (known) known.push({ way: rest, text });
    else below.set(key, [{ way: rest, text }]);
  }
  if (kind === 'map') {
    const map: Record<string, Nested> = Object.create(null);
    for (const [key, inner] of below) map[key] = join(inner);
    return map;
  }
  return [...below].sort(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => join(inner));
}

function contradiction(): SopsError {
  return new SopsError('METADATA', 'flattened metadata contradicts itself');
}

/** The opposite: values that are lists or maps become entries of their own. */
export function flattenMetadata(block: Readonly<Record<string, unknown>>): [key: string, value: string][] {
  return Object.entries(block).flatMap(([key, value]) => [...entriesOf(key, value)]);
}

function* entriesOf(key: string, value: unknown): Generator<[key: string, value: string]> {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object') {
    yield [key, String(value).replaceAll('\n', '\\n')];
    return;
  }
  const mark = Array.isArray(value) ? 'list' : 'map';
  for (const [name, inner] of Object.entries(value)) yield* entriesOf(`${key}__${mark}_${name}`, inner);
}
