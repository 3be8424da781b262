/**
 * How plain scalars are typed.
 *
 * - `v2`: go-yaml v2, that is YAML 1.1 as `sigs.k8s.io/yaml` and most Kubernetes tools read it: `yes`, `on`, `y` are
 *   booleans, `0777` is octal, timestamps stay text.
 * - `v3`: go-yaml v3 read into untyped values: booleans are `true`/`false` only, timestamps become RFC 3339 text.
 */
export type ScalarRules = 'v2' | 'v3';

const WORDS_V3 = new Map<string, unknown>();
for (const word of ['true', 'True', 'TRUE']) WORDS_V3.set(word, true);
for (const word of ['false', 'False', 'FALSE']) WORDS_V3.set(word, false);
for (const word of ['', '~', 'null', 'Null', 'NULL']) WORDS_V3.set(word, null);
for (const word of ['.nan', '.NaN', '.NAN']) WORDS_V3.set(word, Number.NaN);
for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) WORDS_V3.set(word, Number.POSITIVE_INFINITY);
for (const word of ['-.inf', '-.Inf', '-.INF']) WORDS_V3.set(word, Number.NEGATIVE_INFINITY);

const WORDS_V2 = new Map(WORDS_V3);
for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']) WORDS_V2.set(word, true);
for (const word of ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']) WORDS_V2.set(word, false);

const LONGEST_WORD = 5;

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/;
const BASED = /^([-+]?)0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+|[0-7]+)$/;
const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/**
 * Types a plain (unquoted) scalar without a tag. Returns a string, boolean, null, number, or a BigInt for integers
 * beyond 2^53 that fit in 64 bits.
 */
export function resolveScalar(text: string, rules: ScalarRules = 'v2'): unknown {
  const first = text.charCodeAt(0);
  // Letters first: nearly every scalar of a manifest. Only words of up to five letters can mean something else.
  if (first >= 65 || Number.isNaN(first)) {
    if (text.length > LONGEST_WORD) return text;
    const word = (rules === 'v2' ? WORDS_V2 : WORDS_V3).get(text);
    return word === undefined ? text : word;
  }
  if (first === 46 /* . */) {
    const word = WORDS_V3.get(text);
    if (word !== undefined) return word;
    return FLOAT.test(text) ? toFloat(text, text) : text;
  }
  if ((first >= 48 && first <= 57) || first === 43 || first === 45) return resolveNumber(text, rules);
  return text;
}

function resolveNumber(text: string, rules: ScalarRules): unknown {
  const last = text.charCodeAt(text.length - 1);
  if (text.length < 16 && DECIMAL.test(text)) return Number(text) + 0;
  const second = text.charCodeAt(1);
  if (second === 46 /* -.inf */) {
    const word = WORDS_V3.get(text);
    if (word !== undefined) return word;
  }
  const timestamp = parseTimestamp(text);
  if (timestamp !== undefined) return rules === 'v3' ? timestamp : text;
  // A number ends in a digit, a dot or (hexadecimal) a letter; anything longer is a name such as 10.0.0.1/8.
  if (last === 58 || last === 47) return text;
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  if (DECIMAL.test(plain)) return toInteger(plain) ?? toFloat(plain, text);
  const based = BASED.exec(plain);
  if (based !== null) {
    const value = basedInteger(based[1] as string, based[2] as string);
    if (value !== undefined) return value;
  }
  return FLOAT.test(plain) ? toFloat(plain, text) : text;
}

function basedInteger(sign: string, rest: string): number | bigint | undefined {
  const prefix = rest.charAt(0).toLowerCase();
  const literal = prefix === 'x' || prefix === 'o' || prefix === 'b' ? `0${prefix}${rest.slice(1)}` : `0o${rest}`;
  const value = BigInt(literal);
  return narrow(sign === '-' ? -value : value, sign !== '');
}

function toInteger(text: string): number | bigint | undefined {
  const signed = text.charCodeAt(0) === 45 || text.charCodeAt(0) === 43;
  return narrow(BigInt(text.charCodeAt(0) === 43 ? text.slice(1) : text), signed);
}

// Go tries int64, then uint64; the latter takes no sign.
function narrow(value: bigint, signed: boolean): number | bigint | undefined {
  if (value < -0x8000000000000000n || value > (signed ? 0x7fffffffffffffffn : 0xffffffffffffffffn)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function toFloat(plain: string, text: string): number | string {
  const value = Number(plain.endsWith('.') ? plain.slice(0, -1) : plain.replace(/\.(?=[eE])/, ''));
  return Number.isFinite(value) ? value : text;
}

/** Tells whether a string, printed plain, would be read back as a string by YAML 1.1 readers. */
export function isPlainString(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first >= 65) return text.length > LONGEST_WORD || !WORDS_V2.has(text);
  if (Number.isNaN(first)) return false;
  if (first === 46) return typeof resolveScalar(text, 'v2') === 'string';
  if ((first >= 48 && first <= 57) || first === 43 || first === 45) {
    return typeof resolveScalar(text, 'v2') === 'string' && parseTimestamp(text) === undefined && !BASE60.test(text);
  }
  return true;
}

const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})?)?$/;

/**
 * Reads the timestamps that go-yaml knows (`2001-1-1`, `2001-01-01T10:00:00Z`, `2001-01-01 10:00:00`) and returns
 * them as RFC 3339 text with a fraction only where there is one, or `undefined`.
 */
export function parseTimestamp(text: string): string | undefined {
  if (text.length < 8 || text.charCodeAt(4) !== 45) return undefined;
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, separator, hour, minute, second, fraction, zone] = match as unknown as string[];
  if ((separator === ' ') !== (zone === undefined) && separator !== undefined) return undefined;
  const y = Number(year);
  const m = Number(month);
  const d = Number(day);
  if (m < 1 || m > 12 || d < 1 || d > new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate()) return undefined;
  const date = `${year}-${two(m)}-${two(d)}`;
  if (separator === undefined) return `${date}T00:00:00Z`;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const trimmed = (fraction ?? '').slice(0, 9).replace(/0+$/, '');
  const time = `${two(Number(hour))}:${two(Number(minute))}:${two(Number(second))}`;
  return `${date}T${time}${trimmed === '' ? '' : `.${trimmed}`}${zone === '+00:00' || zone === '-00:00' || zone === undefined ? 'Z' : zone}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
