import type { Format } from '@fluvial/sops';
import { parseYaml } from '@fluvial/yaml';

/** What was encrypted and must not be told, as it turns up in messages of builds and servers. */
export interface Redactor {
  /** Learns the values that are encrypted in one of two equal trees and plain in the other. */
  learnValues(sealed: unknown, plain: unknown): void;
  /** The same of a file. */
  learnFile(sealed: Uint8Array, plain: Uint8Array, format: Format): void;
  /** All of a text. */
  learnText(text: string): void;
  /** The message with `***` in the place of what was learned. */
  redact(message: string): string;
}

/** Shorter values would make a message unreadable, and are no secrets. */
const minLength = 3;
/** kustomize ends a message with a whole node, printed its own way. */
const quotesNode = /(node contents:)[\s\S]*/;

/** Values and lines of one owner's files. A message of a build with more is not told at all. */
const maxSecrets = 20_000;

export function createRedactor(): Redactor {
  const found = new Set<string>();
  let isFull = false;

  function add(text: string): void {
    for (const part of [text, ...text.split('\n', maxSecrets)]) {
      const trimmed = part.trim();
      if (trimmed.length < minLength) continue;
      isFull ||= found.size >= maxSecrets;
      if (isFull) return;
      found.add(trimmed);
      found.add(JSON.stringify(trimmed).slice(1, -1));
    }
  }

  return {
    learnValues: (sealed, plain) => compare(sealed, plain, [], add),
    learnFile(sealed, plain, format) {
      const before = Buffer.from(sealed).toString('utf8');
      const after = Buffer.from(plain).toString('utf8');
      if (format === 'binary') add(after);
      else if (format === 'yaml' || format === 'json') compare(parse(before), parse(after), [], add);
      else compareLines(before, after, add);
    },
    learnText: add,
    redact(message) {
      if (isFull) return 'failed with a message that may hold what was decrypted';
      if (found.size === 0) return message;
      // A long one may hold a short one.
      const secrets = [...found].sort((a, b) => b.length - a.length);
      return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message.replace(quotesNode, '$1 ***'));
    },
  };
}

/** Where an object says what it is: messages need it, and everybody who may read objects knows it. */
const identity = /^(?:\d+\/)?(?:apiVersion|kind|metadata\/name|metadata\/namespace)$/;

function compare(sealed: unknown, plain: unknown, path: readonly string[], add: (secret: string) => void): void {
  if (typeof plain === 'object' && plain !== null) {
    const other = typeof sealed === 'object' && sealed !== null ? (sealed as Record<string, unknown>) : {};
    for (const [key, value] of Object.entries(plain)) {
      const before = Object.hasOwn(other, key) ? other[key] : undefined;
      compare(before, value, [...path, key], add);
    }
  } else if (typeof sealed === 'string' && sealed.startsWith('ENC[') && !identity.test(path.join('/')))
    add(String(plain));
}

function compareLines(sealed: string, plain: string, add: (secret: string) => void): void {
  const open = new Set(sealed.split('\n'));
  for (const line of plain.split('\n')) {
    if (open.has(line)) continue;
    add(line.slice(line.search(/[=:]/) + 1).replaceAll('\\n', '\n'));
  }
}

function parse(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    // What was decrypted has been read as such before: there is nothing here to compare.
    return undefined;
  }
}
