import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as api from './index.ts';

test('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const lines = (/```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('console'));
  const printed: string[] = [];
  const scope = { ...api, console: { log: (text: string) => printed.push(text) } };
  new Function(...Object.keys(scope), lines.join('\n'))(...Object.values(scope));
  expect(printed).toEqual(lines.map((line) => line.slice(line.indexOf('// ') + 3)));
});
