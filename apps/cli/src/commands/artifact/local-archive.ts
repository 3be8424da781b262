import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ignorePatterns, type PackedArchive, packFile, packTree } from '@fluvial/artifact';
import type { Context } from '../../framework/context.ts';
import { CliError, fileErrorText, messageOf } from '../../framework/errors.ts';

/** What `--path` names: a folder, a file, or text from standard input. */
export type LocalContent =
  | { readonly is: 'directory'; readonly path: string }
  | { readonly is: 'file'; readonly path: string }
  | { readonly is: 'text'; readonly text: string };

/** Name of the one file of an archive that was made from standard input; fixed, so that equal input has equal bytes. */
const stdinName = 'manifests.yaml';

/**
 * Finds out what `--path` names.
 *
 * @throws {CliError} `invalid path 'x', must point to an existing directory or file`, with the reason if asked for
 */
export async function openLocal(
  context: Context,
  path: string,
  options: { tellsReason: boolean; readsStdin?: boolean },
): Promise<LocalContent> {
  if (path === '') throw new CliError('invalid path ""');
  if (path === '-' && options.readsStdin) {
    return { is: 'text', text: (await context.stdin.text()).replace(/[\r\n]+$/, '') };
  }
  const absolute = resolve(context.cwd, path);
  try {
    return { is: (await stat(absolute)).isDirectory() ? 'directory' : 'file', path: absolute };
  } catch (error) {
    const reason = options.tellsReason ? `: ${fileErrorText('stat', path, error)}` : '';
    throw new CliError(`invalid path '${path}', must point to an existing directory or file${reason}`);
  }
}

type PackFlags = { 'ignore-paths': string[]; 'add-ignore-paths': string[]; 'resolve-symlinks'?: boolean };

/** Packs the content as artifacts are packed: same content, same bytes. */
export async function packLocal(context: Context, content: LocalContent, flags: PackFlags): Promise<PackedArchive> {
  const signal = context.deadline;
  if (content.is === 'text') return packFile(stdinName, Buffer.from(content.text), { signal });
  if (content.is === 'file') {
    const real = flags['resolve-symlinks'] ? await realpath(content.path) : content.path;
    return packFile(basename(content.path), await readFile(real), { mode: (await stat(real)).mode & 0o777, signal });
  }
  const ignore = ignorePatterns([...flags['ignore-paths'], ...flags['add-ignore-paths']]);
  if (!flags['resolve-symlinks']) return packTree(content.path, { profile: 'push', ignore, signal });
  const copy = await mkdtemp(join(tmpdir(), 'flux-resolve-'));
  try {
    const root = join(copy, 'root');
    await copyFollowing(content.path, root, []);
    return await packTree(root, { profile: 'push', ignore, signal });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Copies a tree with every link replaced by what it points at. A link back to a folder on the way is left out. */
async function copyFollowing(from: string, to: string, above: readonly string[]): Promise<void> {
  const real = await realpath(from);
  if (above.includes(real)) return;
  const info = await stat(real);
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(real)) {
    const source = join(real, entry);
    try {
      const target = await stat(source);
      if (target.isDirectory()) await copyFollowing(source, join(to, entry), [...above, real]);
      else if (target.isFile()) {
        await copyFile(source, join(to, entry));
        await chmod(join(to, entry), target.mode & 0o777);
      }
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(`resolving symlinks failed: resolving symlink ${source}: ${messageOf(error)}`);
    }
  }
  await chmod(to, info.mode & 0o777);
}

/** Replaces a file in one step. */
export async function replaceFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, bytes, { mode });
    await chmod(draft, mode);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
