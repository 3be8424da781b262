import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { computeStatus, getCondition, markReconciling, markStalled, summarizeReady } from './index.ts';

test('the example of the README says what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const object = { metadata: { generation: 3 }, status: {}, apiVersion: 'test.dev/v1', kind: 'Thing' };
  markReconciling(object, 'Progressing', 'Fetching manifests', Date.now());
  markStalled(object, 'URLInvalid', 'no such scheme', Date.now());
  summarizeReady(object, { order: ['FetchFailed', 'Stalled'], negative: ['FetchFailed', 'Stalled'] }, Date.now());
  expect(readme).toContain(`getCondition(object, 'Ready')?.status; // '${getCondition(object, 'Ready')?.status}'`);
  expect(readme).toContain(`computeStatus(object).status; // '${computeStatus(object).status}'`);
});
