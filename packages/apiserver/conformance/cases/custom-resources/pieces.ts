import type { Case, Exchange } from '../../lib/case.ts';
import type { Session } from '../../lib/session.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const group = 'g{id}.example.com';
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const definition = `${definitions}/things.${group}`;
export const things = `/apis/${group}/v1/namespaces/{ns}/things`;

export function version(name: string, spec: Fields, more: Fields = {}): Fields {
  return {
    name,
    served: true,
    storage: true,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    },
    ...more,
  };
}

export function crd(versions: readonly Fields[], more: Fields = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions, ...more },
  };
}

export const thing = (name: string, spec?: unknown, apiVersion = `${group}/v1`, more: Fields = {}) => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
  ...more,
});

export const object = (properties: Fields, more: Fields = {}): Fields => ({ type: 'object', properties, ...more });

export async function install(session: Session, versions: readonly Fields[], more: Fields = {}): Promise<void> {
  await session.http('POST', definitions, { body: crd(versions, more), unrecorded: true });
  const [first] = versions;
  await session.settle(`/apis/${group}/${first?.['name']}/namespaces/{ns}/things`, (_, status) => status === 200, {
    unrecorded: true,
  });
}

/** Requests about Things whose spec has this schema. */
export function about(name: string, spec: Fields, requests: readonly Exchange[], more: Fields = {}): Case {
  return {
    name,
    async run(session) {
      await install(session, [version('v1', spec, more)]);
      for (const [method, path, body, options] of requests)
        await session.http(method, path, { ...options, ...(body === undefined ? {} : { body }) });
    },
  };
}

/** What the server says of a definition. */
export function defining(name: string, ...bodies: readonly object[]): Case {
  return {
    name: `definition: ${name}`,
    async run(session) {
      for (const body of bodies) await session.http('POST', `${definitions}?dryRun=All`, { body });
    },
  };
}

export const each = (...specs: readonly unknown[]): Exchange[] =>
  specs.map((spec, index) => ['POST', things, thing(`t${index}`, spec)]);
