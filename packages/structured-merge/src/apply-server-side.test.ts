import { readFileSync } from 'node:fs';
import { cloneJson } from '@fluvial/go-text';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyServerSide, keepTimesWithoutChange, updateManagedFields } from './apply-server-side.ts';
import { ConflictError, MergeError } from './errors.ts';
import { fieldSetOfPaths } from './field-set.ts';
import type { JsonObject, JsonSchema, TypeSchema } from './types.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8'));
const models = read('kinds.json') as { [name: string]: JsonSchema };
const typeNamed = (name: string): TypeSchema => ({
  schema: models[name] ?? {},
  resolve: (ref) => models[ref.slice(ref.lastIndexOf('/') + 1)],
});
const types: { [apiVersion: string]: TypeSchema } = {
  'apps/v1': typeNamed('test.apps.Deployment'),
  'example.io/v1': typeNamed('test.example.Widget.v1'),
  'example.io/v1beta1': typeNamed('test.example.Widget.v1beta1'),
};

interface Step {
  readonly op: 'apply' | 'update';
  readonly manager: string;
  readonly subresource?: string;
  readonly force?: boolean;
  readonly object: JsonObject;
  readonly reset?: string[][];
  readonly expected: { readonly object?: JsonObject; readonly error?: string; readonly causes?: JsonObject[] };
}

interface Scenario {
  readonly name: string;
  readonly deduced?: boolean;
  readonly start?: JsonObject;
  readonly steps: readonly Step[];
}

// What structured-merge-diff 6.3 with apimachinery 0.36.3 makes of these steps.
const scenarios = read('apply.json') as readonly Scenario[];
const now = '2026-01-01T00:00:00Z';

function requestOf(step: Step, live: JsonObject | undefined, deduced = false) {
  const apiVersion = String(step.object['apiVersion']);
  return {
    live,
    manager: step.manager,
    apiVersion,
    subresource: step.subresource ?? '',
    now,
    type: deduced ? undefined : types[apiVersion],
    typeOf: deduced ? undefined : (version: string) => types[version],
    resetFields: step.reset && fieldSetOfPaths(step.reset.map((path) => path.map((name) => `f:${name}`))),
  };
}

function run(step: Step, live: JsonObject | undefined, deduced: boolean): JsonObject {
  const request = requestOf(step, live, deduced);
  if (step.op === 'update') return updateManagedFields({ ...request, next: step.object });
  return applyServerSide({ ...request, applied: step.object, force: step.force ?? false }).object;
}

/** As stored: with a uid, plain JSON. */
function stored(object: JsonObject): JsonObject {
  const copy = cloneJson(object);
  const metadata = copy['metadata'] as JsonObject;
  metadata['uid'] ??= 'u1';
  return copy;
}

/** Where a map loses its last entry the original leaves null and we the empty map; see `removeItems`. */
function likeOurs(expected: unknown, ours: unknown): unknown {
  if (expected === null && JSON.stringify(ours) === '{}') return {};
  if (Array.isArray(expected) && Array.isArray(ours)) return expected.map((item, i) => likeOurs(item, ours[i]));
  if (typeof expected !== 'object' || expected === null || typeof ours !== 'object' || ours === null) return expected;
  const other = ours as JsonObject;
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, likeOurs(value, other[key])]));
}

describe('as the API server', () => {
  test.each(scenarios)('$name', ({ deduced = false, start, steps }) => {
    let live = start;
    for (const step of steps) {
      const given = live;
      const before = JSON.stringify([given, step.object]);
      if (step.expected.error !== undefined) {
        let error: unknown;
        try {
          run(step, live, deduced);
        } catch (caught) {
          error = caught;
        }
        expect(error).toBeInstanceOf(MergeError);
        expect((error as MergeError).message).toBe(step.expected.error);
        if (error instanceof ConflictError) {
          const causes = error.causes.map(({ reason, message, field }) => ({ reason, message, field }));
          const byField = (a: JsonObject, b: JsonObject): number => (String(a['field']) < String(b['field']) ? -1 : 1);
          expect([...causes].sort(byField)).toEqual([...(step.expected.causes ?? [])].sort(byField));
        }
      } else {
        const object = stored(run(step, live, deduced));
        expect(object).toEqual(likeOurs(step.expected.object, object));
        live = object;
      }
      expect(JSON.stringify([given, step.object])).toBe(before);
    }
  });
});

const deployment = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec,
});
const base = { apiVersion: 'apps/v1', manager: 'flux', now, type: types['apps/v1'] } as const;

describe('applyServerSide', () => {
  test('an apply that changes nothing returns the live object itself', () => {
    const applied = deployment({ replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'a:1' }] } } });
    const first = applyServerSide({ ...base, applied });
    expect(first.changed).toBe(true);
    const live = stored(first.object);
    const again = applyServerSide({ ...base, live, applied, now: '2027-01-01T00:00:00Z' });
    expect(again).toEqual({ object: live, changed: false });
    expect(again.object).toBe(live);
  });

  test('the time moves with a change only', () => {
    const live = stored(applyServerSide({ ...base, applied: deployment({ replicas: 1 }) }).object);
    const later = { ...base, live, now: new Date('2027-01-02T03:04:05.678Z') };
    const timeOf = (object: JsonObject): unknown => {
      const [entry] = (object['metadata'] as { managedFields: JsonObject[] }).managedFields;
      return entry?.['time'];
    };
    expect(timeOf(applyServerSide({ ...later, applied: deployment({ replicas: 2 }) }).object)).toBe(
      '2027-01-02T03:04:05Z',
    );
  });

  test('another version than the request names is refused', () => {
    expect(() => applyServerSide({ ...base, apiVersion: 'apps/v2', applied: deployment({}) })).toThrow(
      'invalid object type: apps/v1, Kind=Deployment',
    );
  });

  test('unreadable managedFields of live are refused', () => {
    const live = deployment({}, { uid: 'u', managedFields: [{ manager: 'x', operation: 'Merge' }] });
    expect(() => applyServerSide({ ...base, live, applied: deployment({}) })).toThrow(
      'failed to decode managed fields: operation must be `Apply` or `Update`',
    );
  });

  test('kubectl takes over what client-side apply set, and keeps its annotation in step', () => {
    const key = 'kubectl.kubernetes.io/last-applied-configuration';
    const lastApplied = `${JSON.stringify(deployment({ replicas: 1 }, { annotations: {} }))}\n`;
    const created = updateManagedFields({
      ...base,
      manager: 'kubectl-client-side-apply',
      next: deployment({ replicas: 1 }, { annotations: { [key]: lastApplied } }),
    });
    const live = stored(created);
    const applied = deployment({ replicas: 2 });
    expect(() => applyServerSide({ ...base, live, applied })).toThrow(ConflictError);
    const { object } = applyServerSide({ ...base, manager: 'kubectl', live, applied });
    const annotations = (object['metadata'] as { annotations: JsonObject }).annotations;
    expect(JSON.parse(String(annotations[key]))).toEqual(applied);
  });

  test('keys named like parts of a prototype are plain keys', () => {
    const applied = JSON.parse(
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","annotations":{"__proto__":"x","constructor":"y"}}}',
    ) as JsonObject;
    const { object } = applyServerSide({ ...base, applied });
    const annotations = (object['metadata'] as JsonObject)['annotations'] as JsonObject;
    expect(Object.keys(annotations)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
  });
});

describe('keepTimesWithoutChange', () => {
  const entry = { manager: 'a', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: {} };
  const at = (time: string, replicas: number): JsonObject =>
    deployment({ replicas }, { managedFields: [{ ...entry, time }] });

  test('is live itself when only times differ', () => {
    const live = at('2026-01-01T00:00:00Z', 1);
    expect(keepTimesWithoutChange(live, at('2027-01-01T00:00:00Z', 1))).toBe(live);
  });

  test('is the new object when anything else differs', () => {
    const next = at('2027-01-01T00:00:00Z', 2);
    expect(keepTimesWithoutChange(at('2026-01-01T00:00:00Z', 1), next)).toBe(next);
  });
});

const word = fc.constantFrom('a', 'b', 'c');
const dropUndefined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const container = fc
  .record({
    name: word,
    image: optional(word),
    args: optional(fc.array(word, { maxLength: 2 })),
    env: optional(
      fc.uniqueArray(fc.record({ name: word, value: word }), { selector: (item) => item.name, minLength: 1 }),
    ),
  })
  .map(dropUndefined);
const spec = fc
  .record({
    replicas: optional(fc.nat(3)),
    paused: optional(fc.boolean()),
    containers: optional(fc.uniqueArray(container, { selector: (item) => item['name'], minLength: 1, maxLength: 3 })),
  })
  .map(({ containers, ...rest }) =>
    dropUndefined({ ...rest, template: containers && { spec: { containers } } } as JsonObject),
  );

describe('properties', () => {
  test('applying twice is applying once', () => {
    fc.assert(
      fc.property(spec, spec, spec, (first, second, third) => {
        let live: JsonObject | undefined;
        for (const [manager, applied] of [
          ['one', first],
          ['two', second],
          ['one', third],
        ] as const) {
          // An apply that owns nothing leaves no trace, and the next one finds an object of unknown past: hence the label.
          const request = { ...base, manager, applied: deployment(applied, { labels: { app: 'web' } }), force: true };
          live = stored(applyServerSide({ ...request, live }).object);
          const again = applyServerSide({ ...request, live, now: '2027-01-01T00:00:00Z' });
          expect(again.object).toBe(live);
        }
      }),
    );
  });

  test('what is applied is there, and forced means owned', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const live = stored(applyServerSide({ ...base, manager: 'one', applied: deployment(first) }).object);
        const { object } = applyServerSide({ ...base, manager: 'two', applied: deployment(second), live, force: true });
        expect(object['spec']).toMatchObject({
          ...second,
          ...(second['template'] === undefined ? {} : { template: expect.anything() }),
        });
        // A second manager that forces the same leaves nothing to conflict about.
        expect(() =>
          applyServerSide({ ...base, manager: 'two', applied: deployment(second), live: stored(object) }),
        ).not.toThrow();
      }),
    );
  });
});
