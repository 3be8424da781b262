import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as api from './index.ts';

/** Runs the README's example with this package's exports in scope; returns what it prints. */
function runExample(more: { readonly [name: string]: unknown }): string[] {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = (/```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '').replace(/ as const;/g, ';');
  const scope: { [name: string]: unknown } = { ...api, ...more };
  const printed: string[] = [];
  scope['console'] = { log: (...parts: unknown[]) => printed.push(parts.map(String).join(' ')) };
  new Function(...Object.keys(scope), code)(...Object.values(scope));
  return printed;
}

test('the example of the README does what it says', () => {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } } },
  };
  const type: api.TypeSchema = { schema, resolve: () => undefined };
  const head = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
  expect(runExample({ type, head })).toEqual([
    'false true',
    'Apply failed with 1 conflict: conflict with "flux": .spec.replicas',
    '3',
  ]);
});
