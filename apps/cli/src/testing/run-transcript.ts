import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runFlux } from '../flux.ts';
import type { Input, Ports } from '../framework/context.ts';

/** What one command line did. */
export type Outcome = { exit: number; stdout: string; stderr: string };

/** Settings of a run; everything else of this machine stays out. */
export type RunOptions = { cwd?: string; env?: Record<string, string>; stdin?: string; signal?: AbortSignal };

/** Runs one command line in this process and returns all that it printed. */
export async function runForTest(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const outcome: Outcome = { exit: 0, stdout: '', stderr: '' };
  const ports: Ports = {
    env: { PATH: process.env['PATH'], ...options.env },
    cwd: options.cwd ?? tmpdir(),
    stdin: textInput(options.stdin ?? ''),
    stdout: (text) => {
      outcome.stdout += text;
    },
    stderr: (text) => {
      outcome.stderr += text;
    },
    isTerminal: false,
    signal: options.signal ?? new AbortController().signal,
  };
  outcome.exit = await runFlux(args, ports);
  return outcome;
}

function textInput(text: string): Input {
  return {
    isTerminal: false,
    text: async () => text,
    async *lines() {
      if (text !== '') yield* text.replace(/\n$/, '').split('\n');
    },
  };
}

/** A folder of its own for a test, with files; `remove` at the end. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'flux-test-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Splits a command line at spaces; single and double quotes keep them. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)) {
    words.push(match[0].replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}

/**
 * Holds a transcript against what the command line does today.
 *
 * A transcript is a list of `$ flux …` lines, each followed by what it prints: stdout as it is, stderr behind `! `, and
 * `? N` for an exit status other than 0. `UPDATE_TRANSCRIPTS=1` writes the present output into the file.
 */
export async function checkTranscript(
  file: URL,
  options: RunOptions & { replace?: (text: string) => string } = {},
): Promise<{ wanted: string; actual: string }> {
  const wanted = readFileSync(file, 'utf8');
  const replace = options.replace ?? ((text: string) => text);
  let actual = '';
  for (const line of wanted.split('\n')) {
    if (line.startsWith('#')) actual += `${line}\n`;
    if (!line.startsWith('$ flux')) continue;
    const { exit, stdout, stderr } = await runForTest(splitLine(line.slice('$ flux'.length)), options);
    actual += `${line}\n${replace(stdout)}`;
    for (const each of replace(stderr).replace(/\n$/, '').split('\n')) if (each !== '') actual += `! ${each}\n`;
    if (exit !== 0) actual += `? ${exit}\n`;
  }
  if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(file, actual);
  return { wanted, actual };
}
