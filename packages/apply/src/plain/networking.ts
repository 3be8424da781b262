import { selector } from './selectors.ts';
import { either, flag, listOf, oneOf, type Shape, struct, text } from './shapes.ts';
import { dnsLabel, dnsSubdomain, labels, portName, portNumber, portNumberOrName, serviceName } from './texts.ts';

const protocol = oneOf('TCP', 'UDP');

type ServicePort = { readonly name?: string; readonly port: number; readonly protocol?: string };

const servicePorts = listOf(
  struct(
    {
      name: dnsLabel,
      protocol,
      port: portNumber,
      targetPort: portNumberOrName,
      appProtocol: text(/^(?:kubernetes\.io\/)?[a-z][a-z0-9]{0,19}$/, 40),
    },
    { needs: ['port'] },
  ),
  { min: 1, unique: (item) => `${(item as ServicePort).port}/${(item as ServicePort).protocol ?? 'TCP'}` },
);

/**
 * A Service that is reached inside the cluster. Whatever takes an address or a port that it names, or asks for a family of
 * addresses, may be refused for what the cluster has.
 */
export const serviceSpec: Shape = struct(
  {
    type: oneOf('ClusterIP'),
    clusterIP: oneOf('None'),
    ports: servicePorts,
    selector: labels,
    sessionAffinity: oneOf('None'),
    publishNotReadyAddresses: flag,
    internalTrafficPolicy: oneOf('Cluster', 'Local'),
  },
  {
    needs: ['ports', 'selector'],
    also: ({ ports }) => {
      const names = (ports as readonly ServicePort[]).map(({ name }) => name);
      const isNamed = names.length === 1 || (!names.includes(undefined) && new Set(names).size === names.length);
      return isNamed ? undefined : 'ports';
    },
  },
);

const backend = struct(
  {
    service: struct(
      {
        name: serviceName,
        port: either(
          struct({ number: portNumber }, { needs: ['number'] }),
          struct({ name: portName }, { needs: ['name'] }),
        ),
      },
      { needs: ['name', 'port'] },
    ),
  },
  { needs: ['service'] },
);

const isAddress = /^[0-9.]+$/;
const host: Shape = (value) => {
  if (typeof value !== 'string' || isAddress.test(value)) return '';
  return dnsSubdomain(value.startsWith('*.') ? value.slice(2) : value);
};

const path = struct(
  {
    // Segments of plain characters: no empty ones, none of dots alone.
    path: text(/^(?:\/|(?:\/(?!\.+(?:\/|$))[-A-Za-z0-9._~]+)+\/?)$/, 500),
    pathType: oneOf('Exact', 'Prefix', 'ImplementationSpecific'),
    backend,
  },
  { needs: ['path', 'pathType', 'backend'] },
);

export const ingressSpec: Shape = struct(
  {
    ingressClassName: dnsSubdomain,
    defaultBackend: backend,
    rules: listOf(
      struct({ host, http: struct({ paths: listOf(path, { min: 1 }) }, { needs: ['paths'] }) }, { needs: ['http'] }),
      { min: 1 },
    ),
    tls: listOf(struct({ hosts: listOf(host), secretName: dnsSubdomain })),
  },
  { also: ({ rules, defaultBackend }) => (rules === undefined && defaultBackend === undefined ? 'rules' : undefined) },
);

const peers = listOf(
  struct(
    {
      podSelector: selector,
      namespaceSelector: selector,
      ipBlock: struct({ cidr: oneOf('0.0.0.0/0') }, { needs: ['cidr'] }),
    },
    {
      also: (peer) => {
        const hasSelector = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
        return hasSelector === (peer.ipBlock === undefined) ? undefined : 'ipBlock';
      },
    },
  ),
);
const policyPorts = listOf(struct({ port: portNumberOrName, protocol }, { needs: ['port'] }));

export const networkPolicySpec: Shape = struct(
  {
    podSelector: selector,
    ingress: listOf(struct({ from: peers, ports: policyPorts })),
    egress: listOf(struct({ to: peers, ports: policyPorts })),
    policyTypes: listOf(oneOf('Ingress', 'Egress'), { min: 1, unique: (item) => item }),
  },
  { needs: ['podSelector'] },
);
