import { forbidden } from '../../errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { Stored } from '../../storage/stored.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { canonicalQuantity } from '../decode/quantity.ts';
import { nanoOf } from '../validation/quantities.ts';

const ONE = 10n ** 9n;

/** What one object takes of a quota, in billionths by the quota's names. */
type Usage = ReadonlyMap<string, bigint>;

/** Names under which a kind is counted without a prefix. */
const COUNTED = new Set([
  '/configmaps',
  '/persistentvolumeclaims',
  '/replicationcontrollers',
  '/resourcequotas',
  '/secrets',
  '/services',
]);

/**
 * The ResourceQuota plugin for a new object: counts of kinds, and requests and limits of pods. Usage is counted when
 * it is asked for. Quotas with scopes are left out.
 *
 * @throws {StatusError} 403
 */
export function admitQuota(group: string, plural: string, object: KubeObject, context: StrategyContext): void {
  const { namespace, name = '' } = object.metadata;
  if (namespace === undefined) return;
  for (const quota of context.list('/resourcequotas')) {
    if (quota.metadata.namespace !== namespace) continue;
    const spec = asObject(quota['spec']);
    if (asArray(spec['scopes']).length > 0 || spec['scopeSelector'] !== undefined) continue;
    const problem = problemOf(quota, asObject(spec['hard']), group, plural, object, context);
    if (problem !== undefined) throw forbidden({ group, resource: plural }, name, problem);
  }
}

function problemOf(
  quota: KubeObject,
  hard: JsonObject,
  group: string,
  plural: string,
  object: KubeObject,
  context: StrategyContext,
): string | undefined {
  const key = `${group}/${plural}`;
  const wanted = [...usageOf(key, group, plural, object)].filter(([resource]) => hard[resource] !== undefined);
  const quotaName = quota.metadata.name ?? '';
  if (key === '/pods') {
    const missing = unstated(hard, object);
    if (missing !== undefined) return `failed quota: ${quotaName}: must specify ${missing}`;
  }
  if (wanted.length === 0) return undefined;
  const used = new Map<string, bigint>();
  for (const other of context.list(key)) {
    if (other.metadata.namespace !== quota.metadata.namespace || isOver(other)) continue;
    for (const [resource, amount] of usageOf(key, group, plural, other))
      used.set(resource, (used.get(resource) ?? 0n) + amount);
  }
  const over = wanted
    .filter(([resource, amount]) => (used.get(resource) ?? 0n) + amount > nanoOf(hard[resource]))
    .map(([resource]) => resource)
    .sort();
  if (over.length === 0) return undefined;
  const list = (amount: (resource: string) => string) => over.map((one) => `${one}=${amount(one)}`).join(',');
  const wants = new Map(wanted);
  return (
    `exceeded quota: ${quotaName}, requested: ${list((one) => amountText(wants.get(one) ?? 0n, one))}, ` +
    `used: ${list((one) => amountText(used.get(one) ?? 0n, one))}, limited: ${list((one) => asString(hard[one]))}`
  );
}

/**
 * What the objects of a quota's namespace take of it, by the names of `spec.hard`.
 *
 * @param list The objects of a kind (`apps/deployments`) in the namespace.
 * @returns undefined for a quota that is about pods of some priority or the like: those are not told apart here.
 */
export function usageIn(quota: KubeObject, list: (kind: string) => Iterable<Stored>): JsonObject | undefined {
  const spec = asObject(quota['spec']);
  const scopes = [
    ...asArray(spec['scopes']),
    ...asArray(asObject(spec['scopeSelector'])['matchExpressions']).map((one) => asObject(one)['scopeName']),
  ].map(asString);
  if (scopes.some((scope) => POD_SCOPES[scope] === undefined)) return undefined;
  const names = Object.keys(asObject(spec['hard'])).sort();
  const used = new Map<string, bigint>();
  for (const key of new Set(names.map(kindMeasuredBy))) {
    const slash = key.indexOf('/');
    for (const { object } of list(key)) {
      if (key === '/pods' && (isOver(object) || !scopes.every((scope) => POD_SCOPES[scope]?.(object)))) continue;
      for (const [resource, amount] of usageOf(key, key.slice(0, slash), key.slice(slash + 1), object))
        used.set(resource, (used.get(resource) ?? 0n) + amount);
    }
  }
  return Object.fromEntries(names.map((name) => [name, amountText(used.get(name) ?? 0n, name)]));
}

const POD_SCOPES: { readonly [scope: string]: (pod: KubeObject) => boolean } = {
  Terminating: (pod) => asObject(pod['spec'])['activeDeadlineSeconds'] !== undefined,
  NotTerminating: (pod) => asObject(pod['spec'])['activeDeadlineSeconds'] === undefined,
  BestEffort: (pod) => asObject(pod['status'])['qosClass'] === 'BestEffort',
  NotBestEffort: (pod) => asObject(pod['status'])['qosClass'] !== 'BestEffort',
};

/** The kind whose objects a name of a quota counts or measures. */
function kindMeasuredBy(name: string): string {
  const [, plural, group = ''] = /^count\/([^.]+)(?:\.(.+))?$/.exec(name) ?? [];
  if (plural !== undefined) return `${group}/${plural}`;
  if (COUNTED.has(`/${name}`)) return `/${name}`;
  if (name.startsWith('services.')) return '/services';
  return name.endsWith('requests.storage') ? '/persistentvolumeclaims' : '/pods';
}

/** Pods that have ended take nothing. */
function isOver(object: KubeObject): boolean {
  const phase = asObject(object['status'])['phase'];
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Billionths as a canonical quantity; bytes with binary suffixes where they are whole. */
export function amountText(nano: bigint, resource: string): string {
  const binary = /memory|storage/.test(resource) && nano % (1024n * ONE) === 0n;
  return canonicalQuantity(binary ? `${nano / ONE / 1024n}Ki` : `${nano}n`);
}

function usageOf(key: string, group: string, plural: string, object: KubeObject): Usage {
  const usage = new Map<string, bigint>([[`count/${plural}${group === '' ? '' : `.${group}`}`, ONE]]);
  const spec = asObject(object['spec']);
  if (COUNTED.has(key)) usage.set(plural, ONE);
  if (key === '/services') {
    const ports = BigInt(asArray(spec['ports']).filter((port) => asObject(port)['nodePort'] !== undefined).length);
    if (ports > 0n) usage.set('services.nodeports', ports * ONE);
    if (spec['type'] === 'LoadBalancer') usage.set('services.loadbalancers', ONE);
  }
  if (key === '/persistentvolumeclaims')
    usage.set('requests.storage', nanoOf(asObject(asObject(spec['resources'])['requests'])['storage']));
  if (key !== '/pods') return usage;
  usage.set('pods', ONE);
  for (const [field, prefix] of [
    ['requests', 'requests.'],
    ['limits', 'limits.'],
  ] as const) {
    for (const [resource, amount] of totals(spec, field)) {
      usage.set(`${prefix}${resource}`, amount);
      if (field === 'requests') usage.set(resource, amount);
    }
  }
  return usage;
}

/** All containers together, or the largest that runs before them. */
function totals(spec: JsonObject, field: string): Usage {
  const sum = new Map<string, bigint>();
  const valuesOf = (entry: unknown) => Object.entries(asObject(asObject(asObject(entry)['resources'])[field]));
  for (const entry of asArray(spec['containers']))
    for (const [resource, value] of valuesOf(entry)) sum.set(resource, (sum.get(resource) ?? 0n) + nanoOf(value));
  for (const entry of asArray(spec['initContainers']))
    for (const [resource, value] of valuesOf(entry)) {
      const amount = nanoOf(value);
      if (amount > (sum.get(resource) ?? 0n)) sum.set(resource, amount);
    }
  return sum;
}

const MEASURED = /^(requests\.|limits\.)?(cpu|memory)$/;

/** `requests.cpu for: c`: what a quota measures has to be said by every container. */
function unstated(hard: JsonObject, pod: KubeObject): string | undefined {
  const spec = asObject(pod['spec']);
  const containers = [...asArray(spec['containers']), ...asArray(spec['initContainers'])].map(asObject);
  const byNames = new Map<string, string[]>();
  for (const name of Object.keys(hard).sort()) {
    const match = MEASURED.exec(name);
    if (match === null) continue;
    const field = match[1] === 'limits.' ? 'limits' : 'requests';
    const silent = containers
      .filter((one) => asObject(asObject(one['resources'])[field])[match[2] ?? ''] === undefined)
      .map((one) => asString(one['name']));
    if (silent.length > 0) byNames.set(name, silent);
  }
  if (byNames.size === 0) return undefined;
  return [...byNames].map(([resource, silent]) => `${resource} for: ${silent.join(',')}`).join('; ');
}
