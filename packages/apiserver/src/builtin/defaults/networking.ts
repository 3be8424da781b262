import { asArray, asObject, isObject } from '../../json.ts';
import { type Defaults, objectAt, objectsOf, set, setZero, specOf } from './set.ts';

export const services: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'sessionAffinity', 'None');
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP') {
    const affinity = objectAt(spec, 'sessionAffinityConfig');
    set(objectAt(affinity, 'clientIP'), 'timeoutSeconds', 10800);
  }
  set(spec, 'type', 'ClusterIP');
  for (const port of objectsOf(spec['ports'])) {
    setZero(port, 'protocol', 'TCP');
    setZero(port, 'targetPort', port['port']);
  }
  const external =
    spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer' || asArray(spec['externalIPs']).length > 0;
  if (external) set(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec['type'] !== 'ExternalName') set(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'LoadBalancer') set(spec, 'allocateLoadBalancerNodePorts', true);
};

export const ingressClasses: Defaults = (object) => {
  const parameters = asObject(object['spec'])['parameters'];
  if (isObject(parameters)) set(parameters, 'scope', 'Cluster');
};

export const networkPolicies: Defaults = (object) => {
  const spec = specOf(object);
  for (const direction of ['ingress', 'egress']) {
    for (const rule of objectsOf(spec[direction]))
      for (const port of objectsOf(rule['ports'])) set(port, 'protocol', 'TCP');
  }
  if (asArray(spec['policyTypes']).length === 0) {
    spec['policyTypes'] = asArray(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
};

export const endpoints: Defaults = (object) => {
  for (const subset of objectsOf(object['subsets']))
    for (const port of objectsOf(subset['ports'])) set(port, 'protocol', 'TCP');
};

export const endpointSlices: Defaults = (object) => {
  for (const port of objectsOf(object['ports'])) {
    set(port, 'name', '');
    set(port, 'protocol', 'TCP');
  }
};
