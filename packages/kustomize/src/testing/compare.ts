import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from '../build.ts';
import { createDirectoryFs } from '../directory-fs.ts';
import { KustomizeError } from '../types.ts';
import { generateOverlay } from './overlay.ts';

/** What a build ended with. */
export interface Outcome {
  readonly output?: string;
  readonly error?: string;
}

export interface Comparison {
  readonly seed: number;
  /** `equal`: the same bytes, or both fail; `words`: both fail, in other words. */
  readonly verdict: 'equal' | 'words' | 'different';
  readonly original: Outcome;
  readonly ours: Outcome;
}

/** Builds generated overlays with a kubectl and with this package, a few at a time. */
export async function compareWithKubectl(
  kubectl: string,
  from: number,
  count: number,
  lanes = 2,
): Promise<readonly Comparison[]> {
  const root = mkdtempSync(join(tmpdir(), 'fluvial-kustomize-'));
  const results: Comparison[] = [];
  let next = from;
  try {
    const version = `v${await versionOf(kubectl)}`;
    const lane = async (): Promise<void> => {
      for (let seed = next++; seed < from + count; seed = next++) {
        results.push(await compareOne(kubectl, version, root, seed));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    rmSync(root, { recursive: true });
  }
  return results.sort((a, b) => a.seed - b.seed);
}

async function compareOne(kubectl: string, version: string, root: string, seed: number): Promise<Comparison> {
  const { files, dir } = generateOverlay(seed, { since58: false });
  const tree = join(root, String(seed));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const at = join(tree, dir);
  const original = await run(kubectl, ['kustomize', '--load-restrictor=LoadRestrictionsNone', at]);
  const ours = buildAt(at, version);
  rmSync(tree, { recursive: true });
  return { seed, verdict: judge(original, ours), original, ours };
}

function judge(original: Outcome, ours: Outcome): Comparison['verdict'] {
  if (original.error === undefined || ours.error === undefined) {
    return original.error === undefined && ours.error === undefined && original.output === ours.output
      ? 'equal'
      : 'different';
  }
  return plainWords(original.error) === plainWords(ours.error) ? 'equal' : 'words';
}

/** Without what no two runs of the original share: addresses of pointers. */
function plainWords(message: string): string {
  return message.replaceAll(/ &\{0x[0-9a-f]+ (?:<nil>|0x[0-9a-f]+)\}/g, '').trim();
}

function buildAt(dir: string, version: string): Outcome {
  try {
    const options = { order: 'legacy', customSchema: 'instead', version } as const;
    return { output: build(createDirectoryFs('/'), dir, options).yaml() };
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error;
    return { error: error.message };
  }
}

function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) resolve({ output: stdout });
      else resolve({ error: stderr.replace(/^(?:#.*\n|\d{4}\/.*\n)*(?:error: )?/, '') });
    });
  });
}

async function versionOf(kubectl: string): Promise<string> {
  const { output } = await run(kubectl, ['version', '--client']);
  return /Kustomize Version: v(\S+)/.exec(output ?? '')?.[1] ?? '0';
}
