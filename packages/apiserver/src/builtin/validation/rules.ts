import { isIP } from 'node:net';
import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import { checkLabelValue, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** Rules of one kind; `old` is there on updates. The order of the errors is the order in which a user reads them. */
export type Validation = (object: KubeObject, old: KubeObject | undefined, context: StrategyContext) => FieldError[];

export const IMMUTABLE = 'field is immutable';
export const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
export const CONFIG_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
export const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
export const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
export const FILE_MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';
const PORT_TEXT = 'must be between 1 and 65535, inclusive';

/** One error per text. */
export function each(field: string, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => invalidValue(field, value, text));
}

/** Fields that have to hold some text. */
export function checkTexts(value: JsonObject, path: string, ...fields: readonly string[]): FieldError[] {
  return fields.filter((field) => asString(value[field]) === '').map((field) => required(`${path}.${field}`));
}

/** A text of a fixed set, which may be absent (a pointer in Go) but not empty. */
export function checkChoice(value: unknown, path: string, supported: readonly string[]): FieldError[] {
  return value === undefined || value === null || supported.includes(asString(value))
    ? []
    : [notSupported(path, value, supported)];
}

/** A text of a fixed set, which has to be there. */
export function checkNeededChoice(value: unknown, path: string, supported: readonly string[]): FieldError[] {
  return asString(value) === '' ? [required(path)] : checkChoice(value, path, supported);
}

/** A number that may be absent. */
export function checkRange(value: unknown, path: string, low: number, high: number): FieldError[] {
  return typeof value === 'number' && (value < low || value > high)
    ? [invalidValue(path, value, `must be between ${low} and ${high}, inclusive`)]
    : [];
}

/** A text against a rule for names, once it is there. */
export function checkName(value: unknown, path: string, rule: (name: string) => string[]): FieldError[] {
  const name = asString(value);
  return name === '' ? [] : each(path, name, rule(name));
}

/** The same where it has to be there. */
export function checkNeededName(value: unknown, path: string, rule: (name: string) => string[]): FieldError[] {
  return asString(value) === '' ? [required(path)] : checkName(value, path, rule);
}

/** Permissions of a file. */
export function checkFileMode(value: unknown, path: string): FieldError[] {
  return typeof value === 'number' && (value < 0 || value > 0o777) ? [invalidValue(path, value, FILE_MODE_TEXT)] : [];
}

/** Names in a config map, which become file names. */
export function checkConfigKey(key: string): string[] {
  const errors: string[] = [];
  if (key.length > 253) errors.push('must be no more than 253 characters');
  if (!CONFIG_KEY.test(key)) errors.push(CONFIG_KEY_TEXT);
  if (key === '.') errors.push("must not be '.'");
  else if (key === '..') errors.push("must not be '..'");
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** Annotations below `metadata` of something else than the object. */
export function checkAnnotations(annotations: unknown, path: string): FieldError[] {
  const entries = Object.entries(asObject(annotations));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + asString(value)), 0);
  return [
    ...entries.flatMap(([key]) => each(path, key, checkQualifiedName(key.toLowerCase()))),
    ...(size > 256 * 1024 ? [tooLong(path, 256 * 1024)] : []),
  ];
}

/** Numbers that may be absent but not below zero. */
export function notNegative(
  object: { [field: string]: unknown },
  path: string,
  fields: readonly string[],
): FieldError[] {
  return fields
    .filter((field) => typeof object[field] === 'number' && (object[field] as number) < 0)
    .map((field) => invalidValue(`${path}.${field}`, object[field], 'must be greater than or equal to 0'));
}

export function checkPort(value: unknown, path: string): FieldError[] {
  return typeof value === 'number' && value >= 1 && value <= 65535 ? [] : [invalidValue(path, value, PORT_TEXT)];
}

/** IANA service names: what a port may be called. */
export function checkPortName(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** A port by number or by name. */
export function checkPortOrName(value: unknown, path: string): FieldError[] {
  return typeof value === 'string' ? each(path, value, checkPortName(value)) : checkPort(value, path);
}

/** A count or a percentage. */
export function checkCountOrPercent(value: unknown, path: string): FieldError[] {
  if (typeof value === 'string') return /^[0-9]+%$/.test(value) ? [] : [invalidValue(path, value, PERCENT_TEXT)];
  return typeof value === 'number' && value < 0
    ? [invalidValue(path, value, 'must be greater than or equal to 0')]
    : [];
}

/** Percentages above 100 where they make no sense. */
export function checkAtMostAll(value: unknown, path: string): FieldError[] {
  return typeof value === 'string' && /^[0-9]+%$/.test(value) && Number.parseInt(value, 10) > 100
    ? [invalidValue(path, value, 'must not be greater than 100%')]
    : [];
}

/** Keys and values of a label map. */
export function checkLabels(labels: unknown, path: string): FieldError[] {
  return Object.entries(asObject(labels)).flatMap(([key, value]) => [
    ...each(path, key, checkQualifiedName(key)),
    ...each(path, value, checkLabelValue(asString(value))),
  ]);
}

export function checkSelector(selector: unknown, path: string): FieldError[] {
  const errors = checkLabels(asObject(selector)['matchLabels'], `${path}.matchLabels`);
  asArray(asObject(selector)['matchExpressions']).forEach((entry, i) => {
    const { key, operator, values } = asObject(entry);
    const at = `${path}.matchExpressions[${i}]`;
    const count = asArray(values).length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else errors.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
    errors.push(...each(`${at}.key`, key ?? '', checkQualifiedName(asString(key))));
    asArray(values).forEach((value, j) => {
      errors.push(...each(`${at}.values[${j}]`, value, checkLabelValue(asString(value))));
    });
  });
  return errors;
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** `10.0.0.0/8` as the first and last address; undefined when it is none. */
export function rangeOf(
  text: string,
): { readonly first: bigint; readonly last: bigint; readonly family: 4 | 6 } | undefined {
  const [address = '', length = '', more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const size = family === 4 ? 32 : 128;
  if (Number(length) > size) return undefined;
  const host = BigInt(size - Number(length));
  const first = (numberOf(address, family as 4 | 6) >> host) << host;
  return { first, last: first + (1n << host) - 1n, family: family as 4 | 6 };
}

function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':'));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return all.reduce((sum, word) => (sum << 16n) + BigInt(`0x${word}`), 0n);
}

/** An address of either family, as old fields take it: leading zeros and the like pass. */
export function checkAddress(value: unknown, path: string): FieldError[] {
  return isAddress(asString(value)) ? [] : [invalidValue(path, value ?? '', IP_TEXT)];
}

/** `example.org/path`: something that a domain stands for. */
export function checkDomainPath(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash <= 0 || rest === '')
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [
    ...each(path, host, checkSubdomain(host)),
    ...(/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest)
      ? []
      : [invalidValue(path, rest, `Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`)]),
  ];
}

/** A path that may not climb. */
export function checkNoClimbing(value: unknown, path: string): FieldError[] {
  return asString(value).split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];
}

/** A path below some root, whose name the server does not keep for itself. */
export function checkFreePath(value: unknown, path: string): FieldError[] {
  const text = asString(value);
  return [
    ...checkRelativePath(text, path),
    ...(text.startsWith('..') && !text.startsWith('../') ? [invalidValue(path, text, "must not start with '..'")] : []),
  ];
}

/** A path below some root. */
export function checkRelativePath(path: string, field: string): FieldError[] {
  return [
    ...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []),
    ...checkNoClimbing(path, field),
  ];
}
