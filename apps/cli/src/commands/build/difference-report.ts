import type { KubeObject } from '@fluvial/kube';
import { deepEqual, stringifyYaml } from '@fluvial/yaml';
import { diffLines } from 'diff';
import type { Fields } from '../../objects/toolkit-object.ts';

/**
 * What differs between an object and what it would become, field by field: a line with the path, then what goes and
 * what comes, then an empty line. Metadata is compared in labels and annotations only, the status not at all; values of
 * Secrets are not shown.
 */
export function reportDifferences(live: KubeObject, wanted: KubeObject): string {
  let [from, to] = [comparable(live), comparable(wanted)];
  if (live.kind === 'Secret') [from, to] = maskValues(from, to);
  return mapDifferences([], from, to).join('');
}

function comparable(object: KubeObject): Fields {
  const { metadata, status: _, ...rest } = object;
  const { labels, annotations } = metadata;
  return { ...rest, metadata: { ...(annotations ? { annotations } : {}), ...(labels ? { labels } : {}) } };
}

function maskValues(from: Fields, to: Fields): [Fields, Fields] {
  const [before, after] = [from['data'], to['data']];
  if (!isMap(before) && !isMap(after)) return [from, to];
  const masked = (data: unknown, other: unknown, tail: string): Fields | undefined => {
    if (!isMap(data)) return undefined;
    const entries = Object.entries(data).map(([key, value]) => {
      const isChanged = isMap(other) && Object.hasOwn(other, key) && other[key] !== value;
      return [key, isChanged ? `*** (${tail})` : '***'];
    });
    return Object.fromEntries(entries) as Fields;
  };
  const [shownBefore, shownAfter] = [masked(before, after, 'before'), masked(after, before, 'after')];
  return [
    { ...from, ...(shownBefore ? { data: shownBefore } : {}) },
    { ...to, ...(shownAfter ? { data: shownAfter } : {}) },
  ];
}

function differences(path: readonly string[], from: unknown, to: unknown): string[] {
  if (deepEqual(from, to)) return [];
  if (isMap(from) && isMap(to)) return mapDifferences(path, from, to);
  if (Array.isArray(from) && Array.isArray(to)) return listDifferences(path, from, to);
  if (isLong(from) && isLong(to)) return [block(path, longTextDifference(from, to))];
  return [block(path, `± value change\n${lines(from, '- ')}${lines(to, '+ ')}`)];
}

function mapDifferences(path: readonly string[], from: Fields, to: Fields): string[] {
  const pick = (source: Fields, other: Fields) =>
    Object.fromEntries(
      Object.entries(source)
        .filter(([key]) => !Object.hasOwn(other, key))
        .sort(byKey),
    );
  const [removed, added] = [pick(from, to), pick(to, from)];
  const [gone, come] = [Object.keys(removed).length, Object.keys(added).length];
  const blocks: string[] = [];
  const head = (verb: string, count: number) =>
    `${verb === 'removed' ? '-' : '+'} ${counted(count, 'map entr')} ${verb}:`;
  if (gone > 0 && come > 0) {
    blocks.push(block(path, sideBySide(head('removed', gone), plain(removed), head('added', come), plain(added))));
  } else if (gone > 0) blocks.push(block(path, `${head('removed', gone)}\n${indent(plain(removed))}`));
  else if (come > 0) blocks.push(block(path, `${head('added', come)}\n${indent(plain(added))}`));
  for (const [key, value] of Object.entries(from).sort(byKey)) {
    if (Object.hasOwn(to, key)) blocks.push(...differences([...path, key], value, to[key]));
  }
  return blocks;
}

/** Fields that tell the entries of a list apart, the first that all entries have. */
const identifiers = ['name', 'key', 'id', 'port', 'containerPort', 'mountPath'];

function listDifferences(path: readonly string[], from: readonly unknown[], to: readonly unknown[]): string[] {
  const id = identifiers.find((field) => [from, to].every((list) => hasDistinct(list, field)));
  const keyOf = (entry: unknown, index: number) =>
    id === undefined
      ? isMap(entry) || Array.isArray(entry)
        ? String(index)
        : `=${String(entry)}`
      : String((entry as Fields)[id]);
  const [before, after] = [from, to].map((list) => new Map(list.map((entry, index) => [keyOf(entry, index), entry])));
  const removed = [...before!].filter(([key]) => !after!.has(key)).map(([, entry]) => entry);
  const added = [...after!].filter(([key]) => !before!.has(key)).map(([, entry]) => entry);
  const blocks: string[] = [];
  const head = (verb: string, count: number) =>
    `${verb === 'removed' ? '-' : '+'} ${counted(count, 'list entr')} ${verb}:`;
  if (removed.length > 0 && added.length > 0) {
    blocks.push(
      block(
        path,
        sideBySide(head('removed', removed.length), plain(removed), head('added', added.length), plain(added)),
      ),
    );
  } else if (removed.length > 0)
    blocks.push(block(path, `${head('removed', removed.length)}\n${indent(plain(removed))}`));
  else if (added.length > 0) blocks.push(block(path, `${head('added', added.length)}\n${indent(plain(added))}`));
  const kept = [...before!].filter(([key]) => after!.has(key));
  for (const [key, entry] of kept) blocks.push(...differences([...path, key], entry, after!.get(key)));
  if (blocks.length === 0) blocks.push(block(path, `⇆ order changed\n${lines(from, '- ')}${lines(to, '+ ')}`));
  return blocks;
}

function hasDistinct(list: readonly unknown[], field: string): boolean {
  const values = list.map((entry) => (isMap(entry) ? entry[field] : undefined));
  return values.every((value) => value !== undefined) && new Set(values).size === values.length;
}

function block(path: readonly string[], text: string): string {
  return `${path.length === 0 ? '(root level)' : path.join('.')}\n${text}\n`;
}

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

function word(count: number): string {
  return words[count] ?? String(count);
}

function counted(count: number, noun: string): string {
  return `${word(count)} ${noun}${count === 1 ? 'y' : 'ies'}`;
}

/** YAML for people: texts without quotes. */
function plain(value: unknown): string {
  return stringifyYaml(value).replace(/^(\s*(?:- )?[^:\n]+: )"([^"\\\n]*)"$/gm, '$1$2');
}

function lines(value: unknown, mark: string): string {
  const text = typeof value === 'string' ? value.replace(/\n$/, '') : plain(value).trimEnd();
  return `${text
    .split('\n')
    .map((line) => mark + line)
    .join('\n')}\n`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function sideBySide(leftHead: string, left: string, rightHead: string, right: string): string {
  const leftRows = [leftHead, ...left.trimEnd().split('\n')];
  const rightRows = [rightHead, ...indent(right).trimEnd().split('\n')];
  const width = Math.max(...leftRows.map((row) => row.length));
  let text = '';
  for (let row = 0; row < Math.max(leftRows.length, rightRows.length); row++) {
    text += `${(leftRows[row] ?? '').padEnd(width)}   ${rightRows[row] ?? ''}`.trimEnd();
    text += '\n';
  }
  return text;
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.trimEnd().includes('\n');
}

/** Lines of context around a change in a long text. */
const contextLines = 4;

function longTextDifference(from: string, to: string): string {
  const parts = diffLines(from, to);
  const count = (which: 'added' | 'removed') => parts.reduce((sum, part) => sum + (part[which] ? part.count : 0), 0);
  const said = (number: number, noun: string) => `${word(number)} ${noun}${number === 1 ? '' : 's'}`;
  let text = `± value change in multiline text (${said(count('added'), 'insert')}, ${said(count('removed'), 'deletion')})\n`;
  parts.forEach((part, index) => {
    const all = part.value.replace(/\n$/, '').split('\n');
    if (part.added || part.removed) {
      text += all.map((line) => `${part.added ? '+' : '-'} ${line}\n`).join('');
      return;
    }
    const head = index === 0 ? [] : all.slice(0, contextLines);
    const tail = index === parts.length - 1 ? [] : all.slice(-contextLines);
    const isWhole = head.length + tail.length >= all.length;
    const shown = isWhole
      ? all
      : [...head, `[${word(all.length - head.length - tail.length)} lines unchanged]`, ...tail];
    text += shown.map((line) => `  ${line}\n`).join('');
  });
  return text;
}
