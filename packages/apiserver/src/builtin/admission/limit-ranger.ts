import { forbidden } from '../../errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { nanoOf } from '../validation/quantities.ts';

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
    ['limits', 'default', 'limit'],
    ['requests', 'defaultRequest', 'request'],
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
  // Requests first, as the note of the original.
  notes.sort((a, b) => Number(/ limit for/.test(a)) - Number(/ limit for/.test(b)));
}

function problemsOf(limit: JsonObject, spec: JsonObject): string[] {
  if (limit['type'] !== 'Container') return [];
  const problems: string[] = [];
  for (const entry of [...asArray(spec['containers']), ...asArray(spec['initContainers'])]) {
    const resources = asObject(asObject(entry)['resources']);
    const requests = asObject(resources['requests']);
    const limits = asObject(resources['limits']);
    for (const [name, min] of Object.entries(asObject(limit['min']))) {
      const [request, bound] = [requests[name], limits[name]];
      if (request === undefined)
        problems.push(`minimum ${name} usage per Container is ${min}.  No request is specified`);
      else if (nanoOf(request) < nanoOf(min))
        problems.push(`minimum ${name} usage per Container is ${min}, but request is ${request}`);
      if (bound !== undefined && nanoOf(bound) < nanoOf(min))
        problems.push(`minimum ${name} usage per Container is ${min}, but limit is ${bound}`);
    }
    for (const [name, max] of Object.entries(asObject(limit['max']))) {
      const [request, bound] = [requests[name], limits[name]];
      if (bound === undefined) problems.push(`maximum ${name} usage per Container is ${max}.  No limit is specified`);
      else if (nanoOf(bound) > nanoOf(max))
        problems.push(`maximum ${name} usage per Container is ${max}, but limit is ${bound}`);
      if (request !== undefined && nanoOf(request) > nanoOf(max))
        problems.push(`maximum ${name} usage per Container is ${max}, but request is ${request}`);
    }
  }
  return problems;
}
