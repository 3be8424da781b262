/**
 * Runs the tests of the whole workspace and closes with one line: `N passed, N failed` (`, N skipped` where any were).
 *
 * Arguments go on to vitest: `npm test -- packages/oci`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentWithTools } from './kubectl.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'fluvial-test-'));
const report = path.join(scratch, 'report.json');

// Some tests hold ours against the real kubectl; where it can't be had they are skipped and counted so.
const env = await environmentWithTools();

const child = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env },
);

child.on('close', (code) => {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // A file that could not be loaded, or whose set-up failed, has no failed test in it, and is a failure all the same.
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
    ).length;
    const skipped = numPendingTests + numTodoTests;
    const failed = numFailedTests + broken;
    console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    process.exitCode = code || (failed > 0 || numPassedTests === 0 ? 1 : 0);
  } catch (error) {
    console.error(`The test run left no report: ${error.message}`);
    process.exitCode = code || 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
