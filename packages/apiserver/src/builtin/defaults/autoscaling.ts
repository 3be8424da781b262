import { asArray, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { type Defaults, set, specOf } from './set.ts';

export const autoscalers: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'minReplicas', 1);
  if (object.apiVersion === 'autoscaling/v2') {
    if (asArray(spec['metrics']).length === 0) {
      spec['metrics'] = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    }
    const behavior = spec['behavior'];
    if (isObject(behavior)) {
      behavior['scaleUp'] = scalingRules(behavior['scaleUp'], 0, [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ]);
      behavior['scaleDown'] = scalingRules(behavior['scaleDown'], undefined, [
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ]);
    }
  } else if (spec['targetCPUUtilizationPercentage'] === undefined) spec['targetCPUUtilizationPercentage'] = 80;
};

function scalingRules(given: unknown, window: number | undefined, policies: readonly JsonObject[]): JsonObject {
  const rules: JsonObject = isObject(given) ? { ...given } : {};
  set(rules, 'selectPolicy', 'Max');
  if (window !== undefined) set(rules, 'stabilizationWindowSeconds', window);
  if (asArray(rules['policies']).length === 0) rules['policies'] = policies.map((policy) => ({ ...policy }));
  return rules;
}
