import { type OpenApiSchema, resolveBuiltinRef } from '@fluvial/openapi';
import { badRequest } from '../errors.ts';
import { isObject } from '../json.ts';
import type { JsonObject } from '../types.ts';

/**
 * Decodes objects of built-in kinds as the Go server does: wrong types are refused, unknown fields dropped and told,
 * nulls and zero values that Go would not print are left out, and structs that Go always prints are put in.
 */

interface ObjectNode {
  readonly kind: 'object';
  /** Go's type name for messages, `v1.PodSpec`. */
  readonly typeName: string;
  readonly fields: Map<string, FieldNode>;
  /** Fields that get a value when absent. */
  readonly filled: FieldNode[];
}

interface FieldNode {
  readonly name: string;
  readonly node: Node;
  /** Go prints the zero value: the schema says so with a default. */
  readonly zero: unknown;
  /** The zero value means the same as absence. */
  readonly omitZero: boolean;
  /** Go prints the field always: a struct, or a required list. */
  readonly printed: boolean;
}

type Node =
  | ObjectNode
  | { readonly kind: 'map'; readonly value: Node; readonly typeName: string }
  | { readonly kind: 'list'; readonly item: Node; readonly typeName: string }
  | { readonly kind: 'string'; readonly format: 'plain' | 'byte' | 'time' | 'microtime' }
  | { readonly kind: 'integer'; readonly bits: 32 | 64 }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'intOrString' }
  | { readonly kind: 'quantity' }
  | { readonly kind: 'any' };

/** Strings where "" says something else than absence: pointers in the Go types. */
const POINTER_STRINGS = new Set([
  'storageClassName',
  'ingressClassName',
  'loadBalancerClass',
  'appProtocol',
  'volumeAttributesClassName',
  'runtimeClassName',
  'holderIdentity',
  'volumeMode',
  'hostnameOverride',
  'preferredHolder',
]);

/** Numbers and booleans that are not pointers in the Go types: their zero is not printed. */
const PLAIN_ZERO = new Set([
  'minReadySeconds',
  'paused',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'publishNotReadyAddresses',
  'unschedulable',
  'nodePort',
  'hostPort',
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'healthCheckNodePort',
  'observedGeneration',
  'generation',
  'count',
  'readyReplicas',
  'updatedReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'currentReplicas',
  'fullyLabeledReplicas',
  'active',
  'succeeded',
  'failed',
  'deprecatedCount',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'preserveUnknownFields',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'uniqueItems',
  'nullable',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'deprecated',
  'approved',
  'globalDefault',
  'attached',
]);

/** `status.replicas` of the workloads is printed only by some; `spec.replicas` is a pointer. */
const STATUS_REPLICAS = /\.(Deployment|ReplicaSet|StatefulSet)Status$/;

/** Required lists that Go prints as null when they are missing. */
const NULL_LISTS = new Map<string, string>([
  ['io.k8s.api.rbac.v1.Role', 'rules'],
  ['io.k8s.api.rbac.v1.ClusterRole', 'rules'],
]);

const definitions = new Map<string, Node>();

const ANY: Node = { kind: 'any' };
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const REF = '#/components/schemas/';

/** The decoder node of a definition, compiled at first use. */
function nodeOfDefinition(name: string): Node {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  if (name === QUANTITY) return { kind: 'quantity' };
  if (name.endsWith('.IntOrString')) return { kind: 'intOrString' };
  if (name.endsWith('meta.v1.Time')) return { kind: 'string', format: 'time' };
  if (name.endsWith('meta.v1.MicroTime')) return { kind: 'string', format: 'microtime' };
  const schema = resolveBuiltinRef(name);
  if (schema === undefined || /\.(JSON|JSONSchemaPropsOr\w+|FieldsV1|RawExtension)$/.test(name)) return ANY;
  if (schema.properties === undefined) {
    const node = schema.type === 'object' || schema.type === undefined ? objectNode(name, schema) : nodeOf(schema);
    definitions.set(name, node);
    return node;
  }
  return objectNode(name, schema);
}

function objectNode(name: string, schema: OpenApiSchema): Node {
  const node: ObjectNode = { kind: 'object', typeName: goName(name), fields: new Map(), filled: [] };
  // Before the fields: schemas of schemas refer to themselves.
  definitions.set(name, node);
  for (const [field, property] of Object.entries(schema.properties ?? {})) {
    const of = nodeOf(property);
    const zero = property.default !== undefined && isZero(property.default) ? property.default : undefined;
    const entry: FieldNode = {
      name: field,
      node: of,
      zero: zeroFor(name, field, zero),
      omitZero: omitsZero(name, field, of, zero),
      printed:
        zero !== undefined ||
        NULL_LISTS.get(name) === field ||
        (of.kind === 'list' && (schema.required ?? []).includes(field)),
    };
    node.fields.set(field, entry);
    if (entry.zero !== undefined) node.filled.push(entry);
  }
  return node;
}

function zeroFor(definition: string, field: string, zero: unknown): unknown {
  if (NULL_LISTS.get(definition) === field) return null;
  // Marked as defaulted, yet left out when zero.
  if (definition.endsWith('.ReplicationControllerSpec')) return undefined;
  // A schema marks these as defaulted, but the server's own defaults or validation decide about them.
  if (definition.endsWith('.ObjectMeta')) return undefined;
  return zero;
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0);
}

function omitsZero(definition: string, field: string, node: Node, zero: unknown): boolean {
  if (zero !== undefined) return false;
  switch (node.kind) {
    case 'string':
      return node.format !== 'byte' && !POINTER_STRINGS.has(field);
    case 'integer':
    case 'boolean':
    case 'number':
      return PLAIN_ZERO.has(field) || (field === 'replicas' && STATUS_REPLICAS.test(definition));
    case 'list':
    case 'map':
      return NULL_LISTS.get(definition) !== field;
    default:
      return false;
  }
}

function nodeOf(schema: OpenApiSchema): Node {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref !== undefined) return lazy(ref.slice(REF.length));
  switch (schema.type) {
    case 'object': {
      const value = schema.additionalProperties;
      if (value !== undefined && typeof value === 'object') {
        const of = nodeOf(value);
        return { kind: 'map', value: of, typeName: `map[string]${typeNameOf(of)}` };
      }
      return ANY;
    }
    case 'array': {
      const item = schema.items === undefined ? ANY : nodeOf(schema.items);
      return { kind: 'list', item, typeName: `[]${typeNameOf(item)}` };
    }
    case 'string':
      return {
        kind: 'string',
        format: schema.format === 'byte' ? 'byte' : schema.format === 'date-time' ? 'time' : 'plain',
      };
    case 'integer':
      return { kind: 'integer', bits: schema.format === 'int64' ? 64 : 32 };
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'boolean' };
    default:
      return ANY;
  }
}

function lazy(name: string): Node {
  return nodeOfDefinition(name);
}

function typeNameOf(node: Node): string {
  switch (node.kind) {
    case 'object':
    case 'map':
    case 'list':
      return node.typeName;
    case 'string':
      return node.format === 'time'
        ? 'v1.Time'
        : node.format === 'microtime'
          ? 'v1.MicroTime'
          : node.format === 'byte'
            ? '[]uint8'
            : 'string';
    case 'integer':
      return `int${node.bits}`;
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'intOrString':
      return 'intstr.IntOrString';
    case 'quantity':
      return 'resource.Quantity';
    case 'any':
      return 'interface {}';
  }
}

function goName(definition: string): string {
  const parts = definition.split('.');
  return `${parts.at(-2)}.${parts.at(-1)}`;
}

/** Where decoding is, for messages. */
interface Place {
  /** `spec.template.spec.containers[0]`, for unknown fields. */
  readonly path: string;
  /** The same without indexes, for Go's type errors. */
  readonly plain: string;
  /** Innermost struct. */
  readonly struct: string;
}

class TypeMismatch extends Error {}

export interface GoDecoder {
  /**
   * Decodes in place.
   *
   * @returns The unknown fields, as strict decoding names them.
   * @throws {StatusError} 400
   */
  decode(object: JsonObject, context: { kind: string; version: string; path?: string }): string[];
  /** The zero value as Go prints it: what a new object is compared to when its fields get their owner. */
  zero(): JsonObject;
}

export function createGoDecoder(definition: string): GoDecoder {
  let root: Node | undefined;
  return {
    decode(object, { kind, version, path = '' }) {
      root ??= nodeOfDefinition(definition);
      const unknown: string[] = [];
      try {
        decode(root, object, { path, plain: path, struct: kind }, unknown);
      } catch (error) {
        if (!(error instanceof TypeMismatch)) throw error;
        throw badRequest(
          `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
        );
      }
      return unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
    },
    zero() {
      root ??= nodeOfDefinition(definition);
      return root.kind === 'object' ? zeroOf(root) : {};
    },
  };
}

function zeroOf(node: ObjectNode): JsonObject {
  const made: JsonObject = {};
  for (const field of node.fields.values()) {
    if (field.printed) made[field.name] = field.node.kind === 'object' ? zeroOf(field.node) : (field.zero ?? null);
  }
  return made;
}

/** Decodes one value; `undefined` means that it is left out. */
function decode(node: Node, value: unknown, place: Place, unknown: string[]): unknown {
  if (value === null) return undefined;
  switch (node.kind) {
    case 'object':
      if (!isObject(value)) throw mismatch(value, place, node);
      decodeStruct(node, value, place, unknown);
      return value;
    case 'map': {
      if (!isObject(value)) throw mismatch(value, place, node);
      for (const key in value) {
        const inner = decode(
          node.value,
          value[key],
          place.path === '' ? place : { path: `${place.path}[${key}]`, plain: place.plain, struct: place.struct },
          unknown,
        );
        value[key] = inner === undefined ? (node.value.kind === 'string' ? '' : inner) : inner;
        if (value[key] === undefined) delete value[key];
      }
      return value;
    }
    case 'list': {
      if (!Array.isArray(value)) throw mismatch(value, place, node);
      for (let i = 0; i < value.length; i++) {
        const inner = decode(
          node.item,
          value[i],
          { path: `${place.path}[${i}]`, plain: place.plain, struct: place.struct },
          unknown,
        );
        value[i] = inner === undefined ? (node.item.kind === 'object' ? {} : '') : inner;
      }
      return value;
    }
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, place, node);
      if (node.format === 'byte') checkBase64(value);
      return node.format === 'time' ? timeOf(value) : value;
    case 'integer':
      if (typeof value === 'bigint') return value;
      if (typeof value !== 'number') throw mismatch(value, place, node);
      if (!Number.isInteger(value) || (node.bits === 32 && (value > 2147483647 || value < -2147483648))) {
        throw mismatch(value, place, node, `number ${value}`);
      }
      return value;
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, place, node);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, place, node);
      return value;
    case 'intOrString':
      if (typeof value !== 'string' && typeof value !== 'number')
        throw mismatch(value, place, { kind: 'integer', bits: 32 });
      return value;
    case 'quantity':
      if (typeof value === 'number') return canonicalQuantity(String(value));
      if (typeof value !== 'string')
        throw new TypeMismatch(
          "unmarshalerDecoder: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return canonicalQuantity(value);
    case 'any':
      return value;
  }
}

function decodeStruct(node: ObjectNode, value: JsonObject, place: Place, unknown: string[]): void {
  const struct = node.typeName.slice(node.typeName.indexOf('.') + 1);
  for (const key in value) {
    const field = node.fields.get(key);
    if (field === undefined) {
      unknown.push(place.path === '' ? key : `${place.path}.${key}`);
      delete value[key];
      continue;
    }
    const inner = decode(
      field.node,
      value[key],
      {
        path: place.path === '' ? key : `${place.path}.${key}`,
        plain: place.plain === '' ? key : `${place.plain}.${key}`,
        struct,
      },
      unknown,
    );
    if (inner === undefined || (field.omitZero && isEmpty(inner))) delete value[key];
    else if (inner !== value[key]) value[key] = inner;
  }
  for (const field of node.filled) {
    if (value[field.name] === undefined) value[field.name] = fill(field);
  }
}

/** A zero value that Go prints, with the zero values inside it. */
function fill(field: FieldNode): unknown {
  if (!isObject(field.zero)) return field.zero;
  const made: JsonObject = {};
  if (field.node.kind === 'object') {
    for (const inner of field.node.filled) made[inner.name] = fill(inner);
  }
  return made;
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) {
    for (const _key in value) return false;
    return true;
  }
  return false;
}

function mismatch(value: unknown, place: Place, node: Node, shown?: string): TypeMismatch {
  const what =
    shown ??
    (Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'object'
          ? 'object'
          : typeof value);
  return new TypeMismatch(
    `json: cannot unmarshal ${what} into Go struct field ${place.struct}.${place.plain} of type ${typeNameOf(node)}`,
  );
}

const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/;

/** @throws {TypeMismatch} with the place of the first wrong character, as Go tells it. */
function checkBase64(text: string): void {
  const wrong = BASE64.test(text) ? -1 : text.search(/[^A-Za-z0-9+/\r\n]/);
  if (wrong >= 0) throw new TypeMismatch(`illegal base64 data at input byte ${wrong}`);
  const size = text.replace(/[\r\n]/g, '').length;
  if (size % 4 !== 0) throw new TypeMismatch(`illegal base64 data at input byte ${size - (size % 4)}`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** `metav1.Time` in UTC and seconds. @throws {TypeMismatch} */
function timeOf(text: string): string | undefined {
  if (text === '') return undefined;
  if (text.length === 20 && text[19] === 'Z' && TIME.test(text)) return text;
  const at = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) {
    throw new TypeMismatch(
      `parsing time ${JSON.stringify(JSON.stringify(text)).slice(1, -1)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  }
  return `${at.toISOString().slice(0, 19)}Z`;
}

const QUANTITY_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;

const DECIMAL_SUFFIX: readonly (readonly [string, number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

/** The canonical text of a quantity: `0.5` is `500m`, `1024Mi` is `1Gi`. @throws {TypeMismatch} */
function canonicalQuantity(text: string): string {
  const match = QUANTITY_TEXT.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) {
    throw new TypeMismatch(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const minus = sign === '-' ? '-' : '';
  const digits = BigInt(`${whole}${fraction}` || '0');
  if (digits === 0n) return suffix.endsWith('i') || /^[eE]/.test(suffix) ? '0' : '0';
  if (suffix.endsWith('i')) return binaryQuantity(minus, digits, fraction.length, suffix) ?? text;
  const exponential = /^[eE]/.test(suffix);
  let exponent =
    (exponential ? Number(suffix.slice(1)) : DECIMAL_SUFFIX.find(([s]) => s === suffix)![1]) - fraction.length;
  let value = digits;
  while (value % 10n === 0n) {
    value /= 10n;
    exponent++;
  }
  // The largest suffix that leaves no fraction; nothing finer than nano, rounded up.
  while (exponent < -9) {
    value = (value + 9n) / 10n;
    exponent++;
  }
  const [name, power] = DECIMAL_SUFFIX.find(([, p]) => p <= exponent)!;
  const number = value * 10n ** BigInt(exponent - power);
  if (exponential) return `${minus}${number}${power === 0 ? '' : `e${power}`}`;
  return `${minus}${number}${name}`;
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

function binaryQuantity(minus: string, digits: bigint, decimals: number, suffix: string): string | undefined {
  let value = digits * 1024n ** BigInt(BINARY.indexOf(suffix));
  const divisor = 10n ** BigInt(decimals);
  if (value % divisor !== 0n) {
    // A binary quantity with a fraction is printed as a decimal one, in milli.
    const milli = (value * 1000n + divisor - 1n) / divisor;
    return `${minus}${milli}m`;
  }
  value /= divisor;
  let power = 0;
  while (power < BINARY.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    power++;
  }
  return `${minus}${value}${BINARY[power]}`;
}
