import { asArray, asNumber, asObject, asString, dig } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { type Cells, mapSelector, NONE, orNone, selector, UNSET } from './texts.ts';

const services: Cells = (object) => {
  const spec = asObject(object['spec']);
  const ports = asArray(spec['ports']).map((entry) => {
    const port = asObject(entry);
    const node = asNumber(port['nodePort']);
    return `${asNumber(port['port'])}${node > 0 ? `:${node}` : ''}/${asString(port['protocol'])}`;
  });
  return {
    Type: asString(spec['type']),
    'Cluster-IP': orNone(spec['clusterIP']),
    'External-IP': externalAddress(object),
    'Port(s)': ports.length === 0 ? NONE : ports.join(','),
    Selector: mapSelector(spec['selector']),
  };
};

function loadBalancerAddresses(status: unknown): string {
  return asArray(dig(status, 'loadBalancer', 'ingress'))
    .map((entry) => asString(asObject(entry)['ip']) || asString(asObject(entry)['hostname']))
    .filter((text) => text !== '')
    .sort()
    .join(',');
}

function externalAddress(object: KubeObject): string {
  const spec = asObject(object['spec']);
  const fixed = asArray(spec['externalIPs']).map(asString).join(',');
  switch (spec['type']) {
    case 'ExternalName':
      return asString(spec['externalName']);
    case 'LoadBalancer': {
      const addresses = loadBalancerAddresses(object['status']);
      if (addresses !== '') return fixed === '' ? addresses : `${addresses},${fixed}`;
      return fixed === '' ? '<pending>' : fixed;
    }
    default:
      return fixed === '' ? NONE : fixed;
  }
}

const ingresses: Cells = (object) => {
  const spec = asObject(object['spec']);
  const hosts = asArray(spec['rules']).map((rule) => asString(asObject(rule)['host']) || '*');
  const shown = hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
  return {
    Class: orNone(spec['ingressClassName']),
    Hosts: shown === '' ? '*' : shown,
    Address: loadBalancerAddresses(object['status']),
    Ports: asArray(spec['tls']).length > 0 ? '80, 443' : '80',
  };
};

const endpointSlices: Cells = (object) => {
  const ports = asArray(object['ports']).map((p) => String(asObject(p)['port'] ?? ''));
  const addresses = asArray(object['endpoints']).flatMap((e) => asArray(asObject(e)['addresses']).map(asString));
  return {
    AddressType: asString(object['addressType']),
    Ports: ports.length === 0 ? UNSET : ports.join(','),
    Endpoints: shorten(addresses) || UNSET,
  };
};

function shorten(list: readonly string[]): string {
  return list.length > 3 ? `${list.slice(0, 3).join(',')} + ${list.length - 3} more...` : list.join(',');
}

const endpoints: Cells = (object) => {
  const list = asArray(object['subsets']).flatMap((entry) => {
    const subset = asObject(entry);
    const ips = asArray(subset['addresses']).map((address) => asString(asObject(address)['ip']));
    const ports = asArray(subset['ports']).map((port) => asNumber(asObject(port)['port']));
    return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => `${ip}:${port}`));
  });
  return { Endpoints: shorten(list) || NONE };
};

/** The columns of services and what leads to them. */
export const networkingCells: readonly (readonly [resource: string, Cells])[] = [
  ['/endpoints', endpoints],
  ['/services', services],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  [
    'networking.k8s.io/ingressclasses',
    (object) => {
      const { kind, name, apiGroup } = asObject(dig(object, 'spec', 'parameters'));
      const type = apiGroup === undefined ? asString(kind) : `${asString(kind)}.${asString(apiGroup)}`;
      const isDefault = object.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
      return {
        Name: isDefault ? `${object.metadata.name} (default)` : (object.metadata.name ?? ''),
        Controller: asString(dig(object, 'spec', 'controller')),
        Parameters: kind === undefined ? NONE : `${type}/${asString(name)}`,
      };
    },
  ],
  ['networking.k8s.io/ingresses', ingresses],
  [
    'networking.k8s.io/ipaddresses',
    (object) => {
      const { group, resource, namespace, name } = asObject(dig(object, 'spec', 'parentRef'));
      const parts = [group, resource, namespace, name].map(asString).filter((part) => part !== '');
      return { ParentRef: parts.join('/') };
    },
  ],
  ['networking.k8s.io/networkpolicies', (object) => ({ 'Pod-Selector': selector(dig(object, 'spec', 'podSelector')) })],
  [
    'networking.k8s.io/servicecidrs',
    (object) => ({
      CIDRs: asArray(dig(object, 'spec', 'cidrs'))
        .map(asString)
        .join(','),
    }),
  ],
];
