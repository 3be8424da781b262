import { parseYaml, YamlError } from '@fluvial/yaml';
import type { Loader } from './context.ts';
import { decode } from './documents.ts';
import type { MergeSchema } from './patch/merge-schema.ts';
import { isMap, stringMember } from './scalar.ts';
import { KustomizeError } from './types.ts';

/** Types that a kustomization's `openapi` adds to the built-in ones. */
export interface CustomSchema {
  /** `apiVersion|kind` of cluster-scoped types. */
  readonly clusterScoped: ReadonlySet<string>;
  mergeSchema(apiVersion: string, kind: string): MergeSchema | undefined;
}

/**
 * Reads the schema that `openapi: {path}` names; `undefined` for `openapi: {version}` of the built-in one.
 *
 * @throws {KustomizeError}
 */
export function readCustomSchema(openapi: Record<string, string>, loader: Loader): CustomSchema | undefined {
  const { path, version } = openapi;
  if (path && version) {
    throw new KustomizeError('KUSTOMIZATION_INVALID', 'builtin version and custom schema provided, cannot use both');
  }
  if (version && version !== 'v1.21.2' && version !== 'v1212') {
    throw new KustomizeError('KUSTOMIZATION_INVALID', 'the specified OpenAPI version is not built in');
  }
  if (!path) return undefined;
  let document: unknown;
  try {
    [document] = parseYaml(decode(loader.readFile(path).bytes), { rules: 'v2' });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError('KUSTOMIZATION_INVALID', error.message, { cause: error, file: path });
  }
  const definitions = isMap(document) && isMap(document.definitions) ? document.definitions : {};
  const paths = isMap(document) && isMap(document.paths) ? document.paths : {};
  return createSchema(definitions, paths);
}

type Definitions = Readonly<Record<string, unknown>>;

function createSchema(definitions: Definitions, paths: Definitions): CustomSchema {
  const byKind = new Map<string, unknown>();
  for (const definition of Object.values(definitions)) {
    if (!isMap(definition)) continue;
    for (const gvk of asList(definition['x-kubernetes-group-version-kind'])) {
      byKind.set(kindKey(gvk), definition);
    }
  }
  const converted = new Map<unknown, MergeSchema>();
  return {
    clusterScoped: clusterScopedIn(paths),
    mergeSchema(apiVersion, kind) {
      const definition = byKind.get(`${apiVersion}|${kind}`);
      return definition === undefined ? undefined : convert(definition, definitions, converted);
    },
  };
}

function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function kindKey(gvk: unknown): string {
  const group = stringMember(gvk, 'group');
  const version = stringMember(gvk, 'version');
  return `${group === '' ? version : `${group}/${version}`}|${stringMember(gvk, 'kind')}`;
}

/** A type is cluster-scoped if its objects have a path of their own that names no namespace. */
function clusterScopedIn(paths: Definitions): Set<string> {
  const cluster = new Set<string>();
  const namespaced = new Set<string>();
  for (const [path, item] of Object.entries(paths)) {
    if (!isMap(item) || !path.endsWith('/{name}')) continue;
    const get = item.get;
    const gvk = isMap(get) ? get['x-kubernetes-group-version-kind'] : undefined;
    if (!isMap(gvk)) continue;
    (path.includes('namespaces/{namespace}') ? namespaced : cluster).add(kindKey(gvk));
  }
  for (const key of namespaced) cluster.delete(key);
  return cluster;
}

function convert(schema: unknown, definitions: Definitions, converted: Map<unknown, MergeSchema>): MergeSchema {
  const target = resolve(schema, definitions);
  const known = converted.get(target);
  if (known !== undefined) return known;
  const result: { -readonly [K in keyof MergeSchema]: MergeSchema[K] } = {};
  converted.set(target, result);
  if (!isMap(target)) return result;
  if (isMap(target.properties)) {
    const fields: Record<string, MergeSchema> = {};
    for (const [name, property] of Object.entries(target.properties)) {
      Object.defineProperty(fields, name, {
        value: withKeys(property, convert(property, definitions, converted)),
        enumerable: true,
      });
    }
    result.fields = fields;
  }
  if (isMap(target.additionalProperties)) result.values = convert(target.additionalProperties, definitions, converted);
  if (isMap(target.items)) result.items = convert(target.items, definitions, converted);
  return result;
}

function withKeys(property: unknown, schema: MergeSchema): MergeSchema {
  if (!isMap(property)) return schema;
  const strategy = stringMember(property, 'x-kubernetes-patch-strategy');
  if (!strategy.split(',').includes('merge')) return schema;
  const key = stringMember(property, 'x-kubernetes-patch-merge-key');
  const mapKeys = asList(property['x-kubernetes-list-map-keys']).filter(
    (item): item is string => typeof item === 'string',
  );
  const mergeKeys = mapKeys.length > 0 ? mapKeys : key === '' ? [] : [key];
  return { ...schema, mergeKeys, items: schema.items ?? {} };
}

function resolve(schema: unknown, definitions: Definitions): unknown {
  let current = schema;
  for (let i = 0; i < 100 && isMap(current) && typeof current.$ref === 'string'; i++) {
    const name = current.$ref.replace(/^#\/definitions\//, '');
    current = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  }
  return current;
}
