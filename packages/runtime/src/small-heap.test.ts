import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// A process of its own: the settings are the process's.
const script = (file: string) => `
import { getHeapSpaceStatistics } from 'node:v8';
const { keepHeapSmall } = await import(${JSON.stringify(file)});
const settled = keepHeapSmall();
let garbage = [];
for (let i = 0; i < 200_000; i++) garbage.push({ i });
garbage = undefined;
settled();
const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
const before = young();
const live = [];
for (let i = 0; i < 500_000; i++) live.push({ i });
console.log(JSON.stringify({ used: process.memoryUsage().heapUsed > 0, grew: young() > before, live: live.length }));
`;

test('keepHeapSmall stops the young generation from growing, and says nothing', async () => {
  const file = new URL('./small-heap.ts', import.meta.url).href;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script(file)],
    { cwd: fileURLToPath(new URL('../../../', import.meta.url)) },
  );
  expect(JSON.parse(stdout)).toEqual({ used: true, grew: false, live: 500_000 });
  expect(stderr).toBe('');
}, 30_000);
