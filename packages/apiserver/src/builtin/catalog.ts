import { builtinResources, definitionNameOf, printerColumns, schemaOfKind } from '@fluvial/openapi';
import { apiVersionOf, type Resource, type ScaleMapping, type ServedVersion } from '../rest/resource.ts';
import type { Store } from '../storage/store.ts';
import type { KubeObject, TableColumn, TypeSchema } from '../types.ts';
import { eventFromCore, eventToCore, scalerFromV2, scalerToV2 } from './conversions.ts';
import { createBuiltinStrategy } from './strategy.ts';

/** Resources that share the storage of another version or group: where they lie, and how they are turned. */
const ALIASES: {
  readonly [key: string]: {
    bucket: string;
    stored: string;
    from(o: KubeObject): KubeObject;
    to(o: KubeObject): KubeObject;
  };
} = {
  'events.k8s.io/v1/events': { bucket: '/events', stored: 'v1', from: eventFromCore, to: eventToCore },
  'autoscaling/v1/horizontalpodautoscalers': {
    bucket: 'autoscaling/horizontalpodautoscalers',
    stored: 'autoscaling/v2',
    from: scalerFromV2,
    to: scalerToV2,
  },
};

const WORKLOAD_SCALE: ScaleMapping = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};

const DEPRECATED: { readonly [key: string]: string } = {
  'v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  'v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
};

/** The kinds of a kube-apiserver 1.36, ready to be served. */
export function builtinCatalog(store: Store): Resource[] {
  const columns = columnsByResource();
  const found = new Map<string, Resource & { versions: Map<string, ServedVersion> }>();
  for (const row of builtinResources()) {
    const apiVersion = apiVersionOf(row.group, row.version);
    const alias = ALIASES[`${apiVersion}/${row.plural}`];
    const key = `${row.group}/${row.plural}`;
    const bucketName = alias?.bucket ?? key;
    const stored = alias?.stored ?? apiVersion;
    const definition = definitionNameOf({ group: row.group, version: row.version, kind: row.kind });
    const served: ServedVersion = {
      group: row.group,
      version: row.version,
      apiVersion,
      served: true,
      type: schemaOfKind(apiVersion, row.kind) as TypeSchema | undefined,
      strategy: createBuiltinStrategy(row.group, row.plural, row.kind, row.version, definition),
      columns: columns.get(`${apiVersion}/${row.plural}`) ?? [],
      hasStatus: row.subresources.includes('status'),
      scale: row.subresources.includes('scale') ? WORKLOAD_SCALE : undefined,
      deprecationWarning: DEPRECATED[`${apiVersion}/${row.plural}`],
      fromStorage: alias?.from ?? identity,
      toStorage: (object) => inOrder(alias === undefined ? object : alias.to(object), row.kind, stored),
      isStorage: alias === undefined,
      selectableFields: [],
    };
    const known = found.get(key);
    if (known !== undefined) {
      known.versions.set(row.version, served);
      continue;
    }
    found.set(key, {
      group: row.group,
      plural: row.plural,
      singular: row.singular,
      kind: row.kind,
      listKind: `${row.kind}List`,
      namespaced: row.namespaced,
      shortNames: row.shortNames,
      categories: row.categories,
      verbs: new Set(row.verbs),
      subresources: row.subresources,
      versions: new Map([[row.version, served]]),
      bucket: store.bucket(bucketName),
      custom: false,
    });
  }
  return [...found.values()];
}

function identity(object: KubeObject): KubeObject {
  return object;
}

/** Type first, then metadata: lists cut the type off the JSON text. */
export function inOrder(object: KubeObject, kind: string, apiVersion: string): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest };
}

function columnsByResource(): Map<string, TableColumn[]> {
  const columns = new Map<string, TableColumn[]>();
  for (const { group, version, plural, name, type, format, priority } of printerColumns()) {
    const key = `${apiVersionOf(group, version)}/${plural}`;
    const list = columns.get(key) ?? [];
    list.push({ name, type, format, priority, description: name === 'Name' ? NAME_DESCRIPTION : name });
    columns.set(key, list);
  }
  return columns;
}

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
