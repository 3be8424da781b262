import { asArray, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';

/** A file that a volume puts somewhere, and what it is made of. */
interface Placed {
  readonly path: string;
  readonly source: string;
}

/** Files of one volume of which one lies on or below another. */
export function overlapWarnings(volumes: readonly JsonObject[]): string[] {
  return volumes.flatMap((volume) => {
    const name = JSON.stringify(asString(volume['name']));
    const told = (files: readonly Placed[], what: string) =>
      overlapsOf(files).map((text) => `volume ${name} (${what}): overlapping paths: ${text}`);
    const { configMap, secret, downwardAPI, projected } = volume;
    return [
      ...(isObject(configMap)
        ? told(filesOf(configMap['items'], ''), `ConfigMap ${JSON.stringify(asString(configMap['name']))}`)
        : []),
      ...(isObject(secret)
        ? told(filesOf(secret['items'], ''), `Secret ${JSON.stringify(asString(secret['secretName']))}`)
        : []),
      ...(isObject(downwardAPI) ? told(filesOf(downwardAPI['items'], ''), 'DownwardAPI') : []),
      ...(isObject(projected) ? projectedWarnings(projected, name, told) : []),
    ];
  });
}

function projectedWarnings(
  projected: JsonObject,
  name: string,
  told: (files: readonly Placed[], what: string) => string[],
): string[] {
  const sources = asArray(projected['sources']).map(asObject);
  const empty = sources
    .filter((source) => Object.keys(source).length === 0)
    .map(() => `volume ${name} (Projected) has no sources provided`);
  return [...empty, ...told(sources.flatMap(projectedFiles), 'Projected')];
}

function projectedFiles(source: JsonObject): Placed[] {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  const named = (kind: string, value: JsonObject) => `${kind} ${JSON.stringify(asString(value['name']))}`;
  if (isObject(configMap) && configMap['items'] !== undefined)
    return filesOf(configMap['items'], named('ConfigMap', configMap));
  if (isObject(secret) && secret['items'] !== undefined) return filesOf(secret['items'], named('Secret', secret));
  if (isObject(downwardAPI) && downwardAPI['items'] !== undefined) return filesOf(downwardAPI['items'], 'DownwardAPI');
  if (isObject(serviceAccountToken))
    return [{ path: trimmed(serviceAccountToken['path']), source: 'ServiceAccountToken' }];
  return [];
}

function filesOf(items: unknown, source: string): Placed[] {
  return asArray(items).map((item) => ({ path: trimmed(asObject(item)['path']), source }));
}

function trimmed(path: unknown): string {
  return asString(path).replace(/\/+$/, '');
}

function overlapsOf(files: readonly Placed[]): string[] {
  const shown = ({ path, source }: Placed) => `${JSON.stringify(path)}${source === '' ? '' : ` (${source})`}`;
  return files.flatMap((file, i) =>
    files
      .slice(0, i)
      .filter(
        (other) =>
          file.path !== '' &&
          other.path !== '' &&
          (`${other.path}/`.startsWith(`${file.path}/`) || `${file.path}/`.startsWith(`${other.path}/`)),
      )
      .map((other) => `${shown(file)} with ${shown(other)}`),
  );
}
