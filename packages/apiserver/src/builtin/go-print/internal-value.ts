import { gunzipSync } from 'node:zlib';
import { asArray, asObject, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { internalTypesGzip } from '../gen/internal-types.ts';

interface InternalField {
  readonly name: string;
  readonly sort: string;
}

let structs: Map<string, readonly InternalField[]> | undefined;

function fieldsOf(name: string): readonly InternalField[] {
  if (structs === undefined) {
    const lines = gunzipSync(Buffer.from(internalTypesGzip, 'base64')).toString('utf8').split('\n');
    structs = new Map(
      lines.map((line) => {
        const [struct = '', fields = ''] = line.split('\t');
        return [struct, fields.split(',').map(parseField)] as const;
      }),
    );
  }
  return structs.get(name) ?? [];
}

function parseField(text: string): InternalField {
  const [name = '', sort = ''] = text.split('=');
  return { name, sort };
}

/** Fields that have another name in JSON. */
const JSON_NAMES: { readonly [field: string]: string } = {
  CephMonitors: 'monitors',
  DataDiskURI: 'diskURI',
  DiscoveryCHAPAuth: 'chapAuthDiscovery',
  EndpointsName: 'endpoints',
  RBDImage: 'image',
  RBDPool: 'pool',
  RadosUser: 'user',
  SessionCHAPAuth: 'chapAuthSession',
};

/** Fields of a pod that the server keeps with its security context. */
const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];

/**
 * A pod template as kube-apiserver prints its internal type: Go's names, every field, in the order of declaration.
 *
 * @param template In the served version.
 */
export function internalTemplate(template: JsonObject): JsonObject {
  return { ...sortedJson(asObject(template['metadata'])), Spec: internalPodSpec(asObject(template['spec'])) };
}

export function internalPodSpec(spec: JsonObject): JsonObject {
  const host = Object.fromEntries(HOST_FIELDS.filter((field) => spec[field] !== undefined).map((f) => [f, spec[f]]));
  const context = spec['securityContext'];
  return internalStruct('PodSpec', {
    ...spec,
    ...(isObject(context) ? { securityContext: { ...context, ...host } } : {}),
  });
}

/** A value of a type such as `SecurityContext`, as its internal type is printed. */
export function internalStruct(name: string, value: JsonObject): JsonObject {
  const known = new Map(Object.keys(value).map((key) => [key.toLowerCase(), key] as const));
  const made: JsonObject = {};
  for (const { name: field, sort } of fieldsOf(name)) {
    if (sort.startsWith('e:')) {
      // Promoted: its fields stand among the others.
      Object.assign(made, internalStruct(sort.slice(2), value));
      continue;
    }
    const key = known.get(field.toLowerCase()) ?? JSON_NAMES[field];
    made[field] = internalValue(sort, key === undefined ? undefined : value[key]);
  }
  return made;
}

function internalValue(sort: string, value: unknown): unknown {
  if (sort.startsWith('*')) return value === undefined || value === null ? null : internalValue(sort.slice(1), value);
  if (sort.startsWith('l:')) {
    const list = asArray(value);
    return list.length === 0 ? null : list.map((item) => internalValue(sort.slice(2), item));
  }
  if (sort.startsWith('o:')) return internalStruct(sort.slice(2), asObject(value));
  if (value !== undefined && value !== null) return isObject(value) ? sortedJson(value) : value;
  switch (sort) {
    case 's':
      return '';
    case 'n':
    case 'i':
      return 0;
    case 'b':
      return false;
    case 'q':
      return '0';
    default:
      return null;
  }
}

/** Go prints the keys of maps in order. */
function sortedJson(value: JsonObject): JsonObject {
  const made: JsonObject = {};
  for (const key of Object.keys(value).sort()) made[key] = isObject(value[key]) ? sortedJson(value[key]) : value[key];
  return made;
}
