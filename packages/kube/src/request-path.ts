import { KubeError } from './errors.ts';
import type { DeleteOptions, ResourceInfo, WriteOptions } from './types.ts';

const plain = /^[A-Za-z0-9._-]+$/;

/** Path of a kind's collection: in one namespace, or in all. */
export function resourcePath(info: ResourceInfo, namespace?: string): string {
  const base = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  return info.namespaced && namespace
    ? `${base}/namespaces/${segment(namespace, 'namespace')}/${info.plural}`
    : `${base}/${info.plural}`;
}

/** @throws {KubeError} `INVALID_ARGUMENT` for a name that would lead elsewhere. */
export function objectPath(
  info: ResourceInfo,
  namespace: string | undefined,
  name: string,
  subresource?: string,
): string {
  const path = `${resourcePath(info, namespace)}/${segment(name, 'name')}`;
  return subresource === undefined
    ? path
    : `${path}/${subresource
        .split('/')
        .map((part) => segment(part, 'subresource'))
        .join('/')}`;
}

function segment(value: string, what: string): string {
  if (typeof value !== 'string' || value === '')
    throw new KubeError('INVALID_ARGUMENT', `resource ${what} may not be empty`);
  if (value === '.' || value === '..') {
    throw new KubeError(
      'INVALID_ARGUMENT',
      `invalid resource ${what} ${JSON.stringify(value)}: [may not be '${value}']`,
    );
  }
  const bad = /[/%]/.exec(value)?.[0];
  if (bad !== undefined) {
    throw new KubeError(
      'INVALID_ARGUMENT',
      `invalid resource ${what} ${JSON.stringify(value)}: [may not contain '${bad}']`,
    );
  }
  return plain.test(value) ? value : encodeURIComponent(value);
}

/** A query string under construction; skips what is undefined or empty. */
export class Query {
  #text = '';

  add(name: string, value: string | number | undefined): this {
    if (value !== undefined && value !== '') {
      this.#text += `${this.#text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
    }
    return this;
  }

  toString(): string {
    return this.#text;
  }
}

/** `deployments.apps`, as errors name it. */
export function resourceName(info: ResourceInfo): string {
  return info.group === '' ? info.plural : `${info.plural}.${info.group}`;
}

export function writeQuery(options: WriteOptions): Query {
  return new Query()
    .add('dryRun', options.dryRun ? 'All' : undefined)
    .add('fieldManager', options.fieldManager)
    .add('fieldValidation', options.fieldValidation);
}

export function deleteBody(options: DeleteOptions): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: options.propagationPolicy,
    preconditions: options.preconditions,
    gracePeriodSeconds: options.gracePeriodSeconds,
    dryRun: options.dryRun ? ['All'] : undefined,
  };
}
