import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

let dir: string;
let module: URL;
let pool: WorkerPool;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'fluvial-pool-'));
  const file = join(dir, 'tasks.mjs');
  writeFileSync(
    file,
    `export const double = (n) => n * 2;
export const fail = () => { throw Object.assign(new TypeError('broken'), { code: 'BAD' }); };
export const spin = () => { for (;;); };
export const eat = () => { const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length)); };
export const bytes = (input) => new Uint8Array(input.length).fill(7);`,
  );
  module = pathToFileURL(file);
  pool = createWorkerPool({ size: 1, maxHeapMiB: 32, idleMs: 1000 });
});
afterAll(async () => {
  await pool.close();
  rmSync(dir, { recursive: true });
});

describe('createWorkerPool', () => {
  test('runs tasks in turn and hands their values back', async () => {
    const results = await Promise.all([1, 2, 3].map((input) => pool.run<number>({ module, task: 'double', input })));
    expect(results).toEqual([2, 4, 6]);
    expect(await pool.run({ module, task: 'bytes', input: { length: 3 } })).toEqual(new Uint8Array([7, 7, 7]));
  });

  test('hands the task error back with its code', async () => {
    await expect(pool.run({ module, task: 'fail', input: null })).rejects.toMatchObject({
      code: 'TASK',
      message: 'broken',
      taskError: { name: 'TypeError', code: 'BAD' },
    });
  });

  test('an endless task is ended, and the next one runs', async () => {
    await expect(pool.run({ module, task: 'spin', input: null, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(await pool.run({ module, task: 'double', input: 4 })).toBe(8);
  });

  test('a greedy task takes its thread with it, not the process', async () => {
    await expect(pool.run({ module, task: 'eat', input: null })).rejects.toMatchObject({ code: 'CRASHED' });
    expect(await pool.run({ module, task: 'double', input: 5 })).toBe(10);
  });

  test('can be aborted', async () => {
    const stop = new AbortController();
    const run = pool.run({ module, task: 'spin', input: null, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(await pool.run({ module, task: 'double', input: 6 })).toBe(12);
  });
});
