import { forbidden } from '../../errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { qosClassOf } from '../preparation/qos-class.ts';
import { nanoOf } from '../validation/quantities.ts';
import { amountText } from './resource-quota.ts';

const PODS = { group: '', resource: 'pods' };

/**
 * The LimitRanger plugin for a new pod: containers get the defaults of the namespace's LimitRanges and have to keep
 * their bounds.
 *
 * @throws {StatusError} 403
 */
export function admitResources(object: KubeObject, context: StrategyContext): void {
  const { namespace, name = '' } = object.metadata;
  const ranges = [...context.list('/limitranges')].filter((range) => range.metadata.namespace === namespace);
  if (ranges.length === 0) return;
  const spec = asObject(object['spec']);
  const limits = ranges.flatMap((range) => asArray(asObject(range['spec'])['limits']).map(asObject));
  const notes: string[] = [];
  for (const [list, what] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    for (const entry of asArray(spec[list])) setDefaults(asObject(entry), what, limits, notes);
  }
  if (notes.length > 0) {
    asObject(object['status'])['qosClass'] = qosClassOf(spec);
    object.metadata.annotations = {
      ...object.metadata.annotations,
      'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
    };
  }
  const problems = limits.flatMap((limit) => problemsOf(limit, spec));
  if (problems.length > 0)
    throw forbidden(PODS, name, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`);
}

function setDefaults(container: JsonObject, what: string, limits: readonly JsonObject[], notes: string[]): void {
  const resources = asObject(container['resources']);
  for (const [field, from, word] of [
    ['requests', 'defaultRequest', 'request'],
    ['limits', 'default', 'limit'],
  ] as const) {
    const set: string[] = [];
    const values = { ...asObject(resources[field]) };
    for (const limit of limits) {
      if (limit['type'] !== 'Container') continue;
      for (const [name, value] of Object.entries(asObject(limit[from]))) {
        if (values[name] !== undefined) continue;
        values[name] = value;
        set.push(name);
      }
    }
    if (set.length === 0) continue;
    resources[field] = values;
    container['resources'] = resources;
    notes.push(`${set.sort().join(', ')} ${word} for ${what} ${asString(container['name'])}`);
  }
}

function problemsOf(limit: JsonObject, spec: JsonObject): string[] {
  const type = limit['type'];
  if (type === 'Pod') return boundsProblems(limit, 'Pod', totalOf(spec, 'requests'), totalOf(spec, 'limits'));
  if (type !== 'Container') return [];
  return [...asArray(spec['containers']), ...asArray(spec['initContainers'])].flatMap((entry) => {
    const resources = asObject(asObject(entry)['resources']);
    return boundsProblems(limit, 'Container', asObject(resources['requests']), asObject(resources['limits']));
  });
}

/** What the containers of a pod ask for together. */
function totalOf(spec: JsonObject, field: string): JsonObject {
  const sums: { [name: string]: bigint } = {};
  for (const entry of asArray(spec['containers']))
    for (const [name, value] of Object.entries(asObject(asObject(asObject(entry)['resources'])[field])))
      sums[name] = (sums[name] ?? 0n) + nanoOf(value);
  return Object.fromEntries(Object.entries(sums).map(([name, nano]) => [name, amountText(nano, name)]));
}

/**
 * The same for a new claim: its size.
 *
 * @throws {StatusError} 403
 */
export function admitClaimSize(object: KubeObject, context: StrategyContext): void {
  const size = asObject(asObject(asObject(object['spec'])['resources'])['requests'])['storage'];
  for (const range of context.list('/limitranges')) {
    if (range.metadata.namespace !== object.metadata.namespace) continue;
    for (const limit of asArray(asObject(range['spec'])['limits']).map(asObject)) {
      if (limit['type'] !== 'PersistentVolumeClaim' || size === undefined) continue;
      const [min, max] = [asObject(limit['min'])['storage'], asObject(limit['max'])['storage']];
      const usage = 'storage usage per PersistentVolumeClaim is';
      const why =
        min !== undefined && nanoOf(size) < nanoOf(min)
          ? `minimum ${usage} ${min}, but request is ${size}`
          : max !== undefined && nanoOf(size) > nanoOf(max)
            ? `maximum ${usage} ${max}, but request is ${size}`
            : undefined;
      if (why !== undefined)
        throw forbidden({ group: '', resource: 'persistentvolumeclaims' }, object.metadata.name ?? '', why);
    }
  }
}

function boundsProblems(limit: JsonObject, what: string, requests: JsonObject, limits: JsonObject): string[] {
  const problems: string[] = [];
  for (const [name, min] of Object.entries(asObject(limit['min']))) {
    const [request, bound] = [requests[name], limits[name]];
    if (request === undefined) problems.push(`minimum ${name} usage per ${what} is ${min}.  No request is specified`);
    else if (nanoOf(request) < nanoOf(min))
      problems.push(`minimum ${name} usage per ${what} is ${min}, but request is ${request}`);
    if (bound !== undefined && nanoOf(bound) < nanoOf(min))
      problems.push(`minimum ${name} usage per ${what} is ${min}, but limit is ${bound}`);
  }
  for (const [name, max] of Object.entries(asObject(limit['max']))) {
    const [request, bound] = [requests[name], limits[name]];
    if (bound === undefined) problems.push(`maximum ${name} usage per ${what} is ${max}.  No limit is specified`);
    else if (nanoOf(bound) > nanoOf(max))
      problems.push(`maximum ${name} usage per ${what} is ${max}, but limit is ${bound}`);
    else if (request !== undefined && nanoOf(request) > nanoOf(max))
      problems.push(`maximum ${name} usage per ${what} is ${max}, but request is ${request}`);
  }
  for (const [name, ratio] of Object.entries(asObject(limit['maxLimitRequestRatio']))) {
    const [request, bound] = [nanoOf(requests[name]), nanoOf(limits[name])];
    const most = `${name} max limit to request ratio per ${what} is ${ratio}`;
    if (request === 0n) problems.push(`${most}, but no request is specified or request is 0`);
    else if (bound === 0n) problems.push(`${most}, but no limit is specified or limit is 0`);
    else if (bound * 10n ** 9n > nanoOf(ratio) * request)
      problems.push(`${most}, but provided ratio is ${(Number(bound) / Number(request)).toFixed(6)}`);
  }
  return problems;
}
