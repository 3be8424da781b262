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

/** Fields of an entry of the metadata. */
export interface KeyEntry {
  /** Empty when it is missing or no scalar. */
  text(name: string): string;
  /** The texts of a map; empty when it is missing or none. */
  texts(name: string): Readonly<Record<string, string>>;
}

type OfType<T extends MasterKey['type']> = Extract<MasterKey, { type: T }>;

interface KeyType<T extends MasterKey['type']> {
  /** What the entry says besides `enc`. */
  read(entry: KeyEntry): Omit<OfType<T>, 'type' | 'enc'>;
  /** How messages name the key. */
  name(key: OfType<T>): string;
}

/** Rule: the field names of SOPS' metadata. The order is that in which a group's keys are listed. */
const types: { readonly [T in MasterKey['type']]: KeyType<T> } = {
  kms: {
    read: (entry) => ({ arn: entry.text('arn'), role: entry.text('role'), context: entry.texts('context') }),
    name: ({ arn, role }) => [arn, role].filter((part) => part !== '').join('+'),
  },
  gcp_kms: {
    read: (entry) => ({ resourceId: entry.text('resource_id') }),
    name: ({ resourceId }) => resourceId,
  },
  azure_kv: {
    read: (entry) => ({
      vaultUrl: entry.text('vault_url'),
      name: entry.text('name'),
      version: entry.text('version'),
    }),
    name: ({ vaultUrl, name, version }) => `${vaultUrl}/keys/${name}/${version}`,
  },
  hc_vault: {
    read: (entry) => ({
      address: entry.text('vault_address'),
      enginePath: entry.text('engine_path'),
      keyName: entry.text('key_name'),
    }),
    name: ({ address, enginePath, keyName }) => `${address}/v1/${enginePath}/keys/${keyName}`,
  },
  hckms: {
    read: (entry) => ({ keyId: entry.text('key_id') }),
    name: ({ keyId }) => keyId,
  },
  pgp: {
    read: (entry) => ({ fingerprint: entry.text('fp') }),
    name: ({ fingerprint }) => fingerprint,
  },
  age: {
    read: (entry) => ({ recipient: entry.text('recipient') }),
    name: ({ recipient }) => recipient,
  },
};

/** The lists of a group. */
export const keyTypes = Object.keys(types) as readonly MasterKey['type'][];

export function readMasterKey(type: MasterKey['type'], entry: KeyEntry): MasterKey {
  return { type, enc: entry.text('enc'), ...types[type].read(entry) } as MasterKey;
}

/** Name of a key in messages. */
export function nameOfKey(key: MasterKey): string {
  return (types[key.type] as KeyType<typeof key.type>).name(key as never);
}
