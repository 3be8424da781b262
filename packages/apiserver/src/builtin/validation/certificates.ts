import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import { checkSubdomain } from '../../rest/names.ts';
import type { Validation } from './rules.ts';

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const LEAST_SECONDS = 600;

export const signingRequests: Validation = (object, old) => {
  if (old !== undefined) return [];
  const spec = asObject(object['spec']);
  const usages = asArray(spec['usages']).map(asString);
  const errors: FieldError[] = [...checkRequest(spec['request'])];
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  });
  usages.forEach((usage, i) => {
    if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
  errors.push(...checkSigner(asString(spec['signerName'])));
  const seconds = spec['expirationSeconds'];
  if (typeof seconds === 'number' && seconds < LEAST_SECONDS)
    errors.push(
      invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    );
  return errors;
};

function checkRequest(request: unknown): FieldError[] {
  const text = Buffer.from(asString(request), 'base64').toString('latin1');
  const [, body] = /-----BEGIN CERTIFICATE REQUEST-----\n([\s\S]*?)-----END CERTIFICATE REQUEST-----/.exec(text) ?? [];
  if (body === undefined)
    return [invalidValue('spec.request', request ?? null, 'PEM block type must be CERTIFICATE REQUEST')];
  return isWholeSequence(Buffer.from(body, 'base64'))
    ? []
    : [invalidValue('spec.request', request, 'asn1: syntax error: data truncated')];
}

/** Whether bytes are one DER sequence; what is in it is its signer's business. */
function isWholeSequence(der: Buffer): boolean {
  const [tag, first = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.length === 2 + first;
  const count = first & 0x7f;
  return count >= 1 && count <= 4 && der.length > 2 + count && der.length === 2 + count + der.readUIntBE(2, count);
}

function checkSigner(name: string): FieldError[] {
  if (name === '') return [required('spec.signerName')];
  const slash = name.indexOf('/');
  const domain = name.slice(0, slash);
  const path = name.slice(slash + 1);
  const isGood =
    slash > 0 &&
    domain.includes('.') &&
    checkSubdomain(domain).length === 0 &&
    path.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));
  return isGood
    ? []
    : [
        invalidValue(
          'spec.signerName',
          name,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
      ];
}
