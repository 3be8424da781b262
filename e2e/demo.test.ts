import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { programPath, runProgram } from './lib/program.ts';

test('the demo plays its whole journey and ends with status 0', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'fluvial-demo-'));
  try {
    const { exitCode, stdout, stderr } = await runProgram(programPath('flux'), [
      'dev',
      '--demo=examples/podinfo',
      '--once',
      `--dir=${dir}`,
    ]);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain('[9/9]');
    expect(stdout).toContain('every step was verified');

    // What a journey left behind would be taken for the next one's own.
    const again = await runProgram(programPath('flux'), ['dev', '--demo=examples/podinfo', '--once', `--dir=${dir}`]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('choose an empty folder with --dir');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
