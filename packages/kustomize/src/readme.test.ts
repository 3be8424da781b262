import { expect, test } from 'vitest';
import { build, createMemoryFs } from './index.ts';

test('the example of the README', () => {
  const fs = createMemoryFs({
    'app/kustomization.yaml': 'resources: [cm.yaml]\nnamePrefix: prod-\n',
    'app/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n',
  });
  const { resources, yaml, inputs } = build(fs, '/app');
  expect(yaml()).toBe('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: prod-settings\n');
  expect(resources[0]?.origin).toEqual({ file: 'app/cm.yaml', index: 0, line: 1 });
  expect(inputs.length).toBeGreaterThan(1);
});
