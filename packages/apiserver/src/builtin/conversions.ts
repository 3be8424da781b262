import { asArray, asNumber, asObject } from '../json.ts';
import type { JsonObject, KubeObject } from '../types.ts';

/** `events.k8s.io/v1` as seen on a stored `v1` Event. */
export function eventFromCore(object: KubeObject): KubeObject {
  const {
    involvedObject,
    message,
    firstTimestamp,
    lastTimestamp,
    count,
    source,
    reportingComponent,
    kind,
    apiVersion: _a,
    metadata,
    ...rest
  } = object;
  return {
    kind,
    apiVersion: 'events.k8s.io/v1',
    metadata,
    ...withoutEmptyInstance(rest),
    ...(rest['eventTime'] === undefined ? { eventTime: null } : {}),
    ...(involvedObject === undefined ? {} : { regarding: involvedObject }),
    ...(message === undefined ? {} : { note: message }),
    ...(reportingComponent === undefined || reportingComponent === ''
      ? {}
      : { reportingController: reportingComponent }),
    ...(source === undefined ? {} : { deprecatedSource: source }),
    ...(firstTimestamp === undefined ? {} : { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { deprecatedLastTimestamp: lastTimestamp }),
    ...(count === undefined ? {} : { deprecatedCount: count }),
  };
}

function withoutEmptyInstance(rest: JsonObject): JsonObject {
  const { reportingInstance, ...others } = rest;
  return reportingInstance === undefined || reportingInstance === '' ? others : { reportingInstance, ...others };
}

export function eventToCore(object: KubeObject): KubeObject {
  const {
    regarding,
    note,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    deprecatedSource,
    reportingController,
    kind,
    apiVersion: _a,
    metadata,
    ...rest
  } = object;
  return {
    kind,
    apiVersion: 'v1',
    metadata,
    ...rest,
    involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    reportingComponent: reportingController ?? '',
    reportingInstance: rest['reportingInstance'] ?? '',
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
  };
}

/** `autoscaling/v1` as seen on a stored `autoscaling/v2` HorizontalPodAutoscaler: only the CPU target has a field. */
export function scalerFromV2(object: KubeObject): KubeObject {
  const spec = asObject(object['spec']);
  const status = asObject(object['status']);
  const { metrics, behavior: _behavior, ...kept } = spec;
  const cpu = asArray(metrics).map(asObject).find(isCpuUtilization);
  const target = asObject(asObject(cpu?.['resource'])['target'])['averageUtilization'];
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    spec: { ...kept, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: status['currentReplicas'] ?? 0,
      desiredReplicas: status['desiredReplicas'] ?? 0,
      ...(status['lastScaleTime'] === undefined ? {} : { lastScaleTime: status['lastScaleTime'] }),
      ...(status['observedGeneration'] === undefined ? {} : { observedGeneration: status['observedGeneration'] }),
    },
  };
}

export function scalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = asObject(object['spec']);
  const metrics: JsonObject[] =
    target === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  const { currentReplicas, ...status } = asObject(object['status']);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}) },
    status: {
      currentMetrics: null,
      desiredReplicas: 0,
      ...status,
      ...(asNumber(currentReplicas) === 0 ? {} : { currentReplicas }),
    },
  };
}

function isCpuUtilization(metric: JsonObject): boolean {
  const resource = asObject(metric['resource']);
  return (
    metric['type'] === 'Resource' &&
    resource['name'] === 'cpu' &&
    asObject(resource['target'])['averageUtilization'] !== undefined
  );
}
