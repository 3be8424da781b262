import { isIP } from 'node:net';
import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkPathSegment, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import {
  CIDR_TEXT,
  checkChoice,
  checkDomainPath,
  checkName,
  checkNeededName,
  checkPort,
  checkPortName,
  checkPortOrName,
  checkSelector,
  each,
  rangeOf,
  type Validation,
} from './rules.ts';

const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

export const ingresses: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const rules = asArray(spec['rules']);
  const errors: FieldError[] = [];
  if (rules.length === 0 && spec['defaultBackend'] === undefined)
    errors.push(invalidValue('spec', spec['rules'] ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (isObject(spec['defaultBackend'])) errors.push(...checkBackend(spec['defaultBackend'], 'spec.defaultBackend'));
  rules.forEach((entry, i) => {
    errors.push(...checkRule(asObject(entry), `spec.rules[${i}]`));
  });
  asArray(spec['tls']).forEach((entry, i) => {
    asArray(asObject(entry)['hosts']).forEach((host, j) => {
      errors.push(...checkHost(asString(host), `spec.tls[${i}].hosts[${j}]`));
    });
    errors.push(...checkName(asObject(entry)['secretName'], `spec.tls[${i}].secretName`, checkSubdomain));
  });
  const className = spec['ingressClassName'];
  if (className !== undefined)
    errors.push(...each('spec.ingressClassName', className, checkSubdomain(asString(className))));
  const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
  if (old === undefined && annotation !== undefined && className !== undefined && annotation !== className)
    errors.push(
      invalidValue(
        `annotations.${CLASS_ANNOTATION}`,
        annotation,
        'must match `ingressClassName` when both are specified',
      ),
    );
  return errors;
};

/** How a class was named before there was a field. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

function checkHost(host: string, path: string): FieldError[] {
  if (!host.includes('*')) return each(path, host, checkSubdomain(host));
  return WILDCARD.test(host) ? [] : [invalidValue(path, host, WILDCARD_TEXT)];
}

function checkRule(rule: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = asString(rule['host']);
  if (host !== '') {
    if (isIP(host) !== 0) errors.push(invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    errors.push(...checkHost(host, `${path}.host`));
  }
  if (!isObject(rule['http'])) return errors;
  const paths = asArray(rule['http']['paths']);
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  paths.forEach((entry, i) => {
    errors.push(...checkPath(asObject(entry), `${path}.http.paths[${i}]`));
  });
  return errors;
}

function checkPath(entry: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = entry['pathType'];
  const path = asString(entry['path']);
  if (type === undefined || type === null) return [required(`${at}.pathType`, 'pathType must be specified')];
  if (type === 'Exact' || type === 'Prefix') {
    if (!path.startsWith('/')) errors.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
    for (const text of ['//', '/./', '/../', '%2f', '%2F'])
      if (path.includes(text)) errors.push(invalidValue(`${at}.path`, path, `must not contain '${text}'`));
    for (const text of ['/..', '/.'])
      if (path.endsWith(text)) errors.push(invalidValue(`${at}.path`, path, `cannot end with '${text}'`));
  } else if (type !== 'ImplementationSpecific') errors.push(notSupported(`${at}.pathType`, type, PATH_TYPES));
  else if (path !== '' && !path.startsWith('/'))
    errors.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
  return [...errors, ...checkBackend(asObject(entry['backend']), `${at}.backend`)];
}

function checkBackend(backend: JsonObject, path: string): FieldError[] {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined)
    return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (isObject(resource)) return checkLocalReference(resource, `${path}.resource`);
  if (!isObject(service)) return [invalidValue(path, '', 'resource or service backend is required')];
  const errors: FieldError[] = [];
  const name = asString(service['name']);
  if (name === '') errors.push(required(`${path}.service.name`));
  else errors.push(...each(`${path}.service.name`, name, checkLabel(name)));
  const port = asObject(service['port']);
  const byName = asString(port['name']);
  const byNumber = port['number'];
  if (byName !== '' && byNumber !== undefined && byNumber !== 0)
    errors.push(invalidValue(path, '', 'cannot set both port name & port number'));
  else if (byName !== '') errors.push(...each(`${path}.service.port.name`, byName, checkPortName(byName)));
  else if (byNumber !== undefined && byNumber !== 0) errors.push(...checkPort(byNumber, `${path}.service.port.number`));
  else errors.push(required(path, 'port name or number is required'));
  return errors;
}

/** Something of another API, in the same namespace or in none. */
function checkLocalReference(reference: JsonObject, path: string): FieldError[] {
  const group = reference['apiGroup'];
  return [
    ...(typeof group === 'string' ? each(`${path}.apiGroup`, group, checkSubdomain(group)) : []),
    ...checkNeededName(reference['kind'], `${path}.kind`, checkPathSegment),
    ...checkNeededName(reference['name'], `${path}.name`, checkPathSegment),
  ];
}

const MOST_CONTROLLER = 250;

export const ingressClasses: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const controller = asString(spec['controller']);
  const errors: FieldError[] = [];
  if (old !== undefined && controller !== asString(asObject(old['spec'])['controller']))
    errors.push(invalidValue('spec.controller', controller, 'field is immutable'));
  if (controller.length > MOST_CONTROLLER) errors.push(tooLong('spec.controller', MOST_CONTROLLER));
  errors.push(...checkDomainPath(controller, 'spec.controller'));
  const parameters = spec['parameters'];
  if (!isObject(parameters)) return errors;
  const path = 'spec.parameters';
  const { scope, namespace } = parameters;
  errors.push(...checkLocalReference(parameters, path));
  if (scope === undefined) return [...errors, required(`${path}.scope`)];
  errors.push(...checkChoice(scope, `${path}.scope`, ['Cluster', 'Namespace']));
  if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...each(`${path}.namespace`, namespace, checkLabel(asString(namespace))));
  }
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbiddenField(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
};

export const networkPolicies: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors = checkSelector(spec['podSelector'], 'spec.podSelector');
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    asArray(spec[direction]).forEach((entry, i) => {
      const rule = asObject(entry);
      const at = `spec.${direction}[${i}]`;
      asArray(rule['ports']).forEach((port, j) => {
        errors.push(...checkPolicyPort(asObject(port), `${at}.ports[${j}]`));
      });
      asArray(rule[peers]).forEach((peer, j) => {
        errors.push(...checkPeer(asObject(peer), `${at}.${peers}[${j}]`));
      });
    });
  }
  const types = asArray(spec['policyTypes']);
  if (types.length > 2)
    return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  types.forEach((type, i) => {
    if (type !== 'Ingress' && type !== 'Egress')
      errors.push(notSupported(`spec.policyTypes[${i}]`, type, ['Ingress', 'Egress']));
  });
  return errors;
};

function checkPolicyPort({ port, endPort, protocol }: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(asString(protocol)))
    errors.push(notSupported(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  const at = `${path}.endPort`;
  if (typeof port === 'string') {
    if (endPort !== undefined)
      errors.push(invalidValue(at, endPort, 'may not be specified when `port` is non-numeric'));
    return [...errors, ...checkPortOrName(port, `${path}.port`)];
  }
  if (port === undefined)
    return endPort === undefined
      ? errors
      : [...errors, invalidValue(at, endPort, 'may not be specified when `port` is not specified')];
  errors.push(...checkPort(port, `${path}.port`));
  if (endPort === undefined) return errors;
  // Upstream shows the port here.
  if (Number(endPort) < Number(port)) errors.push(invalidValue(at, port, 'must be greater than or equal to `port`'));
  return [...errors, ...checkPort(endPort, at)];
}

function checkPeer(peer: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const selectors = ['podSelector', 'namespaceSelector'].filter((field) => peer[field] !== undefined);
  for (const field of selectors) errors.push(...checkSelector(peer[field], `${path}.${field}`));
  const block = peer['ipBlock'];
  if (isObject(block)) errors.push(...checkBlock(block, `${path}.ipBlock`));
  if (selectors.length === 0 && block === undefined) errors.push(required(path, 'must specify a peer'));
  else if (selectors.length > 0 && block !== undefined)
    errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function checkBlock(block: JsonObject, path: string): FieldError[] {
  const cidr = asString(block['cidr']);
  if (cidr === '') return [required(`${path}.cidr`)];
  const whole = rangeOf(cidr);
  if (whole === undefined) return [invalidValue(`${path}.cidr`, cidr, CIDR_TEXT)];
  return asArray(block['except']).flatMap((entry, i) => {
    const part = rangeOf(asString(entry));
    const at = `${path}.except[${i}]`;
    if (part === undefined) return [invalidValue(at, entry, CIDR_TEXT)];
    const inside =
      part.family === whole.family &&
      part.first >= whole.first &&
      part.last <= whole.last &&
      part.last - part.first < whole.last - whole.first;
    return inside ? [] : [invalidValue(at, entry, 'must be a strict subset of `cidr`')];
  });
}
