import { asArray, asObject, equalJson } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { ServiceAllocator } from '../service-allocator.ts';
import type { Preparation } from './preparation.ts';

function allocator(context: StrategyContext): ServiceAllocator {
  return ServiceAllocator.of(context.bucket('/services'));
}

function completeService(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): void {
  const spec = object['spec'] as JsonObject;
  const before = asObject(old?.['spec']);
  if (old !== undefined) dropForeignFields(spec, before);
  if (spec['type'] === 'ExternalName') {
    if (old === undefined && spec['clusterIP'] !== undefined) {
      spec['clusterIPs'] ??= [spec['clusterIP']];
      return;
    }
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      delete spec[field];
    if (old === undefined || object['status'] === undefined) object['status'] = { loadBalancer: {} };
    return;
  }
  if (spec['clusterIP'] === undefined) {
    const ips = asArray(spec['clusterIPs']);
    if (ips.length > 0) spec['clusterIP'] = ips[0];
    else if (before['clusterIP'] !== undefined) spec['clusterIP'] = before['clusterIP'];
    else spec['clusterIP'] = allocator(context).address(object);
  }
  if (
    old !== undefined &&
    spec['clusterIP'] !== before['clusterIP'] &&
    equalJson(spec['clusterIPs'], before['clusterIPs'])
  )
    spec['clusterIPs'] = [spec['clusterIP']];
  if (spec['clusterIPs'] === undefined)
    spec['clusterIPs'] =
      before['clusterIP'] === spec['clusterIP'] && before['clusterIPs'] ? before['clusterIPs'] : [spec['clusterIP']];
  if (spec['clusterIP'] === 'None' && spec['selector'] === undefined && old === undefined) {
    // A headless Service without a selector is taken to be of both families.
    if (spec['ipFamilyPolicy'] === undefined) spec['ipFamilyPolicy'] = 'RequireDualStack';
    if (spec['ipFamilies'] === undefined && spec['ipFamilyPolicy'] !== 'SingleStack')
      spec['ipFamilies'] = ['IPv4', 'IPv6'];
  }
  if (spec['ipFamilies'] === undefined) spec['ipFamilies'] = before['ipFamilies'] ?? ['IPv4'];
  if (spec['ipFamilyPolicy'] === undefined) spec['ipFamilyPolicy'] = before['ipFamilyPolicy'] ?? 'SingleStack';
  const external =
    spec['type'] === 'NodePort' || (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);
  if (external) {
    // Ports that were there keep their number.
    const known = asArray(before['ports']).map(asObject);
    for (const entry of asArray(spec['ports'])) {
      const port = asObject(entry);
      const same = known.find((p) => p['port'] === port['port'] && p['protocol'] === port['protocol']);
      if (port['nodePort'] === undefined && same?.['nodePort'] !== undefined) port['nodePort'] = same['nodePort'];
    }
    allocator(context).nodePorts(object, asArray(spec['ports']));
  }
  if (spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local')
    spec['healthCheckNodePort'] ??= before['healthCheckNodePort'] ?? allocator(context).healthCheckPort(object);
  if (old === undefined || object['status'] === undefined) object['status'] = { loadBalancer: {} };
}

/** What only another type has goes when the type does, unless it is set anew. */
function dropForeignFields(spec: JsonObject, before: JsonObject): void {
  const { type } = spec;
  if (type === before['type']) return;
  const dropped: string[] = [];
  if (type !== 'LoadBalancer') dropped.push('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  if (type !== 'LoadBalancer' && type !== 'NodePort') {
    dropped.push('externalTrafficPolicy', 'healthCheckNodePort');
    const known = asArray(before['ports']).map((port) => asObject(port)['nodePort']);
    for (const port of asArray(spec['ports']).map(asObject))
      if (known.includes(port['nodePort'])) delete port['nodePort'];
  }
  for (const field of dropped) if (equalJson(spec[field], before[field])) delete spec[field];
}

export const services: Preparation = {
  create: (object, context) => completeService(object, undefined, context),
  update: (object, old, context) => completeService(object, old, context),
};
