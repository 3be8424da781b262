import { SopsError } from './error.ts';
import { maxKeys } from './limits.ts';
import { type KeyEntry, keyTypes, type MasterKey, readMasterKey } from './master-key.ts';
import { defaultRule, type SelectionRule } from './selection.ts';

/** What a file says of its encryption. */
export interface SopsMetadata {
  readonly groups: readonly KeyGroup[];
  /** Groups that are needed; 0 when the file says nothing. */
  readonly shamirThreshold: number;
  readonly rule: SelectionRule;
  /** The encrypted MAC; empty when there is none. */
  readonly mac: string;
  readonly macOnlyEncrypted: boolean;
  /** What the MAC is bound to: RFC 3339. */
  readonly lastModified: string;
  readonly version: string;
}

/** Any of the keys gives the group's part of the data key. */
export type KeyGroup = readonly MasterKey[];

/** How each rule's text is meant. */
const rules: Readonly<Record<SelectionRule['by'], (text: string) => SelectionRule>> = {
  unencrypted_suffix: (suffix) => ({ by: 'unencrypted_suffix', suffix }),
  encrypted_suffix: (suffix) => ({ by: 'encrypted_suffix', suffix }),
  unencrypted_regex: (regex) => ({ by: 'unencrypted_regex', regex }),
  encrypted_regex: (regex) => ({ by: 'encrypted_regex', regex }),
  unencrypted_comment_regex: (regex) => ({ by: 'unencrypted_comment_regex', regex }),
  encrypted_comment_regex: (regex) => ({ by: 'encrypted_comment_regex', regex }),
};

/**
 * Reads the `sops` block.
 *
 * @throws {SopsError} `METADATA`, `LIMIT`; messages without a place, as they follow `failed to load encrypted … data: `
 */
export function readMetadata(block: unknown): SopsMetadata {
  if (!isRecord(block)) throw new SopsError('METADATA', 'sops metadata not found');
  const { text } = entryOf(block);
  return {
    lastModified: canonicalTime(text('lastmodified')),
    groups: groupsOf(block),
    rule: ruleOf(text),
    shamirThreshold: groupCount(text('shamir_threshold')),
    mac: text('mac'),
    macOnlyEncrypted: block['mac_only_encrypted'] === true || text('mac_only_encrypted') === 'true',
    version: text('version'),
  };
}

/** Keys of the block itself win over `key_groups`. Rule: SOPS, which writes the latter only for several groups. */
function groupsOf(block: Fields): KeyGroup[] {
  const own = groupOf(block);
  const groups = own.length > 0 ? [own] : records(block['key_groups']).map(groupOf);
  if (groups.length === 0) throw new SopsError('METADATA', 'No keys found in file');
  const count = groups.reduce((sum, { length }) => sum + length, 0);
  if (count > maxKeys) throw new SopsError('LIMIT', `more than ${maxKeys} keys`);
  return groups;
}

function groupOf(block: Fields): KeyGroup {
  return keyTypes.flatMap((type) => records(block[type]).map((entry) => readMasterKey(type, entryOf(entry))));
}

function ruleOf(text: KeyEntry['text']): SelectionRule {
  const given = (Object.keys(rules) as SelectionRule['by'][]).filter((by) => text(by) !== '');
  if (given.length > 1) {
    throw new SopsError(
      'METADATA',
      'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    );
  }
  const [by] = given;
  return by === undefined ? defaultRule : rules[by](text(by));
}

/** Shares have a byte for their place, so there are 255 groups at most. */
function groupCount(text: string): number {
  const count = text === '' ? 0 : Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= 255) return count;
  throw new SopsError('METADATA', 'shamir_threshold is no number of groups');
}

/** The time as the MAC is bound to it: whole seconds, the offset as given. */
function canonicalTime(value: string): string {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,]\d+)?(Z|[-+]\d{2}:\d{2})$/.exec(value);
  if (match === null || Number.isNaN(Date.parse(`${match[1]}${match[2]}`)))
    throw new SopsError('METADATA', `parsing time: lastmodified is not in the form of RFC 3339`);
  const zone = match[2] === '+00:00' || match[2] === '-00:00' ? 'Z' : match[2];
  return `${match[1]}${zone}`;
}

type Fields = Readonly<Record<string, unknown>>;

function entryOf(fields: Fields): KeyEntry {
  return {
    text(name) {
      const value = fields[name];
      if (typeof value === 'string') return value;
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
    },
    texts(name) {
      const value = fields[name];
      const entries = isRecord(value) ? Object.entries(value) : [];
      return Object.assign(
        Object.create(null),
        Object.fromEntries(entries.filter(([, item]) => typeof item === 'string')),
      ) as Record<string, string>;
    },
  };
}

function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
