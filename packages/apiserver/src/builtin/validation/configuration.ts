import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, required, tooLong } from '../../field-errors.ts';
import { asObject, asString, equalJson } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { checkPodSecurityLabels, warnOfPodsInside } from '../admission/pod-security.ts';
import { CONFIG_KEY, CONFIG_KEY_TEXT, IMMUTABLE, notNegative, type Validation } from './rules.ts';

export const namespaces: Validation = (object, old, context) => {
  const errors = checkPodSecurityLabels(object.metadata.labels).map(({ key, value, why }) =>
    invalidValue(`metadata.labels[${key}]`, value, why),
  );
  if (old !== undefined && errors.length === 0) warnOfPodsInside(object, old, context);
  return errors;
};

const MAX_DATA_BYTES = 1024 * 1024;

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What Go says about a text that is no JSON, as far as its first character tells. */
function jsonProblem(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString('utf8').trimStart();
  if (text === '') return 'unexpected end of JSON input';
  return /^[[{"tfn\d-]/.test(text)
    ? 'unexpected end of JSON input'
    : `invalid character '${text[0]}' looking for beginning of value`;
}

function keysOf(object: KubeObject, field: string, errors: FieldError[]): number {
  let size = 0;
  for (const [key, value] of Object.entries(asObject(object[field])).sort(byName)) {
    if (key.length > 253) errors.push(invalidValue(`${field}[${key}]`, key, 'must be no more than 253 characters'));
    if (!CONFIG_KEY.test(key)) errors.push(invalidValue(`${field}[${key}]`, key, CONFIG_KEY_TEXT));
    else if (key === '.' || key === '..') errors.push(invalidValue(`${field}[${key}]`, key, `must not be '${key}'`));
    size += key.length + Buffer.byteLength(asString(value));
  }
  return size;
}

function immutableData(object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (object['immutable'] !== true)
    errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields) {
    if (!equalJson(object[field] ?? {}, old[field] ?? {})) {
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}

export const configMaps: Validation = (object, old) => {
  const errors = immutableData(object, old, ['data', 'binaryData']);
  const size = keysOf(object, 'data', errors) + keysOf(object, 'binaryData', errors);
  const text = asObject(object['data']);
  for (const key of Object.keys(asObject(object['binaryData']))) {
    if (Object.hasOwn(text, key))
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('[]', MAX_DATA_BYTES));
  return errors;
};

const SECRET_KEYS: { readonly [type: string]: readonly string[] } = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const secrets: Validation = (object, old) => {
  const errors: FieldError[] = [];
  if (old !== undefined && old['type'] !== object['type']) errors.push(invalidValue('type', object['type'], IMMUTABLE));
  errors.push(...immutableData(object, old, ['data']));
  const data = asObject(object['data']);
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    if (!CONFIG_KEY.test(key)) errors.push(invalidValue(`data[${key}]`, key, CONFIG_KEY_TEXT));
    size += Math.floor((asString(value).length * 3) / 4);
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  const type = asString(object['type']);
  for (const key of SECRET_KEYS[type] ?? []) {
    if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) {
      try {
        JSON.parse(Buffer.from(asString(data[key]), 'base64').toString('utf8'));
      } catch {
        errors.push(invalidValue(`data[${key}]`, '<secret contents redacted>', jsonProblem(asString(data[key]))));
      }
    }
  }
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (
    type === 'kubernetes.io/service-account-token' &&
    (object.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === ''
  ) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  return errors;
};

export const leases: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const seconds = spec['leaseDurationSeconds'];
  if (typeof seconds === 'number' && seconds <= 0)
    errors.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  return [...errors, ...notNegative(spec, 'spec', ['leaseTransitions'])];
};
