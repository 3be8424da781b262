import {
  type CelFunc,
  type CelMap,
  CelScalar,
  type CelValue,
  celFunc,
  celList,
  celMethod,
  mapType,
} from '@bufbuild/cel';
import { spend } from '../budget.ts';
import { opaque, payload } from '../opaque.ts';
import { optionalOf } from './optionals.ts';

// `format.dns1123Label().validate(text)`: what Kubernetes says of a text that is no such name. Source: the documentation of
// CEL in Kubernetes, "format library"; the texts are those of apimachinery.

const { DYN, STRING } = CelScalar;
const MAP = mapType(DYN, DYN);

type Validate = (text: string) => string[];

const alphanumeric = 'must start and end with an alphanumeric character';
const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const dns1035Pattern = '[a-z]([-a-z0-9]*[a-z0-9])?';
const namePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

function patternError(text: string, pattern: string, ...examples: string[]): string {
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

const matches = (text: string, pattern: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);

/** Names of up to so many bytes. */
function named(maxBytes: number, unit: string, pattern: string, complain: (text: string) => string): Validate {
  return (text) => {
    const errors: string[] = [];
    if (Buffer.byteLength(text) > maxBytes) errors.push(`must be no more than ${maxBytes} ${unit}`);
    if (!matches(text, pattern)) errors.push(complain(text));
    return errors;
  };
}

const dns1123Label = named(63, 'characters', labelPattern, (text) => {
  if (matches(text, subdomainPattern)) return 'must not contain dots';
  const what = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${alphanumeric}`;
  return patternError(what, labelPattern, 'my-name', '123-abc');
});

const subdomainError = patternError(
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${alphanumeric}`,
  subdomainPattern,
  'example.com',
);
const dns1123Subdomain = named(253, 'characters', subdomainPattern, () => subdomainError);

const dns1035Label = named(63, 'characters', dns1035Pattern, () => {
  const what =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return patternError(what, dns1035Pattern, 'my-name', 'abc-123');
});

const labelValue = named(63, 'bytes', `(${namePattern})?`, () => {
  const what = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${alphanumeric}`;
  return patternError(what, `(${namePattern})?`, 'MyValue', 'my_value', '12345');
});

function qualifiedName(text: string): string[] {
  const parts = text.split('/');
  const what = `must consist of alphanumeric characters, '-', '_' or '.', and ${alphanumeric}`;
  const problem = patternError(what, namePattern, 'MyName', 'my.name', '123-abc');
  if (parts.length > 2) {
    return [`a valid label key ${problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  const [prefix, name = ''] = parts.length === 2 ? parts : [undefined, parts[0]];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined) {
    if (Buffer.byteLength(prefix) > 253) errors.push('prefix part must be no more than 253 bytes');
    if (!matches(prefix, subdomainPattern)) errors.push(`prefix part ${subdomainError}`);
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > 63) errors.push('name part must be no more than 63 bytes');
  if (!matches(name, namePattern)) errors.push(`name part ${problem}`);
  return errors;
}

/** A name that more is put after may end in a dash. */
const asPrefix =
  (validate: Validate): Validate =>
  (text) =>
    validate(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

const pattern =
  (expression: RegExp, complaint: string): Validate =>
  (text) =>
    expression.test(text) ? [] : [complaint];

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/;

const formatsByName: ReadonlyMap<string, Validate> = new Map<string, Validate>([
  ['dns1123Label', dns1123Label],
  ['dns1123Subdomain', dns1123Subdomain],
  ['dns1035Label', dns1035Label],
  ['qualifiedName', qualifiedName],
  ['dns1123LabelPrefix', asPrefix(dns1123Label)],
  ['dns1123SubdomainPrefix', asPrefix(dns1123Subdomain)],
  ['dns1035LabelPrefix', asPrefix(dns1035Label)],
  ['labelValue', labelValue],
  ['uri', requestUri],
  ['uuid', pattern(/^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i, 'does not match the UUID format')],
  ['byte', pattern(base64, 'invalid base64')],
  ['date', pattern(new RegExp(`${date.source}$`), 'invalid date')],
  [
    'datetime',
    pattern(
      new RegExp(`${date.source}[Tt ]\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:[Zz]|[+-]\\d\\d:\\d\\d)$`),
      'invalid datetime',
    ),
  ],
]);

function requestUri(text: string): string[] {
  if (text === '') return ['parse "": empty url'];
  const isRooted = text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(text);
  return isRooted ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`];
}

function formatOf(name: string): CelMap {
  return opaque('format', new Map([['name', name]]), formatsByName.get(name));
}

/** Formats by name, and what they say of a text: none when it fits. */
export const formats: CelFunc[] = [
  ...[...formatsByName.keys()].map((name) => celFunc(`format.${name}`, [], MAP, () => formatOf(name))),
  celFunc('format.named', [STRING], MAP, (name) => optionalOf(formatsByName.has(name) ? formatOf(name) : undefined)),
  celMethod('validate', MAP, [STRING], MAP, function (text) {
    const validate = payload<Validate>('format', this);
    if (validate === undefined) throw new Error('no such overload');
    spend(1 + Math.ceil(text.length / 100));
    const errors = validate(text);
    return optionalOf(errors.length === 0 ? undefined : (celList(errors) as unknown as CelValue));
  }),
];
