import {
  CelError,
  type CelType,
  checkExpression,
  dynType,
  listOf,
  mapOf,
  printType,
  type StructType,
  scalarType,
} from '@fluvial/cel';
import { asArray, asObject, asString } from '../json.ts';

const [text, number, flag, time] = [
  scalarType('string'),
  scalarType('int'),
  scalarType('bool'),
  scalarType('timestamp'),
];
const texts = listOf(text);
const textMap = mapOf(text, text);

function struct(name: string, fields: Readonly<Record<string, CelType>>): StructType {
  return { kind: 'struct', name, fields: new Map(Object.entries(fields)) };
}

const kind = struct('kubernetes.GroupVersionKind', { group: text, version: text, kind: text });
const resource = struct('kubernetes.GroupVersionResource', { group: text, version: text, resource: text });

const admissionRequest = struct('kubernetes.AdmissionRequest', {
  kind,
  resource,
  subResource: text,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: struct('kubernetes.UserInfo', {
    username: text,
    uid: text,
    groups: texts,
    extra: mapOf(text, texts),
  }),
  dryRun: flag,
  options: dynType,
});

const namespace = struct('kubernetes.Namespace', {
  metadata: struct('kubernetes.NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: number,
    deletionTimestamp: time,
    generation: number,
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: struct('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: struct('kubernetes.NamespaceStatus', { phase: text }),
});

/** The types of what expressions of admission may speak of: of webhooks' conditions, and of policies. */
export function admissionVariables({ hasParams = false } = {}): ReadonlyMap<string, CelType> {
  return new Map<string, CelType>([
    ['object', dynType],
    ['oldObject', dynType],
    ['request', admissionRequest],
    ['namespaceObject', namespace],
    ['authorizer', { kind: 'struct', name: 'kubernetes.authorization.Authorizer' }],
    ['authorizer.requestResource', { kind: 'struct', name: 'kubernetes.authorization.ResourceCheck' }],
    ...(hasParams ? ([['params', dynType]] as const) : []),
  ]);
}

/**
 * The same with the variables that a policy declares, each with the type of its expression; one of which that is wrong
 * is anything. `problem` is told of those, in order, before the ones after it are looked at.
 */
export function policyVariables(
  spec: unknown,
  problem: (index: number, expression: string, why: string) => void = () => undefined,
): ReadonlyMap<string, CelType> {
  const { variables, paramKind } = asObject(spec);
  const known = admissionVariables({ hasParams: paramKind !== undefined });
  const fields = new Map<string, CelType>();
  if (asArray(variables).length === 0) return known;
  const all = new Map(known).set('variables', { kind: 'struct', name: 'kubernetes.variables', fields });
  asArray(variables).forEach((entry, i) => {
    const { name, expression } = asObject(entry);
    const source = asString(expression);
    if (source.trim() === '') return;
    const compiled = typeIn(source, all);
    if (typeof compiled === 'string') problem(i, source, compiled);
    fields.set(asString(name), typeof compiled === 'string' ? dynType : compiled);
  });
  return all;
}

/** Why an expression cannot stand where a type is wanted; undefined when it can. */
export function expressionProblem(
  expression: string,
  variables: ReadonlyMap<string, CelType>,
  wanted: readonly string[],
): string | undefined {
  const type = typeIn(expression, variables);
  if (typeof type === 'string') return type;
  const found = type.kind === 'null' ? 'null_type' : printType(type);
  if (wanted.includes(found)) return undefined;
  const one = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`;
  return `must evaluate to ${one} but got ${found}`;
}

function typeIn(expression: string, variables: ReadonlyMap<string, CelType>): CelType | string {
  try {
    return checkExpression(expression, variables).type;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return `compilation failed: ${error.message}`;
  }
}
