import { describe, expect, test } from 'vitest';
import { hasDrifted } from './drift.ts';

const base = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { a: 'b' } }, data: { x: '1' } };

describe('hasDrifted', () => {
  test.each([
    ['nothing', {}, false],
    ['another resource version', { metadata: { ...base.metadata, resourceVersion: '2' } }, false],
    ['status', { status: { a: 1 } }, false],
    ['a label', { metadata: { name: 'a', labels: { a: 'c' } } }, true],
    ['an annotation', { metadata: { ...base.metadata, annotations: { a: 'c' } } }, true],
    ['empty annotations', { metadata: { ...base.metadata, annotations: {} } }, false],
    ['a value', { data: { x: '2' } }, true],
    ['a new field with an empty value', { data: { x: '1', y: {} } }, true],
    ['null for empty', { data: { x: '1' }, list: null }, false],
    ['a field that is gone', { data: undefined }, true],
  ])('%s', (_, change, drifted) => {
    expect(hasDrifted(base, { ...base, ...change } as typeof base)).toBe(drifted);
  });

  test('repeated and empty metrics of an autoscaler are none', () => {
    const metric = { type: 'Resource', resource: { name: 'cpu' } };
    const hpa = (metrics: unknown[]) => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'a' },
      spec: { metrics },
    });
    expect(hasDrifted(hpa([metric]), hpa([metric, { ...metric }, {}]))).toBe(false);
  });
});
