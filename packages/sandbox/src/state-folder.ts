import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SandboxError } from './sandbox-error.ts';

/** What `sandbox.json` tells other programs. */
export interface SandboxFile {
  /** Path of the kubeconfig, absolute. */
  readonly kubeconfig: string;
  /** `127.0.0.1:PORT` of the registry. */
  readonly registry: string;
  /** The process that runs the sandbox. */
  readonly pid: number;
}

/** What a sandbox keeps besides its data, so that clients find it again after a restart. */
export interface SandboxIdentity {
  readonly token: string;
  /** By what listens there: `api`, `registry`, and what the caller named. */
  readonly ports: Readonly<Record<string, number>>;
}

/** The paths inside a sandbox's folder. */
export interface StateFolder {
  readonly dir: string;
  readonly kubeconfig: string;
  readonly sandboxFile: string;
  readonly apiserver: string;
  readonly registry: string;
  readonly artifacts: string;
  readonly cache: string;
}

/**
 * Makes the folder and claims it for this process.
 *
 * @throws {SandboxError} `IN_USE` when another living process has it, `FOLDER` when it can't be made.
 */
export function claimStateFolder(dir: string): StateFolder {
  const at = (name: string) => path.join(path.resolve(dir), name);
  const folder: StateFolder = {
    dir: path.resolve(dir),
    kubeconfig: at('kubeconfig'),
    sandboxFile: at('sandbox.json'),
    apiserver: at('apiserver'),
    registry: at('registry'),
    artifacts: at('artifacts'),
    cache: at('cache'),
  };
  try {
    // The kubeconfig and the stored Secrets are for this user alone.
    mkdirSync(folder.dir, { recursive: true, mode: 0o700 });
    for (const part of [folder.apiserver, folder.registry, folder.artifacts, folder.cache])
      mkdirSync(part, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SandboxError('FOLDER', `cannot make the sandbox folder ${folder.dir}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const owner = readSandboxFile(folder)?.pid;
  if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
    throw new SandboxError(
      'IN_USE',
      `the sandbox folder ${folder.dir} is in use by process ${owner}: stop it, or choose another folder with --dir`,
    );
  }
  return folder;
}

/** The last identity of the folder, so that a restart keeps ports and token. */
export function readIdentity(folder: StateFolder): SandboxIdentity {
  const { token, ports } = readJson<Partial<SandboxIdentity>>(path.join(folder.dir, 'identity.json')) ?? {};
  return { token: token ?? randomBytes(24).toString('base64url'), ports: ports ?? {} };
}

export function writeIdentity(folder: StateFolder, identity: SandboxIdentity): void {
  writePrivate(path.join(folder.dir, 'identity.json'), `${JSON.stringify(identity, null, 2)}\n`);
}

/** Tells other programs that the sandbox is there: the kubeconfig first, because `sandbox.json` is what they wait for. */
export function announce(folder: StateFolder, kubeconfig: string, file: SandboxFile): void {
  writePrivate(folder.kubeconfig, kubeconfig);
  writePrivate(folder.sandboxFile, `${JSON.stringify(file, null, 2)}\n`);
}

/** Takes `sandbox.json` away; the data and the kubeconfig stay. */
export function withdraw(folder: StateFolder): void {
  if (readSandboxFile(folder)?.pid === process.pid) rmSync(folder.sandboxFile, { force: true });
}

function readSandboxFile(folder: StateFolder): SandboxFile | undefined {
  return readJson<SandboxFile>(folder.sandboxFile);
}

// A file that a crash cut short is as good as none: everything in these two can be made again.
function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function writePrivate(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
