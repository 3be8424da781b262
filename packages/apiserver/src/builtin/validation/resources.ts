import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import { checkLabel, checkQualifiedName } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { isWhole, nanoOf, textOfNano } from './quantities.ts';
import { each } from './rules.ts';

type NameRule = (name: string, path: string) => FieldError[];

/** What is counted in whole numbers. */
export const COUNTED: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const CONTAINER = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** What quotas limit. */
export const LIMITED: ReadonlySet<string> = new Set([
  ...COUNTED,
  ...CONTAINER,
  ...['cpu', 'memory', 'storage', 'ephemeral-storage'].map((name) => `requests.${name}`),
  ...[...CONTAINER].map((name) => `limits.${name}`),
]);

function isHuge(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Neither of a vendor nor asked for as one. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Resources of vendors. */
function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0;
}

/** Any name of a resource. */
export const checkResourceName: NameRule = (name, path) => {
  const errors = each(path, name, checkQualifiedName(name));
  if (errors.length > 0 || name.includes('/')) return errors;
  const isKnown = LIMITED.has(name) || name === 'storage' || isHuge(name);
  return isKnown ? [] : [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
};

export const checkContainerResourceName: NameRule = (name, path) => {
  const errors = checkResourceName(name, path);
  if (!name.includes('/')) {
    if (!CONTAINER.has(name) && !isHuge(name))
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtended(name))
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"));
  return errors;
};

const checkPodResourceName: NameRule = (name, path) => {
  const errors = checkResourceName(name, path);
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHuge(name)) return errors;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
};

/** An amount of something. */
export function checkAmount(name: string, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (nanoOf(value) < 0n) errors.push(invalidValue(path, value, 'must be greater than or equal to 0'));
  if (COUNTED.has(name) && !isWhole(value)) errors.push(invalidValue(path, value, 'must be an integer'));
  return errors;
}

/** Resources that cannot be promised twice. */
function isExclusive(name: string): boolean {
  return isHuge(name) || !isNative(name);
}

function checkHugePages(name: string, value: unknown, path: string): FieldError[] {
  const size = nanoOf(name.slice('hugepages-'.length));
  const isMultiple = size > 0n && nanoOf(value) % size === 0n;
  return isMultiple
    ? []
    : [invalidValue(path, asString(value), `${asString(value)} is not positive integer multiple of ${name}`)];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function checkRequirements(
  resources: JsonObject,
  path: string,
  rule: NameRule,
  claims: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const [limits, requests] = [asObject(resources['limits']), asObject(resources['requests'])];
  for (const [field, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(values).sort(byName)) {
      const at = `${path}.${field}[${name}]`;
      errors.push(...rule(name, at), ...checkAmount(name, value, at));
      if (field === 'requests') errors.push(...checkAgainstLimit(name, value, limits[name], path));
      if (isHuge(name)) errors.push(...checkHugePages(name, value, at));
    }
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHuge) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbiddenField(path, 'HugePages require cpu or memory'));
  return [...errors, ...checkClaims(resources['claims'], `${path}.claims`, claims)];
}

function checkAgainstLimit(name: string, value: unknown, limit: unknown, path: string): FieldError[] {
  if (limit === undefined)
    return isExclusive(name) ? [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')] : [];
  const isWrong = isExclusive(name) ? nanoOf(value) !== nanoOf(limit) : nanoOf(value) > nanoOf(limit);
  const relation = isExclusive(name) ? 'equal to' : 'less than or equal to';
  return isWrong
    ? [invalidValue(`${path}.requests`, value, `must be ${relation} ${name} limit of ${asString(limit)}`)]
    : [];
}

function checkClaims(list: unknown, path: string, claims: ReadonlySet<string>): FieldError[] {
  const seen = new Set<string>();
  return asArray(list).flatMap((entry, i) => {
    const [name, request] = [asString(asObject(entry)['name']), asString(asObject(entry)['request'])];
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    else {
      const key = request === '' ? name : `${name}/${request}`;
      if (request !== '') errors.push(...each(`${at}.request`, request, checkLabel(request)));
      if (seen.has(key)) errors.push(duplicate(at, key));
      else if (request === '')
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      seen.add(key);
    }
    if (!claims.has(name)) {
      const known = claims.size === 0 ? ' which is empty' : `: ${[...claims].sort().join(', ')}`;
      const message = `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${known}`;
      errors.push({ reason: 'FieldValueNotFound', field: at, message });
    }
    return errors;
  });
}

/** `resources` of a container. */
export function checkContainerResources(
  resources: JsonObject,
  path: string,
  claims: ReadonlySet<string>,
): FieldError[] {
  return checkRequirements(resources, path, checkContainerResourceName, claims);
}

/** `resources` of a pod as a whole, and how they fit those of its containers. */
export function checkPodResources(spec: JsonObject, path: string, claims: ReadonlySet<string>): FieldError[] {
  const resources = asObject(spec['resources']);
  if (asObject(spec['os'])['name'] === 'windows') return [forbiddenField(path, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (asArray(resources['claims']).length > 0)
    errors.push(forbiddenField(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  errors.push(...checkRequirements(resources, path, checkPodResourceName, claims));
  const [limits, requests] = [asObject(resources['limits']), asObject(resources['requests'])];
  const exceeded = (field: string, values: JsonObject, picks: (name: string) => boolean) => {
    for (const [name, sum] of sumsOf(spec, field)) {
      const value = values[name];
      if (value === undefined || !picks(name) || sum <= nanoOf(value)) continue;
      const text = `must be greater than or equal to aggregate container ${field} of ${textOfNano(sum)}`;
      errors.push(invalidValue(`${path}.${field}[${name}]`, value, text));
    }
  };
  exceeded('requests', requests, () => true);
  exceeded('limits', limits, isHuge);
  asArray(spec['containers']).forEach((container, i) => {
    const own = asObject(asObject(asObject(container)['resources'])['limits']);
    for (const [name, value] of Object.entries(own).sort(byName))
      if (limits[name] !== undefined && nanoOf(value) > nanoOf(limits[name]))
        errors.push(
          invalidValue(
            `${path}.containers[${i}][${name}].limits`,
            value,
            `must be less than or equal to pod limits of ${asString(limits[name])}`,
          ),
        );
  });
  return errors;
}

/** What the containers of a pod need together: those that stay, and at least what any that ends needs beside them. */
function sumsOf(spec: JsonObject, field: string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  const staying = new Map<string, bigint>();
  const most = new Map<string, bigint>();
  const amounts = (container: unknown) =>
    Object.entries(asObject(asObject(asObject(container)['resources'])[field])).map(
      ([name, value]) => [name, nanoOf(value)] as const,
    );
  const add = (to: Map<string, bigint>, name: string, value: bigint) => to.set(name, (to.get(name) ?? 0n) + value);
  for (const container of asArray(spec['containers']))
    for (const [name, value] of amounts(container)) add(sums, name, value);
  for (const container of asArray(spec['initContainers'])) {
    const stays = asObject(container)['restartPolicy'] === 'Always';
    for (const [name, value] of amounts(container)) {
      const beside = (staying.get(name) ?? 0n) + value;
      if (stays) {
        add(sums, name, value);
        staying.set(name, beside);
      }
      if (beside > (most.get(name) ?? 0n)) most.set(name, beside);
    }
  }
  for (const [name, value] of most) if (value > (sums.get(name) ?? 0n)) sums.set(name, value);
  return sums;
}
