import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required, tooLong } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import { each, type Validation } from './rules.ts';
import { checkSigningStatus } from './signing-request-status.ts';

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

export const signingRequests: Validation = (object, old, { subresource }) => {
  if (old !== undefined) return subresource === 'approval' ? checkSigningStatus(object, old, true) : [];
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
  errors.push(...checkSignerName(asString(spec['signerName']), 'spec.signerName'));
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

const SIGNER_TEXT = "must be a fully qualified domain and path of the form 'example.com/signer-name'";

/** `example.com/some.name`: a domain, and a path whose parts are names. */
export function checkSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const [domain = '', rest, more] = name.split('/');
  if (rest === undefined || more !== undefined) return [invalidValue(path, name, SIGNER_TEXT)];
  const labels = domain.split('.');
  const parts = rest.split('.');
  const errors: FieldError[] = domain.length > 253 ? [tooLong(path, 253)] : [];
  const bad = labels.find((label) => checkLabel(label).length > 0);
  if (bad !== undefined)
    errors.push(
      ...each(
        path,
        domain,
        checkLabel(bad).map((text) => `validating label ${JSON.stringify(bad)}: ${text}`),
      ),
    );
  if (labels.length < 2)
    errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'));
  const wrong = parts.find((part) => checkSubdomain(part).length > 0);
  if (wrong !== undefined)
    errors.push(
      ...each(
        path,
        rest,
        checkSubdomain(wrong).map((text) => `validating label ${JSON.stringify(wrong)}: ${text}`),
      ),
    );
  return errors;
}
