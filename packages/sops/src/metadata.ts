import { SopsError } from './error.ts';
import { maxKeys } from './limits.ts';
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

/** An encrypted copy of the data key (or of a part of it). */
export type MasterKey =
  | { readonly type: 'age'; readonly recipient: string; readonly enc: string }
  | { readonly type: 'pgp'; readonly fingerprint: string; readonly enc: string }
  | {
      readonly type: 'kms';
      readonly arn: string;
      readonly role: string;
      readonly context: Readonly<Record<string, string>>;
      readonly enc: string;
    }
  | { readonly type: 'gcp_kms'; readonly resourceId: string; readonly enc: string }
  | {
      readonly type: 'azure_kv';
      readonly vaultUrl: string;
      readonly name: string;
      readonly version: string;
      readonly enc: string;
    }
  | {
      readonly type: 'hc_vault';
      readonly address: string;
      readonly enginePath: string;
      readonly keyName: string;
      readonly enc: string;
    }
  | { readonly type: 'hckms'; readonly keyId: string; readonly enc: string };

/** Name of a key in messages. */
export function nameOfKey(key: MasterKey): string {
  switch (key.type) {
    case 'age':
      return key.recipient;
    case 'pgp':
      return key.fingerprint;
    case 'kms':
      return key.role === '' ? key.arn : `${key.arn}+${key.role}`;
    case 'gcp_kms':
      return key.resourceId;
    case 'azure_kv':
      return `${key.vaultUrl}/keys/${key.name}/${key.version}`;
    case 'hc_vault':
      return `${key.address}/v1/${key.enginePath}/keys/${key.keyName}`;
    case 'hckms':
      return key.keyId;
  }
}

const ruleNames = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;
// The order in which the original lists the keys of a group.
const keyLists = ['kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'hckms', 'pgp', 'age'] as const;

/**
 * Reads the `sops` block.
 *
 * @throws {SopsError} `METADATA`, `LIMIT`; messages without a place, as they follow `failed to load encrypted … data: `
 */
export function readMetadata(block: unknown): SopsMetadata {
  if (!isRecord(block)) throw new SopsError('METADATA', 'sops metadata not found');
  const lastModified = canonicalTime(text(block, 'lastmodified'));
  const groups = readGroups(block);
  const rules = ruleNames.filter((name) => text(block, name) !== '');
  if (rules.length > 1) {
    throw new SopsError(
      'METADATA',
      'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    );
  }
  const [by] = rules;
  const threshold = block['shamir_threshold'];
  return {
    groups,
    shamirThreshold: threshold === undefined || threshold === null ? 0 : wholeNumber(threshold),
    rule: by === undefined ? defaultRule : ruleOf(by, text(block, by)),
    mac: text(block, 'mac'),
    macOnlyEncrypted: block['mac_only_encrypted'] === true || block['mac_only_encrypted'] === 'true',
    lastModified,
    version: text(block, 'version'),
  };
}

function ruleOf(by: (typeof ruleNames)[number], value: string): SelectionRule {
  return by === 'unencrypted_suffix' || by === 'encrypted_suffix' ? { by, suffix: value } : { by, regex: value };
}

function readGroups(block: Record<string, unknown>): KeyGroup[] {
  const listed = block['key_groups'];
  const groups: KeyGroup[] = [];
  const own = readGroup(block);
  // Keys of the block itself win, as in the original.
  if (own.length > 0) groups.push(own);
  else if (Array.isArray(listed)) for (const group of listed) if (isRecord(group)) groups.push(readGroup(group));
  if (groups.length === 0) throw new SopsError('METADATA', 'No keys found in file');
  if (groups.reduce((sum, group) => sum + group.length, 0) > maxKeys)
    throw new SopsError('LIMIT', `more than ${maxKeys} keys`);
  return groups;
}

function readGroup(block: Record<string, unknown>): MasterKey[] {
  const keys: MasterKey[] = [];
  for (const type of keyLists) {
    const list = block[type];
    if (!Array.isArray(list)) continue;
    for (const entry of list) if (isRecord(entry)) keys.push(readKey(type, entry));
  }
  return keys;
}

function readKey(type: (typeof keyLists)[number], entry: Record<string, unknown>): MasterKey {
  const enc = text(entry, 'enc');
  switch (type) {
    case 'age':
      return { type, recipient: text(entry, 'recipient'), enc };
    case 'pgp':
      return { type, fingerprint: text(entry, 'fp'), enc };
    case 'kms': {
      const context: Record<string, string> = Object.create(null);
      if (isRecord(entry['context']))
        for (const [name, value] of Object.entries(entry['context']))
          if (typeof value === 'string') context[name] = value;
      return { type, arn: text(entry, 'arn'), role: text(entry, 'role'), context, enc };
    }
    case 'gcp_kms':
      return { type, resourceId: text(entry, 'resource_id'), enc };
    case 'azure_kv':
      return {
        type,
        vaultUrl: text(entry, 'vault_url'),
        name: text(entry, 'name'),
        version: text(entry, 'version'),
        enc,
      };
    case 'hc_vault':
      return {
        type,
        address: text(entry, 'vault_address'),
        enginePath: text(entry, 'engine_path'),
        keyName: text(entry, 'key_name'),
        enc,
      };
    case 'hckms':
      return { type, keyId: text(entry, 'key_id'), enc };
  }
}

function wholeNumber(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0 || number > 255)
    throw new SopsError('METADATA', 'shamir_threshold is no number of groups');
  return number;
}

/** The time as the MAC is bound to it: whole seconds, the offset as given. */
function canonicalTime(value: string): string {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,]\d+)?(Z|[-+]\d{2}:\d{2})$/.exec(value);
  if (match === null || Number.isNaN(Date.parse(`${match[1]}${match[2]}`)))
    throw new SopsError('METADATA', `parsing time: lastmodified is not in the form of RFC 3339`);
  const zone = match[2] === '+00:00' || match[2] === '-00:00' ? 'Z' : match[2];
  return `${match[1]}${zone}`;
}

function text(block: Record<string, unknown>, name: string): string {
  const value = block[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
