import type { KubeObject } from '@fluvial/kube';

/**
 * Whether a dry run would change the live object: in labels, annotations, or anything outside `metadata` and `status`.
 * Null and empty are alike; a field that is there and one that is not are not.
 */
export function hasDrifted(live: KubeObject, dryRun: KubeObject): boolean {
  if (!equalMaps(live.metadata.labels, dryRun.metadata.labels)) return true;
  if (!equalMaps(live.metadata.annotations, dryRun.metadata.annotations)) return true;
  const wanted = withoutRepeatedMetrics(dryRun);
  for (const key of Object.keys(wanted)) {
    if (key === 'metadata' || key === 'status') continue;
    if (!equal(live[key], wanted[key])) return true;
  }
  for (const key of Object.keys(live)) {
    if (key !== 'metadata' && key !== 'status' && !Object.hasOwn(wanted, key) && !isEmpty(live[key])) return true;
  }
  return false;
}

type Labels = Readonly<Record<string, string>> | undefined;

export function equalMaps(a: Labels, b: Labels): boolean {
  const left = a ?? {};
  const right = b ?? {};
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

/** Whether every entry of `part` is in `whole`. */
export function includesMap(whole: Labels, part: Labels): boolean {
  if (part === undefined) return true;
  for (const key of Object.keys(part)) if (whole?.[key] !== part[key]) return false;
  return true;
}

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return isEmpty(a) && isEmpty(b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b)) return isEmpty(a) && isEmpty(b);
    return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  }
  if (Array.isArray(b)) return isEmpty(a) && isEmpty(b);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The server's merge of an autoscaler's metrics can repeat entries, or leave empty ones, that it then does not store. */
function withoutRepeatedMetrics(object: KubeObject): KubeObject {
  if (object.kind !== 'HorizontalPodAutoscaler' || object.apiVersion !== 'autoscaling/v2') return object;
  const spec = object.spec as { metrics?: unknown } | undefined;
  if (!Array.isArray(spec?.metrics)) return object;
  const metrics: unknown[] = [];
  for (const metric of spec.metrics) {
    if (!isEmpty(metric) && !metrics.some((kept) => equal(kept, metric))) metrics.push(metric);
  }
  return { ...object, spec: { ...spec, metrics } };
}
