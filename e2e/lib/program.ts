import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The installed program of an app, as a user would start it. */
export function programPath(name: 'flux' | 'source-controller' | 'kustomize-controller'): string {
  return `${root}apps/${name === 'flux' ? 'cli' : name}/bin/${name}.js`;
}

/** What a program printed and how it ended. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way; `end` resolves when it has ended, however it did. */
export interface Program {
  readonly child: ChildProcess;
  readonly end: Promise<ProgramEnd>;
  /** Resolves when stdout has shown this text; rejects when the program ends before. */
  shows(text: string): Promise<void>;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<ProgramEnd>;
}

/** Starts a program with this Node. `env` replaces single variables. */
export function startProgram(
  file: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string | undefined>>; stdin?: string; cwd?: string } = {},
): Program {
  const command = file.endsWith('.js') ? [process.execPath, file, ...args] : [file, ...args];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: options.cwd ?? root,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A program that ends without reading its input is no failure of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const end = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  end.catch(() => {});
  return {
    child,
    end,
    async shows(text) {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`${file} ended before it showed '${text}':\n${stdout}\n${stderr}`);
        }
        await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      }
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return end;
    },
  };
}

/** Runs a program to its end. */
export function runProgram(...args: Parameters<typeof startProgram>): Promise<ProgramEnd> {
  return startProgram(...args).end;
}
