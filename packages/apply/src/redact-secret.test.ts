import { describe, expect, test } from 'vitest';
import { redactSecret } from './redact-secret.ts';

const secret = (data: Record<string, unknown>, stringData?: Record<string, unknown>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'a' },
  data,
  ...(stringData && { stringData }),
});

describe('redactSecret', () => {
  test.each([
    [secret({ a: 'aHVudGVyMg==' }), 'data[a]: Invalid value: "hunter2"', 'data[a]: Invalid value: "***"'],
    [secret({ a: 'aHVudGVyMg==' }), 'bad value aHVudGVyMg==', 'bad value ***'],
    [secret({}, { a: 'line "one"\n' }), 'bad "line \\"one\\"\\n"', 'bad "***"'],
    [
      secret({ a: 12 }),
      '.data.a: expected string, got &value.valueUnstructured{Value:12}',
      '.data.a: expected string, got &value.valueUnstructured{Value:***}',
    ],
    [secret({ a: 'YQ==' }), 'a Secret is invalid', 'a Secret is invalid'],
  ])('%#', (object, text, shown) => {
    expect(redactSecret(object, text)).toBe(shown);
  });

  test('leaves the texts of other kinds alone', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'value' } };
    expect(redactSecret(object, 'a value')).toBe('a value');
  });
});
