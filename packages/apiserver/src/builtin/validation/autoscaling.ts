import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkPathSegment } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { nanoOf } from './quantities.ts';
import { checkContainerResourceName } from './resources.ts';
import { checkChoice, each, type Validation } from './rules.ts';

/** Types of metrics and the fields that hold them, in the order in which they are looked at. */
const SOURCES: { readonly [type: string]: string } = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
};

export const autoscalers: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const min = asNumber(spec['minReplicas'], 1);
  const max = asNumber(spec['maxReplicas']);
  if (min < 1) errors.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (max < 0) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to 1'));
  if (max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  const target = asObject(spec['scaleTargetRef']);
  errors.push(...checkReference(target, 'spec.scaleTargetRef', target['kind'] === 'ReplicationController'));
  // In version 1 this is the one metric.
  const percentage = spec['targetCPUUtilizationPercentage'];
  if (typeof percentage === 'number' && percentage < 1)
    errors.push(
      invalidValue('spec.metrics[0].resource.target.averageUtilization', percentage, 'must be greater than 0'),
    );
  const metrics = asArray(spec['metrics']).map(asObject);
  metrics.forEach((metric, i) => {
    errors.push(...checkMetric(metric, `spec.metrics[${i}]`));
  });
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(
      forbiddenField(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  const behavior = asObject(spec['behavior']);
  for (const field of ['scaleUp', 'scaleDown'])
    if (isObject(behavior[field])) errors.push(...checkScaling(behavior[field], `spec.behavior.${field}`));
  return errors;
};

/** @param anyGroup Whether the core group will do, too. */
function checkReference(reference: JsonObject, path: string, anyGroup: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['kind', 'name']) {
    const value = asString(reference[field]);
    if (value === '') errors.push(required(`${path}.${field}`));
    else errors.push(...each(`${path}.${field}`, value, checkPathSegment(value)));
  }
  const version = asString(reference['apiVersion']);
  const slashes = version.split('/').length - 1;
  if (slashes > 1)
    errors.push(invalidValue(`${path}.apiVersion`, version, `unexpected GroupVersion string: ${version}`));
  else if (!anyGroup && (slashes === 0 || version.startsWith('/')))
    errors.push(invalidValue(`${path}.apiVersion`, version, 'apiVersion must specify API group'));
  return errors;
}

function checkMetric(metric: JsonObject, path: string): FieldError[] {
  const type = asString(metric['type']);
  const expected = SOURCES[type];
  const given = Object.values(SOURCES).filter((field) => isObject(metric[field]));
  const errors: FieldError[] = [];
  const wrong = notSupported(`${path}.type`, type, Object.keys(SOURCES).sort());
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (expected === undefined) errors.push(wrong);
  const [first] = given;
  if (first !== undefined) errors.push(...checkSource(first, asObject(metric[first]), `${path}.${first}`));
  // Told twice, once for the name and once for the source that it has not.
  if (expected === undefined) errors.push(wrong);
  else if (!isObject(metric[expected]))
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (given.length !== 1)
    for (const field of given.filter((one) => one !== expected))
      errors.push(forbiddenField(`${path}.${field}`, 'must populate the given metric source only'));
  return errors;
}

function checkSource(field: string, source: JsonObject, path: string): FieldError[] {
  const target = asObject(source['target']);
  const at = `${path}.target`;
  const { value, averageValue, averageUtilization } = target;
  const errors = checkSubject(field, source, path);
  errors.push(...checkTarget(target, at));
  if (field === 'resource' || field === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined)
      errors.push(required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization'));
    if (averageUtilization !== undefined && averageValue !== undefined)
      errors.push(forbiddenField(`${at}.averageValue`, 'may not set both a target raw value and a target utilization'));
  } else if (field === 'pods') {
    if (averageValue === undefined)
      errors.push(required(`${at}.averageValue`, 'must specify a positive target averageValue'));
  } else if (value === undefined && averageValue === undefined)
    errors.push(
      required(
        `${at}.averageValue`,
        field === 'object'
          ? 'must set either a target value or averageValue'
          : 'must set either a target value for metric or a per-pod target',
      ),
    );
  else if (field === 'external' && value !== undefined && averageValue !== undefined)
    errors.push(forbiddenField(`${at}.value`, 'may not set both a target value for metric and a per-pod target'));
  return errors;
}

/** What a metric measures. */
function checkSubject(field: string, source: JsonObject, path: string): FieldError[] {
  const name = asString(source['name']);
  if (field === 'resource') return name === '' ? [required(`${path}.name`, 'must specify a resource name')] : [];
  if (field === 'containerResource') {
    const container = asString(source['container']);
    return [
      ...(name === ''
        ? [required(`${path}.name`, 'must specify a resource name')]
        : checkContainerResourceName(name, `${path}.name`)),
      ...(container === ''
        ? [required(`${path}.container`, 'must specify a container')]
        : each(`${path}.container`, container, checkLabel(container))),
    ];
  }
  const metric = asString(asObject(source['metric'])['name']);
  return [
    ...(field === 'object' ? checkReference(asObject(source['describedObject']), `${path}.describedObject`, true) : []),
    ...(metric === ''
      ? [required(`${path}.metric.name`, 'must specify a metric name')]
      : each(`${path}.metric.name`, metric, checkPathSegment(metric))),
  ];
}

function checkTarget(target: JsonObject, path: string): FieldError[] {
  const type = asString(target['type']);
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'])
    if (target[field] !== undefined && nanoOf(target[field]) <= 0n)
      errors.push(invalidValue(`${path}.${field}`, target[field], 'must be positive'));
  const utilization = target['averageUtilization'];
  if (typeof utilization === 'number' && utilization < 1)
    errors.push(invalidValue(`${path}.averageUtilization`, utilization, 'must be greater than 0'));
  return errors;
}

const MOST_STABILIZATION = 3600;
const MOST_PERIOD = 1800;

function checkScaling(rules: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = rules['stabilizationWindowSeconds'];
  const at = `${path}.stabilizationWindowSeconds`;
  if (typeof seconds === 'number' && seconds < 0)
    errors.push(invalidValue(at, seconds, 'must be greater than or equal to zero'));
  if (typeof seconds === 'number' && seconds > MOST_STABILIZATION)
    errors.push(invalidValue(at, seconds, `must be less than or equal to ${MOST_STABILIZATION}`));
  errors.push(...checkChoice(rules['selectPolicy'], `${path}.selectPolicy`, ['Disabled', 'Max', 'Min']));
  const policies = asArray(rules['policies']).map(asObject);
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, i) => {
    const where = `${path}.policies[${i}]`;
    errors.push(...checkChoice(asString(policy['type']), `${where}.type`, ['Percent', 'Pods']));
    for (const field of ['value', 'periodSeconds'])
      if (asNumber(policy[field]) <= 0)
        errors.push(invalidValue(`${where}.${field}`, asNumber(policy[field]), 'must be greater than zero'));
    if (asNumber(policy['periodSeconds']) > MOST_PERIOD)
      errors.push(
        invalidValue(`${where}.periodSeconds`, policy['periodSeconds'], `must be less than or equal to ${MOST_PERIOD}`),
      );
  });
  const tolerance = rules['tolerance'];
  if (tolerance !== undefined && nanoOf(tolerance) < 0n)
    errors.push(invalidValue(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  return errors;
}
