import { kind, type Manifest } from './manifest.ts';

const service = kind('v1', 'Service', 'services');
const endpoints = kind('v1', 'Endpoints', 'endpoints');
const slice = kind('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
const ingress = kind('networking.k8s.io/v1', 'Ingress', 'ingresses');
const ingressClass = kind('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', false);
const networkPolicy = kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');

const ports = [{ port: 80 }];
const selector = { app: 'a' };
const backend = { service: { name: 'x', port: { number: 80 } } };

export const networking: readonly Manifest[] = [
  service('only ports', { spec: { ports } }),
  service('selector and a named target', {
    spec: { selector, ports: [{ port: 80, targetPort: 'http', name: 'http' }] },
  }),
  service('several ports', {
    spec: {
      selector,
      ports: [
        { port: 53, name: 'udp', protocol: 'UDP' },
        { port: 53, name: 'tcp', appProtocol: 'x' },
      ],
    },
  }),
  service('node port', { spec: { type: 'NodePort', selector, ports } }),
  service('load balancer', { spec: { type: 'LoadBalancer', selector, ports } }),
  service('load balancer without node ports', {
    spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, selector, ports, loadBalancerClass: 'a.b/c' },
  }),
  service('local traffic', {
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31999, selector, ports },
  }),
  service('external name', { spec: { type: 'ExternalName', externalName: 'a.example.org' } }),
  service('external name with ports', { spec: { type: 'ExternalName', externalName: 'a.example.org', ports } }),
  service('headless', { spec: { clusterIP: 'None', selector, ports } }),
  service('headless without a selector', { spec: { clusterIP: 'None', ports } }),
  service('headless without ports', { spec: { clusterIP: 'None', selector } }),
  service('client affinity', { spec: { selector, ports, sessionAffinity: 'ClientIP' } }),
  service('prefers two families', { spec: { selector, ports, ipFamilyPolicy: 'PreferDualStack' } }),
  service('families and internal traffic', {
    spec: { selector, ports, ipFamilies: ['IPv4'], internalTrafficPolicy: 'Local', publishNotReadyAddresses: false },
  }),
  service('external addresses and distribution', {
    spec: { selector, ports, externalIPs: ['192.0.2.1'], trafficDistribution: 'PreferClose' },
  }),
  endpoints('addresses', { subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] }),
  endpoints('nothing', {}),
  slice('addresses', { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4'] }], ports: [{ port: 80 }] }),
  slice('without ports', { addressType: 'FQDN', endpoints: [{ addresses: ['a.example.org'], conditions: {} }] }),
  ingress('a rule', {
    spec: { rules: [{ host: 'a.example.org', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }),
  ingress('default backend, class and tls', {
    spec: { ingressClassName: 'nginx', defaultBackend: backend, tls: [{ hosts: ['a.example.org'], secretName: 's' }] },
  }),
  ingress('a port by its name', {
    spec: {
      rules: [
        {
          http: {
            paths: [
              { pathType: 'ImplementationSpecific', backend: { service: { name: 'x', port: { name: 'http' } } } },
            ],
          },
        },
      ],
    },
  }),
  ingressClass('with parameters', {
    spec: { controller: 'example.org/c', parameters: { apiGroup: 'k.example.org', kind: 'P', name: 'x' } },
  }),
  ingressClass('plain', { spec: { controller: 'example.org/c' } }),
  networkPolicy('denies all', { spec: { podSelector: {} } }),
  networkPolicy('ingress and egress', {
    spec: {
      podSelector: { matchLabels: { a: 'b' } },
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 80 }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ protocol: 'UDP' }] }],
    },
  }),
  networkPolicy('empty egress', { spec: { podSelector: {}, ingress: [{}], egress: [] } }),
  networkPolicy('egress only', { spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{}] } }),
];
