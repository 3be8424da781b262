import { asArray, asObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';

/** Guaranteed, Burstable or BestEffort, from the requests and limits of the containers. */
export function qosClassOf(spec: JsonObject): string {
  let any = false;
  let guaranteed = true;
  const own = asObject(spec['resources']);
  const entries =
    Object.keys(own).length > 0
      ? [{ resources: own }]
      : [...asArray(spec['initContainers']), ...asArray(spec['containers'])];
  for (const entry of entries) {
    const resources = asObject(asObject(entry)['resources']);
    const limits = asObject(resources['limits']);
    const requests = asObject(resources['requests']);
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) any = true;
      if (limits[name] === undefined || requests[name] !== limits[name]) guaranteed = false;
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}
