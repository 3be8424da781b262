import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import {
  type Answer,
  APPLY,
  createTestClient,
  MERGE,
  STRATEGIC,
  TABLE,
  type TestClient,
} from '../testing/test-client.ts';
import type { JsonObject } from '../types.ts';

let server: ApiServer;
let api: TestClient;

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FOOS = '/apis/example.com/v1/namespaces/default/foos';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo', shortNames: ['fo'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 10 },
                  color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
                  name: { type: 'string', pattern: '^[a-z]+$' },
                  ports: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, port: { type: 'integer', default: 80 } },
                    },
                  },
                },
                'x-kubernetes-validations': [
                  { rule: '!has(oldSelf.name) || oldSelf.name == self.name', message: 'name is fixed' },
                ],
              },
              status: {
                type: 'object',
                default: { observedGeneration: -1 },
                properties: {
                  observedGeneration: { type: 'integer' },
                  conditions: {
                    type: 'array',
                    items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
                  },
                },
              },
            },
          },
        },
      },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
  await api.ok('POST', DEFINITIONS, definition);
});
afterAll(() => server.close());

const foo = (name: string, spec: JsonObject, more: JsonObject = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Foo',
  metadata: { name },
  spec,
  ...more,
});

describe('custom resources', () => {
  test('a definition is established, listed and explained', async () => {
    const live = await api.until(
      `${DEFINITIONS}/foos.example.com`,
      (body) => (body.status.conditions ?? []).length === 2,
    );
    expect(live.status.conditions.map((c: Answer) => [c.type, c.status, c.reason])).toEqual([
      ['NamesAccepted', 'True', 'NoConflicts'],
      ['Established', 'True', 'InitialNamesAccepted'],
    ]);
    expect(live.status).toMatchObject({
      storedVersions: ['v1'],
      acceptedNames: { kind: 'Foo', listKind: 'FooList', singular: 'foo' },
    });
    const group = await api.ok('GET', '/apis/example.com');
    expect(group.versions.map((v: Answer) => v.version)).toEqual(['v1', 'v1beta1']);
    const { resources } = await api.ok('GET', '/apis/example.com/v1');
    expect(resources.map((r: Answer) => r.name)).toEqual(['foos', 'foos/status']);
    const openapi = await api.ok('GET', '/openapi/v3/apis/example.com/v1');
    expect(openapi.components.schemas['com.example.v1.Foo'].properties.spec.properties.size.maximum).toBe(10);
  });

  test('defaults, pruning and the status that every read shows', async () => {
    const { body, headers } = await api.call('POST', FOOS, foo('a', { size: 2, bogus: 1, ports: [{ name: 'x' }] }));
    expect(body.spec).toEqual({ size: 2, color: 'red', ports: [{ name: 'x', port: 80 }] });
    expect(body.status).toEqual({ observedGeneration: -1 });
    expect(headers['warning']).toContain('unknown field \\"spec.bogus\\"');
    expect(body.metadata.generation).toBe(1);
  });

  test.each<[string, JsonObject, number, string]>([
    ['a required field', {}, 422, 'spec.size: Required value'],
    [
      'a maximum',
      { size: 20 },
      422,
      'spec.size: Invalid value: 20: spec.size in body should be less than or equal to 10',
    ],
    [
      'an enum',
      { size: 1, color: 'green' },
      422,
      'spec.color: Unsupported value: "green": supported values: "red", "blue"',
    ],
    [
      'a pattern',
      { size: 1, name: 'A' },
      422,
      `spec.name: Invalid value: "A": spec.name in body should match '^[a-z]+$'`,
    ],
    [
      'a type',
      { size: 'x' },
      422,
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
  ])('%s is checked', async (_what, spec, code, message) => {
    const { status, body } = await api.call('POST', FOOS, foo('b', spec));
    expect(body.message).toContain(message);
    expect(status).toBe(code);
  });

  test('strictness, transition rules, and no strategic patch', async () => {
    const strict = await api.call('POST', `${FOOS}?fieldValidation=Strict`, foo('b', { size: 1, bogus: 1 }));
    expect(strict.body.message).toBe(
      'Foo in version "v1" cannot be handled as a Foo: strict decoding error: unknown field "spec.bogus"',
    );
    await api.ok('POST', FOOS, foo('t', { size: 1, name: 'abc' }));
    const changed = await api.call('PATCH', `${FOOS}/t`, { spec: { name: 'abd' } }, { type: MERGE });
    expect(changed.body.message).toBe('Foo.example.com "t" is invalid: spec: Invalid value: name is fixed');
    expect((await api.call('PATCH', `${FOOS}/t`, {}, { type: STRATEGIC })).status).toBe(415);
    const unversioned = await api.call('PUT', `${FOOS}/t`, foo('t', { size: 1 }));
    expect(unversioned.body.message).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test('status is apart from the rest', async () => {
    await api.ok('POST', FOOS, foo('s', { size: 1 }, { status: { observedGeneration: 5 } }));
    const main = await api.ok('PATCH', `${FOOS}/s`, { status: { observedGeneration: 7 } }, { type: MERGE });
    expect([main.status, main.metadata.generation]).toEqual([{ observedGeneration: -1 }, 1]);
    const status = await api.ok(
      'PATCH',
      `${FOOS}/s/status`,
      { status: { observedGeneration: 7 }, spec: { size: 9 } },
      { type: MERGE },
    );
    expect([status.status, status.spec.size, status.metadata.generation]).toEqual([{ observedGeneration: 7 }, 1, 1]);
  });

  test('another version, with a warning, and tables', async () => {
    await api.ok('POST', FOOS, foo('v', { size: 3 }));
    const old = await api.call('GET', '/apis/example.com/v1beta1/namespaces/default/foos/v');
    expect([old.body.apiVersion, old.body.spec]).toEqual(['example.com/v1beta1', { size: 3 }]);
    expect(old.headers['warning']).toBe('299 - "example.com/v1beta1 Foo is deprecated; use example.com/v1 Foo"');
    await api.ok(
      'PATCH',
      `${FOOS}/v/status`,
      { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      { type: MERGE },
    );
    const table = await api.ok('GET', `${FOOS}/v`, undefined, { accept: TABLE });
    expect(table.rows[0].cells).toEqual(['v', 3, 'True', expect.any(String)]);
  });

  test('list-map entries have owners of their own', async () => {
    const apply = (manager: string, spec: JsonObject) =>
      api.ok('PATCH', `${FOOS}/m?fieldManager=${manager}`, foo('m', spec), { type: APPLY });
    await apply('one', { size: 1, ports: [{ name: 'a' }, { name: 'b', port: 1 }] });
    await apply('two', { ports: [{ name: 'c', port: 2 }] });
    const last = await apply('one', { size: 1, ports: [{ name: 'a', port: 5 }] });
    expect(last.spec.ports).toEqual([
      { name: 'a', port: 5 },
      { name: 'c', port: 2 },
    ]);
  });

  test('deleting the definition deletes the objects, finalizers first', async () => {
    await api.ok('POST', DEFINITIONS, {
      ...definition,
      metadata: { name: 'bars.example.com' },
      spec: { ...definition.spec, names: { plural: 'bars', kind: 'Bar' } },
    });
    const bars = FOOS.replace('foos', 'bars');
    await api.ok('POST', bars, {
      ...foo('x', { size: 1 }),
      kind: 'Bar',
      metadata: { name: 'x', finalizers: ['a.b/c'] },
    });
    await api.ok('DELETE', `${DEFINITIONS}/bars.example.com`);
    await api.until(`${bars}/x`, (body) => body.metadata.deletionTimestamp !== undefined);
    expect((await api.call('POST', bars, { ...foo('y', { size: 1 }), kind: 'Bar' })).body.message).toBe(
      'create not allowed while custom resource definition is terminating',
    );
    await api.ok('PATCH', `${bars}/x`, { metadata: { finalizers: null } }, { type: MERGE });
    await api.until(`${DEFINITIONS}/bars.example.com`, (_body, status) => status === 404);
    expect((await api.call('GET', bars)).status).toBe(404);
  });

  test('a definition that is wrong is refused', async () => {
    const { body } = await api.call('POST', DEFINITIONS, { ...definition, metadata: { name: 'x' } });
    expect(body.message).toBe(
      'CustomResourceDefinition.apiextensions.k8s.io "x" is invalid: metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
    );
  });
});
