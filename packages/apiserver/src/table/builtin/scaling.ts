import { asArray, asNumber, asObject, asString, dig } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { type Cells, NONE, UNSET } from './texts.ts';

const autoscalers: Cells = (object) => {
  const spec = asObject(object['spec']);
  const target = asObject(spec['scaleTargetRef']);
  const min = spec['minReplicas'];
  return {
    Reference: `${asString(target['kind'])}/${asString(target['name'])}`,
    Targets: autoscalerTargets(spec, asObject(object['status'])),
    MinPods: min === undefined ? UNSET : String(min),
    MaxPods: asNumber(spec['maxReplicas']),
    Replicas: asNumber(dig(object, 'status', 'currentReplicas')),
  };
};

function autoscalerTargets(spec: JsonObject, status: JsonObject): string {
  if (spec['metrics'] === undefined) {
    const target = spec['targetCPUUtilizationPercentage'];
    return `cpu: <unknown>/${target === undefined ? '<auto>' : `${String(target)}%`}`;
  }
  const current = asArray(status['currentMetrics']).map(asObject);
  const texts = asArray(spec['metrics']).map((entry, i) => {
    const metric = asObject(entry);
    const field =
      {
        Resource: 'resource',
        Pods: 'pods',
        Object: 'object',
        External: 'external',
        ContainerResource: 'containerResource',
      }[asString(metric['type'])] ?? '';
    const of = asObject(metric[field]);
    const target = asObject(of['target']);
    const utilization = target['averageUtilization'];
    const now = dig(current[i], field, 'current');
    const name = field === 'resource' ? `${asString(of['name'])}: ` : '';
    if (utilization !== undefined) {
      const value = dig(now, 'averageUtilization');
      return `${name}${value === undefined ? '<unknown>' : `${String(value)}%`}/${String(utilization)}%`;
    }
    const average = target['averageValue'];
    const value = dig(now, average === undefined ? 'value' : 'averageValue');
    return `${name}${value === undefined ? '<unknown>' : String(value)}/${String(average ?? target['value'] ?? '')}${average !== undefined && field !== 'resource' && field !== 'pods' ? ' (avg)' : ''}`;
  });
  if (texts.length === 0) return NONE;
  return texts.length > 2 ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...` : texts.join(', ');
}

const budgets: Cells = (object) => ({
  'Min Available': text(dig(object, 'spec', 'minAvailable')),
  'Max Unavailable': text(dig(object, 'spec', 'maxUnavailable')),
  'Allowed Disruptions': asNumber(dig(object, 'status', 'disruptionsAllowed')),
});

function text(value: unknown): string {
  return value === undefined ? 'N/A' : String(value);
}

/** The columns of autoscalers and disruption budgets. */
export const scalingCells: readonly (readonly [resource: string, Cells])[] = [
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['policy/poddisruptionbudgets', budgets],
];
