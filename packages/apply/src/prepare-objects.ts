import type { KubeObject } from '@fluvial/kube';
import { conformToSchema } from './conform-to-schema.ts';
import { groupOf, type Owner } from './types.ts';

export type PrepareOptions = {
  /** Puts the owner's labels on every object. */
  owner?: Owner;
  /** Prefix of the owner's labels. Default `kustomize.toolkit.fluxcd.io`. */
  controlGroup?: string;
  /** Put on every object last, over what is there. */
  commonMetadata?: { labels?: Readonly<Record<string, string>>; annotations?: Readonly<Record<string, string>> };
};

/**
 * Makes objects ready to be applied: owner labels, typed normalisation of built-in kinds (see `normalizeObject`),
 * common metadata. The arguments are not changed.
 */
export function prepareObjects(objects: readonly KubeObject[], options: PrepareOptions = {}): KubeObject[] {
  const { owner, commonMetadata } = options;
  const labels = owner === undefined ? undefined : ownerLabels(owner, options.controlGroup);
  return objects.map((object) => {
    const owned = labels === undefined ? object : withMetadata(object, 'labels', labels);
    const normal = normalizeObject(owned);
    if (commonMetadata === undefined) return normal;
    return withMetadata(
      withMetadata(normal, 'labels', commonMetadata.labels),
      'annotations',
      commonMetadata.annotations,
    );
  });
}

/** The labels that say whose an applied object is. */
export function ownerLabels(owner: Owner, controlGroup = 'kustomize.toolkit.fluxcd.io'): Record<string, string> {
  return { [`${controlGroup}/name`]: owner.name, [`${controlGroup}/namespace`]: owner.namespace };
}

function withMetadata(
  object: KubeObject,
  field: 'labels' | 'annotations',
  values: Readonly<Record<string, string>> | undefined,
): KubeObject {
  if (values === undefined || Object.keys(values).length === 0) return object;
  return { ...object, metadata: { ...object.metadata, [field]: { ...object.metadata[field], ...values } } };
}

type Fields = Record<string, unknown>;

/**
 * The object as Flux sends it. Of built-in kinds: unknown fields and nulls left out, port protocols TCP where absent,
 * a Secret's `stringData` folded into `data`, no creation time, no status. Of definitions: a broken `caBundle` left
 * out. Everything else comes back as it is.
 *
 * Rule: fluxcd/pkg/ssa, normalisation of native kinds.
 */
export function normalizeObject(object: KubeObject): KubeObject {
  const typed = conformToSchema(object);
  const group = groupOf(object.apiVersion);
  if (object.kind === 'CustomResourceDefinition' && group === 'apiextensions.k8s.io') return withoutBadCaBundle(typed);
  if (!isBuiltInGroup(group)) return typed;
  const copy: KubeObject = { ...typed };
  if (copy.metadata.creationTimestamp !== undefined) {
    copy.metadata = { ...copy.metadata };
    delete copy.metadata.creationTimestamp;
  }
  delete copy.status;
  const rule = Object.hasOwn(defaults, copy.kind) ? defaults[copy.kind] : undefined;
  return rule?.(copy) ?? copy;
}

function isBuiltInGroup(group: string): boolean {
  return group === '' || group === 'apps' || group === 'batch' || group === 'extensions' || isKubernetesGroup(group);
}

const kubernetesGroups = new Set([
  'admissionregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);
const isKubernetesGroup = (group: string): boolean => kubernetesGroups.has(group);

const templateAt =
  (...path: string[]) =>
  (object: KubeObject) =>
    updateAt(object, path, withContainerProtocols);

const defaults: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  Pod: templateAt('spec'),
  Deployment: templateAt('spec', 'template', 'spec'),
  StatefulSet: templateAt('spec', 'template', 'spec'),
  DaemonSet: templateAt('spec', 'template', 'spec'),
  ReplicaSet: templateAt('spec', 'template', 'spec'),
  Job: templateAt('spec', 'template', 'spec'),
  CronJob: templateAt('spec', 'jobTemplate', 'spec', 'template', 'spec'),
  Service: (object) => updateAt(object, ['spec'], (spec) => updateList(spec, 'ports', withTcp)),
  Secret: foldStringData,
};

function withContainerProtocols(spec: Fields): Fields {
  return updateList(spec, 'containers', (container) => updateList(container, 'ports', withTcp));
}

function withTcp(port: Fields): Fields {
  return port.protocol === undefined || port.protocol === '' ? { ...port, protocol: 'TCP' } : port;
}

/** Replaces the record at the path; the object itself when there is none or nothing changes. */
function updateAt<T extends Fields>(object: T, path: readonly string[], update: (value: Fields) => Fields): T {
  const [key, ...rest] = path;
  if (key === undefined) return update(object) as T;
  const value = object[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return object;
  const next = updateAt(value as Fields, rest, update);
  return next === value ? object : { ...object, [key]: next };
}

function updateList(parent: Fields, key: string, update: (item: Fields) => Fields): Fields {
  const items = parent[key];
  if (!Array.isArray(items)) return parent;
  let changed = false;
  const next = items.map((item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    const after = update(item as Fields);
    changed ||= after !== item;
    return after;
  });
  return changed ? { ...parent, [key]: next } : parent;
}

function foldStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  if (typeof stringData !== 'object' || stringData === null) return secret;
  const data: Fields = { ...(secret.data as Fields | undefined) };
  for (const [key, value] of Object.entries(stringData)) data[key] = Buffer.from(String(value)).toString('base64');
  return { ...rest, data } as unknown as KubeObject;
}

/** Operators fill in the bundle later; a placeholder would be refused, and a real one must not be taken from them. */
function withoutBadCaBundle(definition: KubeObject): KubeObject {
  return updateAt(definition, ['spec', 'conversion', 'webhook', 'clientConfig'], (config) => {
    if (config.caBundle === undefined || isPemBundle(config.caBundle)) return config;
    const { caBundle: _, ...rest } = config;
    return rest;
  });
}

function isPemBundle(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  return Buffer.from(value, 'base64').toString('latin1').includes('-----BEGIN CERTIFICATE-----');
}
