import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson } from '../../json.ts';
import { checkLabel, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject } from '../../types.ts';
import { ServiceAllocator } from '../service-allocator.ts';
import {
  CIDR_TEXT,
  checkLabels,
  checkPort,
  checkPortOrName,
  each,
  IP_TEXT,
  isAddress,
  rangeOf,
  type Validation,
} from './rules.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const RANGE = '10.96.0.0/16';
const FIRST_NODE_PORT = 30000;
const LAST_NODE_PORT = 32767;

export const services: Validation = (object, old, context) => {
  const spec = asObject(object['spec']);
  const type = asString(spec['type']);
  const external = type === 'ExternalName';
  const headless = spec['clusterIP'] === 'None';
  const ports = asArray(spec['ports']).map(asObject);
  const before = old === undefined ? undefined : asObject(old['spec']);
  const errors = addressIsFixed(spec, before)
    ? [invalidValue('spec.clusterIPs[0]', asArray(spec['clusterIPs']), 'may not change once set')]
    : [];
  if (before !== undefined) errors.push(...checkBalancerChange(spec, before));
  if (ports.length === 0 && !headless && !external) errors.push(required('spec.ports'));
  if (external) {
    if (asArray(spec['clusterIPs']).length > 0)
      errors.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
    for (const field of ['ipFamilies', 'ipFamilyPolicy'])
      if (spec[field] !== undefined)
        errors.push(forbiddenField(`spec.${field}`, 'may not be set for ExternalName services'));
    const name = asString(spec['externalName']).replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...each('spec.externalName', name, checkSubdomain(name)));
  }
  errors.push(...checkPorts(ports));
  errors.push(...checkLabels(spec['selector'], 'spec.selector'));
  errors.push(...checkChoice(spec, 'sessionAffinity', ['ClientIP', 'None']));
  errors.push(...checkAffinity(spec));
  errors.push(...checkAddresses(spec, before));
  errors.push(...checkExternalAddresses(spec));
  if (!TYPES.includes(type)) errors.push(notSupported('spec.type', type, TYPES));
  errors.push(...checkNodePorts(ports, type));
  errors.push(...checkLoadBalancer(spec, type));
  errors.push(...checkClass(spec));
  errors.push(...checkTraffic(spec, type));
  return errors.length > 0 ? errors : checkAllocation(spec, before, context);
};

/** Whether the address that a Service has would become another one. */
function addressIsFixed(spec: JsonObject, before: JsonObject | undefined): boolean {
  const address = asString(spec['clusterIP']);
  if (spec['type'] === 'ExternalName' || before === undefined || before['type'] === 'ExternalName') return false;
  const addresses = asArray(spec['clusterIPs']);
  if (addresses.length > 0 && address !== '' && addresses[0] !== address) return false;
  const known = asString(before['clusterIP']);
  return known !== '' && known !== address && (known === 'None' || address === 'None' || isAddress(address));
}

/** What a load balancer has for good. */
function checkBalancerChange(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const both = spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer';
  const name = spec['loadBalancerClass'];
  if (both && name !== before['loadBalancerClass'])
    errors.push(invalidValue('spec.loadBalancerClass', name ?? null, 'may not change once set'));
  errors.push(...checkClass(spec));
  const isLocal = spec['externalTrafficPolicy'] === 'Local' && before['externalTrafficPolicy'] === 'Local';
  if (both && isLocal && spec['healthCheckNodePort'] !== before['healthCheckNodePort'])
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  return errors;
}

function checkClass(spec: JsonObject): FieldError[] {
  const name = spec['loadBalancerClass'];
  if (name === undefined) return [];
  return spec['type'] === 'LoadBalancer'
    ? each('spec.loadBalancerClass', name, checkQualifiedName(asString(name)))
    : [forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'")];
}

const DAY = 86_400;

/** How long a client stays with its pod. */
function checkAffinity(spec: JsonObject): FieldError[] {
  const path = 'spec.sessionAffinityConfig';
  if (spec['sessionAffinity'] === 'None')
    return spec['sessionAffinityConfig'] === undefined
      ? []
      : [forbiddenField(path, 'must not be set when session affinity is None')];
  const seconds = asObject(asObject(spec['sessionAffinityConfig'])['clientIP'])['timeoutSeconds'];
  return typeof seconds === 'number' && (seconds <= 0 || seconds > DAY)
    ? [invalidValue(`${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${DAY}`)]
    : [];
}

function checkChoice(spec: JsonObject, field: string, supported: readonly string[]): FieldError[] {
  const value = spec[field];
  return value === undefined || supported.includes(asString(value))
    ? []
    : [notSupported(`spec.${field}`, value, supported)];
}

function checkPorts(ports: readonly JsonObject[]): FieldError[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const errors: FieldError[] = [];
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    const name = asString(port['name']);
    if (name === '') {
      if (ports.length > 1) errors.push(required(`${at}.name`));
    } else {
      errors.push(...each(`${at}.name`, name, checkLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    errors.push(...checkPort(asNumber(port['port']), `${at}.port`));
    const protocol = asString(port['protocol']);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
    errors.push(...checkPortOrName(port['targetPort'], `${at}.targetPort`));
    const application = port['appProtocol'];
    if (application !== undefined)
      errors.push(...each(`${at}.appProtocol`, application, checkQualifiedName(asString(application))));
  });
  ports.forEach((port, i) => {
    const key = `${asString(port['protocol'])}/${asNumber(port['port'])}`;
    // The internal type, of which only these two fields are set.
    const shown = {
      Name: '',
      Protocol: port['protocol'],
      AppProtocol: null,
      Port: port['port'],
      TargetPort: 0,
      NodePort: 0,
    };
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${i}]`, shown));
    numbers.add(key);
  });
  return errors;
}

function checkNodePorts(ports: readonly JsonObject[], type: string): FieldError[] {
  const taken = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = `spec.ports[${i}].nodePort`;
    const number = asNumber(port['nodePort']);
    if (number === 0) return [];
    const key = `${asString(port['protocol'])}/${number}`;
    const errors = taken.has(key) ? [duplicate(at, number)] : [];
    taken.add(key);
    return type === 'ClusterIP'
      ? [forbiddenField(at, "may not be used when `type` is 'ClusterIP'"), ...errors]
      : errors;
  });
}

function checkAddresses(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  const type = asString(spec['type']);
  if (type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  asArray(spec['ipFamilies']).forEach((family, i) => {
    if (family !== 'IPv4' && family !== 'IPv6')
      errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
    else if (family === 'IPv6' && spec['clusterIP'] !== 'None')
      errors.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  });
  if (spec['ipFamilyPolicy'] === 'RequireDualStack' && spec['clusterIP'] !== 'None')
    errors.push(
      invalidValue('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services'),
    );
  const address = asString(spec['clusterIP']);
  const addresses = asArray(spec['clusterIPs']);
  const families = asArray(spec['ipFamilies']);
  families.forEach((family, i) => {
    if (families.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  });
  errors.push(...checkChoice(spec, 'ipFamilyPolicy', ['PreferDualStack', 'RequireDualStack', 'SingleStack']));
  if (addresses.length > 0 && address !== '' && addresses[0] !== address)
    return [...errors, invalidValue('spec.clusterIPs', addresses, 'first value must match `clusterIP`')];
  if (addressIsFixed(spec, before)) return errors;
  if (address === 'None') {
    if (type !== 'ClusterIP')
      errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  } else if (address !== '' && !isAddress(address)) errors.push(invalidValue('spec.clusterIPs[0]', address, IP_TEXT));
  return errors;
}

/** Addresses and ports that the client chose: in range, and nobody else's. */
function checkAllocation(spec: JsonObject, before: JsonObject | undefined, context: StrategyContext): FieldError[] {
  const allocator = ServiceAllocator.of(context.bucket('/services'));
  const address = asString(spec['clusterIP']);
  if (address !== '' && address !== 'None' && address !== asString(before?.['clusterIP'])) {
    const problem = !isInRange(address)
      ? 'the provided network does not match the current range'
      : allocator.isTaken(address)
        ? 'provided IP is already allocated'
        : undefined;
    if (problem !== undefined)
      return [invalidValue('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${problem}`)];
  }
  const known = new Set(asArray(before?.['ports']).map((port) => asObject(port)['nodePort']));
  return asArray(spec['ports']).flatMap((entry, i) => {
    const port = asNumber(asObject(entry)['nodePort']);
    if (port === 0 || known.has(port)) return [];
    const at = `spec.ports[${i}].nodePort`;
    if (port < FIRST_NODE_PORT || port > LAST_NODE_PORT)
      return [
        invalidValue(
          at,
          port,
          `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`,
        ),
      ];
    return allocator.isPortTaken(port) ? [invalidValue(at, port, 'provided port is already allocated')] : [];
  });
}

function isInRange(address: string): boolean {
  const range = rangeOf(RANGE);
  const one = rangeOf(`${address}/${address.includes(':') ? 128 : 32}`);
  return range !== undefined && one?.family === 4 && one.first >= range.first && one.last <= range.last;
}

function checkExternalAddresses(spec: JsonObject): FieldError[] {
  return asArray(spec['externalIPs']).flatMap((entry, i) => {
    const address = asString(entry);
    const at = `spec.externalIPs[${i}]`;
    if (!isAddress(address)) return [invalidValue(at, address, IP_TEXT)];
    if (/^(0\.0\.0\.0|::)$/.test(address))
      return [invalidValue(at, address, `may not be unspecified (${JSON.stringify(address)})`)];
    if (/^127\./.test(address) || address === '::1')
      return [invalidValue(at, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
    if (/^169\.254\./.test(address) || /^fe80:/i.test(address))
      return [invalidValue(at, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
    return [];
  });
}

function checkLoadBalancer(spec: JsonObject, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const ranges = asArray(spec['loadBalancerSourceRanges']);
  const only = "may only be used when `type` is 'LoadBalancer'";
  // Upstream spells this field with a capital.
  if (ranges.length > 0 && type !== 'LoadBalancer') errors.push(forbiddenField('spec.LoadBalancerSourceRanges', only));
  else
    ranges.forEach((range, i) => {
      if (rangeOf(asString(range).trim()) === undefined)
        errors.push(invalidValue(`spec.LoadBalancerSourceRanges[${i}]`, range, CIDR_TEXT));
    });
  if (type === 'LoadBalancer') return errors;
  if (spec['allocateLoadBalancerNodePorts'] !== undefined)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', only));
  return errors;
}

const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

function checkTraffic(spec: JsonObject, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const policy = spec['externalTrafficPolicy'];
  const reachable = type === 'NodePort' || type === 'LoadBalancer' || asArray(spec['externalIPs']).length > 0;
  if (policy !== undefined && !reachable)
    errors.push(
      invalidValue('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'),
    );
  else errors.push(...checkChoice(spec, 'externalTrafficPolicy', ['Cluster', 'Local']));
  const healthCheck = asNumber(spec['healthCheckNodePort']);
  if (healthCheck !== 0 && !equalJson([type, policy], ['LoadBalancer', 'Local']))
    errors.push(
      invalidValue(
        'spec.healthCheckNodePort',
        healthCheck,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  return [
    ...errors,
    ...checkChoice(spec, 'internalTrafficPolicy', ['Cluster', 'Local']),
    ...checkChoice(spec, 'trafficDistribution', DISTRIBUTIONS),
  ];
}
