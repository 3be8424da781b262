import { resolveBuiltinRef } from '@fluvial/openapi';
import { applyDefaults, type FieldError, type JsonSchema, prune, validate } from '@fluvial/schema';
import { inOrder } from '../builtin/catalog.ts';
import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { StatusError } from '../errors.ts';
import { asArray, asObject, asString, cloneJson, equalJson, isObject } from '../json.ts';
import { checkSubdomain, nameRule } from '../rest/names.ts';
import { apiVersionOf, type Resource, type ScaleMapping, type ServedVersion, type Strategy } from '../rest/resource.ts';
import { compareVersions } from '../rest/resource-registry.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { JsonObject, KubeObject, ObjectMeta, TableColumn, TypeSchema } from '../types.ts';
import { checkScaleOfStatus, checkScalePaths } from './check-scale.ts';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const metaDecoder = createGoDecoder(OBJECT_META);

/** The resource that a CustomResourceDefinition describes. */
export function resourceOfDefinition(definition: KubeObject, bucket: Bucket): Resource {
  const spec = asObject(definition['spec']);
  const names = asObject(spec['names']);
  const group = asString(spec['group']);
  const kind = asString(names['kind']);
  const versions = asArray(spec['versions']).map(asObject);
  const storage = asString(versions.find((version) => version['storage'] === true)?.['name']);
  const sorted = [...versions].sort((a, b) => compareVersions(asString(a['name']), asString(b['name'])));
  const served = new Map(
    sorted.map((version) => [asString(version['name']), servedVersion(group, kind, version, storage, sorted)] as const),
  );
  return {
    group,
    plural: asString(names['plural']),
    singular: asString(names['singular']) || kind.toLowerCase(),
    kind,
    listKind: asString(names['listKind']) || `${kind}List`,
    namespaced: spec['scope'] === 'Namespaced',
    shortNames: asArray(names['shortNames']).map(asString),
    categories: asArray(names['categories']).map(asString),
    verbs: new Set(VERBS),
    subresources: [],
    versions: served,
    bucket,
    custom: true,
    terminating: definition.metadata.deletionTimestamp !== undefined,
  };
}

function servedVersion(
  group: string,
  kind: string,
  version: JsonObject,
  storage: string,
  all: readonly JsonObject[],
): ServedVersion {
  const name = asString(version['name']);
  const apiVersion = apiVersionOf(group, name);
  const stored = apiVersionOf(group, storage);
  const schema = schemaOf([version], name);
  const subresources = asObject(version['subresources']);
  const hasStatus = subresources['status'] !== undefined;
  const scale = scaleOf(subresources['scale']);
  return {
    group,
    version: name,
    apiVersion,
    served: version['served'] === true,
    type: typeOf(schema),
    strategy: customStrategy(schema, kind, name, hasStatus, scale),
    columns: columnsOf(version),
    hasStatus,
    scale,
    deprecationWarning: deprecationOf(version, apiVersion, kind, group, all),
    fromStorage: apiVersion === stored ? (object) => object : (object) => readAs(object, apiVersion, schema),
    toStorage: (object) =>
      inOrder(apiVersion === stored ? object : storedAs(object, stored, schemaOf(all, storage)), kind, stored),
    isStorage: apiVersion === stored,
    selectableFields: asArray(version['selectableFields']).map((entry) =>
      asString(asObject(entry)['jsonPath']).replace(/^\./, ''),
    ),
  };
}

function schemaOf(versions: readonly JsonObject[], name: string): JsonSchema {
  const version = versions.find((candidate) => candidate['name'] === name);
  const schema = asObject(version?.['schema'])['openAPIV3Schema'];
  return (isObject(schema) ? schema : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as JsonSchema;
}

/**
 * A stored object in another version: strategy None changes only the name of the version, then prunes. Defaults are those
 * of the stored version alone.
 */
function readAs(object: KubeObject, apiVersion: string, schema: JsonSchema): KubeObject {
  const copy = cloneJson(object);
  copy.apiVersion = apiVersion;
  prune(schema, copy);
  applyDefaults(schema, copy, { onlyNulls: true });
  return copy;
}

/** What the stored version has of an object in another one, with its defaults. */
function storedAs(object: KubeObject, apiVersion: string, schema: JsonSchema): KubeObject {
  const copy = readAs(object, apiVersion, schema);
  applyDefaults(schema, copy);
  return copy;
}

function typeOf(schema: JsonSchema): TypeSchema {
  const withMeta = {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: `#/components/schemas/${OBJECT_META}` },
    },
  };
  return { schema: withMeta, resolve: (ref) => resolveBuiltinRef(ref) } as TypeSchema;
}

function customStrategy(
  schema: JsonSchema,
  kind: string,
  version: string,
  hasStatus: boolean,
  scale: ScaleMapping | undefined,
): Strategy {
  return {
    generation: true,
    unconditionalUpdate: false,
    specChanged: (object, old) => differs(object, old, hasStatus),
    decode(object, report) {
      const context = { kind, version, path: 'metadata' };
      // What was applied has passed its schema: fields that are malformed all the same go.
      if (report.converted === true) dropMalformed(object.metadata, context);
      report.strict.push(...metaDecoder.decode(object.metadata, context));
      for (const path of prune(schema, object)) report.strict.push(`unknown field ${JSON.stringify(path)}`);
      // Defaults belong to decoding: a patch and a read see them.
      applyDefaults(schema, object, { keepNulls: report.converted === true });
    },
    defaults(object) {
      // Nulls went when it was decoded, if they had to.
      applyDefaults(schema, object, { keepNulls: true });
    },
    validate(object, old) {
      return [...check(schema, object, old), ...checkScalePaths(scale, object)];
    },
    validateStatus(object, old) {
      return [...check(schema, object, old).map(fromStatus), ...checkScaleOfStatus(scale, object)];
    },
    validateName: nameRule(checkSubdomain),
  };
}

function dropMalformed(meta: ObjectMeta, context: { kind: string; version: string }): void {
  for (const key in meta) {
    try {
      metaDecoder.decode({ [key]: meta[key] }, context);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      delete meta[key];
    }
  }
}

function check(schema: JsonSchema, object: KubeObject, old: KubeObject | undefined): FieldError[] {
  return validate(schema, object, old === undefined ? {} : { old });
}

/** A write to the status has its values checked from there: so they are called in the text, not in the field. */
function fromStatus(error: FieldError): FieldError {
  if (!/^status(\.|$)/.test(error.field)) return error;
  const inside = error.field.slice('status.'.length);
  return { ...error, message: error.message.replace(`${error.field} in body`, () => `${inside} in body`) };
}

function differs(object: KubeObject, old: KubeObject, hasStatus: boolean): boolean {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === 'metadata' || (key === 'status' && hasStatus)) continue;
    if (!equalJson(object[key], old[key])) return true;
  }
  return false;
}

function columnsOf(version: JsonObject): TableColumn[] {
  const name: TableColumn = {
    name: 'Name',
    type: 'string',
    format: 'name',
    description:
      'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
    priority: 0,
  };
  const own = asArray(version['additionalPrinterColumns']).map(asObject);
  if (own.length === 0) {
    return [
      name,
      {
        name: 'Age',
        type: 'date',
        format: '',
        description:
          'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
        priority: 0,
        jsonPath: '.metadata.creationTimestamp',
      },
    ];
  }
  return [
    name,
    ...own.map((column) => ({
      name: asString(column['name']),
      type: asString(column['type']),
      format: asString(column['format']),
      description:
        asString(column['description']) ||
        `Custom resource definition column (in JSONPath format): ${asString(column['jsonPath'])}`,
      priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
      jsonPath: asString(column['jsonPath']),
    })),
  ];
}

function scaleOf(value: unknown): ScaleMapping | undefined {
  if (!isObject(value)) return undefined;
  return {
    specReplicasPath: asString(value['specReplicasPath']),
    statusReplicasPath: asString(value['statusReplicasPath']),
    labelSelectorPath: typeof value['labelSelectorPath'] === 'string' ? value['labelSelectorPath'] : undefined,
  };
}

/** The warning of a deprecated version: its own, or the generated one that names the version to use. */
function deprecationOf(
  version: JsonObject,
  apiVersion: string,
  kind: string,
  group: string,
  all: readonly JsonObject[],
): string | undefined {
  if (version['deprecated'] !== true) return undefined;
  if (typeof version['deprecationWarning'] === 'string') return version['deprecationWarning'];
  const better = all.find(
    (other) =>
      other['served'] === true &&
      other['deprecated'] !== true &&
      compareVersions(asString(other['name']), asString(version['name'])) < 0,
  );
  const base = `${apiVersion} ${kind} is deprecated`;
  return better === undefined ? base : `${base}; use ${group}/${asString(better['name'])} ${kind}`;
}
