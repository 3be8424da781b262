import { YamlError } from './error.ts';
import { formatJsonNumber } from './numbers.ts';
import { compareBytes } from './order.ts';
import { setOwn } from './own-property.ts';

// A number that long, where a number can stand: digests and revisions are full of digits, and they are strings.
const LONG_NUMBER = /(?:^|":|[,[])\s*-?\d{16}/;
const MAX_DEPTH = 1000;

/**
 * Reads JSON; integers that a double would change become BigInt. `__proto__` is an ordinary own key.
 *
 * @throws {YamlError} `JSON` (with the native error as cause), `LIMIT` beyond 1000 levels.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new YamlError('JSON', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  // The native parser has proved the syntax; read again only where a long number may have lost digits.
  return LONG_NUMBER.test(text) ? new ExactReader(text).read() : value;
}

/** Reads a text that is known to be JSON, keeping big integers. */
class ExactReader {
  private readonly text: string;
  private position = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): unknown {
    this.skip();
    const code = this.text.charCodeAt(this.position);
    if (code === 123) return this.object();
    if (code === 91) return this.array();
    if (code === 34) return this.string();
    const end = this.tokenEnd();
    const token = this.text.slice(this.position, end);
    this.position = end;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (token === 'null') return null;
    const value = Number(token);
    if (token.length < 16 || Number.isSafeInteger(value) || /[.eE]/.test(token)) return value;
    return BigInt(token);
  }

  private skip(): void {
    while (this.text.charCodeAt(this.position) <= 32) this.position++;
  }

  private tokenEnd(): number {
    let end = this.position;
    while (end < this.text.length && !',]} \n\r\t'.includes(this.text.charAt(end))) end++;
    return end;
  }

  private string(): string {
    let end = this.position + 1;
    for (let code = this.text.charCodeAt(end); code !== 34; code = this.text.charCodeAt(end))
      end += code === 92 ? 2 : 1;
    const raw = this.text.slice(this.position, end + 1);
    this.position = end + 1;
    return JSON.parse(raw) as string;
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw new YamlError('LIMIT', 'json: nested too deeply');
    this.position++;
    this.skip();
  }

  private leave(): void {
    this.depth--;
    this.position++;
  }

  private array(): unknown[] {
    this.enter();
    const list: unknown[] = [];
    while (this.text.charCodeAt(this.position) !== 93) {
      list.push(this.read());
      this.skip();
      if (this.text.charCodeAt(this.position) === 44) this.position++;
      this.skip();
    }
    this.leave();
    return list;
  }

  private object(): Record<string, unknown> {
    this.enter();
    const object: Record<string, unknown> = {};
    while (this.text.charCodeAt(this.position) !== 125) {
      const key = this.string();
      this.skip();
      this.position++; // the colon
      setOwn(object, key, this.read());
      this.skip();
      if (this.text.charCodeAt(this.position) === 44) this.position++;
      this.skip();
    }
    this.leave();
    return object;
  }
}

export interface StringifyJsonOptions {
  /** Keys in byte order, as Go prints maps. Default: the object's own order. */
  readonly sortKeys?: boolean;
  /** Write `<`, `>`, `&`, U+2028 and U+2029 as `\u003c` …, as Go's encoder does by default. Default false. */
  readonly escapeHtml?: boolean;
}

/**
 * Prints compact JSON; BigInt as plain digits. `undefined` members are left out.
 *
 * @throws {YamlError} `UNSUPPORTED` for a value that JSON cannot hold.
 */
export function stringifyJson(value: unknown, options: StringifyJsonOptions = {}): string {
  if (options.sortKeys !== true && options.escapeHtml !== true) {
    try {
      return JSON.stringify(value) ?? 'null';
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // a BigInt somewhere: the slow way below
    }
  }
  return print(value, options, 0);
}

const HTML = /[<>&\u2028\u2029]/g;

function printString(text: string, options: StringifyJsonOptions): string {
  const json = JSON.stringify(text);
  if (options.escapeHtml !== true) return json;
  return json.replace(HTML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function print(value: unknown, options: StringifyJsonOptions, depth: number): string {
  if (depth > MAX_DEPTH) throw new YamlError('LIMIT', 'json: nested too deeply');
  switch (typeof value) {
    case 'string':
      return printString(value, options);
    case 'number':
      if (!Number.isFinite(value)) throw new YamlError('UNSUPPORTED', `json: unsupported value: ${value}`);
      return formatJsonNumber(value);
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    case 'object':
      break;
    default:
      throw new YamlError('UNSUPPORTED', `json: unsupported type: ${typeof value}`);
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => print(item, options, depth + 1)).join(',')}]`;
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  if (options.sortKeys === true) keys.sort(compareBytes);
  const members: string[] = [];
  for (const key of keys) {
    const item = object[key];
    if (item === undefined) continue;
    members.push(`${printString(key, options)}:${print(item, options, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}
