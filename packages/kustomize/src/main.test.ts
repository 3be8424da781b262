import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from './main.ts';

function run(...args: string[]): { code: number; out: string; err: string } {
  let out = '';
  let err = '';
  const code = main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test('the command builds, warns and fails', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fluvial-kustomize-'));
  try {
    writeFileSync(join(dir, 'kustomization.yaml'), 'commonLabels: {a: b}\nconfigMapGenerator: [{name: x}]\n');
    const { code, out, err } = run('build', dir);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    a: b\n  name: x-6ct58987ht\n',
    });
    expect(err).toContain("'commonLabels' is deprecated");
    expect(run('build', join(dir, 'gone'))).toMatchObject({ code: 1, out: '' });
    expect(run('build', dir, '--foo=1').err).toBe('Error: unknown flag: --foo\n');
    expect(run('--help').out).toContain('Usage:');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
