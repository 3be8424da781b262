import { isIPv4, isIPv6 } from 'node:net';
import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { each, IMMUTABLE, IP_TEXT, type Validation } from './rules.ts';

const TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;

export const endpointSlices: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const type = asString(object['addressType']);
  if (type === '') errors.push(required('addressType'));
  else if (!TYPES.includes(type)) errors.push(notSupported('addressType', type, TYPES));
  errors.push(...checkPorts(asArray(object['ports']).map(asObject)));
  // What was stored once may stay.
  if (old === undefined || !equalJson(object['endpoints'] ?? null, old['endpoints'] ?? null))
    errors.push(...checkEndpoints(asArray(object['endpoints']).map(asObject), type));
  if (old !== undefined && old['addressType'] !== type) errors.push(invalidValue('addressType', type, IMMUTABLE));
  return errors;
};

function checkPorts(ports: readonly JsonObject[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = `ports[${i}]`;
    const name = asString(port['name']);
    if (name !== '') errors.push(...each(`${at}.name`, name, checkLabel(name)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(asString(port['protocol'])))
      errors.push(notSupported(`${at}.protocol`, port['protocol'], PROTOCOLS));
  });
  return errors;
}

function checkEndpoints(endpoints: readonly JsonObject[], type: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, i) => {
    const at = `endpoints[${i}].addresses`;
    const addresses = asArray(endpoint['addresses']).map(asString);
    if (addresses.length === 0) return [required(at, 'must contain at least 1 address')];
    const errors = addresses.length > MAX_ADDRESSES ? [tooMany(at, addresses.length, MAX_ADDRESSES)] : [];
    addresses.forEach((address, j) => {
      if (type !== 'IPv4' && type !== 'IPv6') return;
      const fits = type === 'IPv4' ? isIPv4(address) : isIPv6(address);
      if (!isIPv4(address) && !isIPv6(address)) errors.push(invalidValue(`${at}[${j}]`, address, IP_TEXT));
      else if (!fits) errors.push(invalidValue(at, address, `must be an ${type} address`));
    });
    return errors;
  });
}
