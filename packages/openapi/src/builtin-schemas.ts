import { gunzipSync } from 'node:zlib';
import { schemasGzip } from './gen/data.ts';
import type { GroupVersionKind, MergeKey, OpenApiSchema, TypeSchema } from './types.ts';

const REF_PREFIX = '#/components/schemas/';

interface BuiltinSchemas {
  /** The Kubernetes version they were read from, like `v1.36.3`. */
  readonly version: string;
  /** By definition name, like `io.k8s.api.apps.v1.Deployment`. Shared and not to be changed. */
  readonly schemas: Readonly<Record<string, OpenApiSchema>>;
}

let loaded: BuiltinSchemas | undefined;
let names: ReadonlyMap<string, string> | undefined;
const types = new Map<string, TypeSchema>();

/** All built-in schemas, unpacked at the first call (about 4 ms) and shared from then on. */
export function builtinSchemas(): BuiltinSchemas {
  if (loaded === undefined) {
    const raw = JSON.parse(gunzipSync(Buffer.from(schemasGzip, 'base64')).toString('utf8'));
    loaded = { version: raw.kubernetes, schemas: raw.schemas };
  }
  return loaded;
}

/** Follows `#/components/schemas/NAME`; `undefined` when there is no such definition. */
export function resolveBuiltinRef(ref: string): OpenApiSchema | undefined {
  const { schemas } = builtinSchemas();
  const name = ref.startsWith(REF_PREFIX) ? ref.slice(REF_PREFIX.length) : ref;
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined;
}

/** The definition name of a built-in kind, like `io.k8s.api.apps.v1.Deployment`. */
export function definitionNameOf({ group, version, kind }: GroupVersionKind): string | undefined {
  names ??= indexNames();
  return names.get(`${group}/${version}/${kind}`);
}

/**
 * The schema of a built-in kind.
 *
 * @param apiVersion `v1`, `apps/v1`, …
 * @returns `undefined` for a kind that the server does not build in, such as a custom resource. Equal arguments give
 * the same object, so that callers may key caches by it.
 */
export function schemaOfKind(apiVersion: string, kind: string): TypeSchema | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const name = definitionNameOf({ group, version: apiVersion.slice(slash + 1), kind });
  return name === undefined ? undefined : typeOfDefinition(name);
}

/** The schema of a definition by its name, such as `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
export function typeOfDefinition(name: string): TypeSchema | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  const schema = resolveBuiltinRef(name);
  if (schema === undefined) return undefined;
  const type: TypeSchema = { schema, resolve: resolveBuiltinRef };
  types.set(name, type);
  return type;
}

/** Every merge rule of the built-in schemas: list types and keys for apply, strategies and keys for strategic merge. */
export function* mergeKeys(): Generator<MergeKey> {
  for (const [schema, definition] of Object.entries(builtinSchemas().schemas)) {
    const own = mergeRule(schema, '', definition);
    if (own !== undefined) yield own;
    for (const [field, property] of Object.entries(definition.properties ?? {})) {
      const rule = mergeRule(schema, field, property);
      if (rule !== undefined) yield rule;
    }
  }
}

function mergeRule(schema: string, field: string, node: OpenApiSchema): MergeKey | undefined {
  const rule: MergeKey = {
    schema,
    field,
    listType: node['x-kubernetes-list-type'],
    listMapKeys: node['x-kubernetes-list-map-keys'],
    mapType: node['x-kubernetes-map-type'],
    patchStrategy: node['x-kubernetes-patch-strategy'],
    patchMergeKey: node['x-kubernetes-patch-merge-key'],
  };
  return rule.listType || rule.mapType || rule.patchStrategy || rule.patchMergeKey ? rule : undefined;
}

function indexNames(): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  for (const [name, schema] of Object.entries(builtinSchemas().schemas)) {
    const kinds = schema['x-kubernetes-group-version-kind'];
    // Definitions such as DeleteOptions name every group; they are not a kind of any of them.
    if (kinds?.length !== 1) continue;
    for (const { group, version, kind } of kinds) index.set(`${group}/${version}/${kind}`, name);
  }
  return index;
}
