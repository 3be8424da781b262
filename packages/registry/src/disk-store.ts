import { randomUUID } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { ContentStore, LinkStore, ManifestRecord, RepositoryRecord, UploadFile } from './content-store.ts';
import { isDigest, isName, isTag } from './names.ts';

// DIR/blobs/sha256/ab/abcd…               content
// DIR/repositories/NAME/_blobs/sha256-…   empty: the blob belongs to the repository
// DIR/repositories/NAME/_manifests/sha256-…   a ManifestRecord as JSON
// DIR/repositories/NAME/_tags/TAG         a digest
// DIR/tmp                                 what is being written; emptied at start
//
// A file appears under its final name by rename only, so a killed process leaves whole files or none. Content is written
// before the link, the link before the tag: a tag never points at what is missing.

/** Opens (or makes) the folder; content and links share its `tmp`. */
export async function openDiskStores(dir: string): Promise<{ content: ContentStore; links: LinkStore }> {
  const temporary = join(dir, 'tmp');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await mkdir(join(dir, 'blobs'), { recursive: true });
  await mkdir(join(dir, 'repositories'), { recursive: true });
  const sizes = await loadSizes(join(dir, 'blobs'));
  return {
    content: createDiskContent(join(dir, 'blobs'), temporary, sizes),
    links: createDiskLinks(join(dir, 'repositories'), temporary, sizes),
  };
}

function createDiskContent(root: string, temporary: string, sizes: Map<string, number>): ContentStore {
  const pathOf = (digest: string): string => {
    const [algorithm, hex] = digest.split(':') as [string, string];
    return join(root, algorithm, hex.slice(0, 2), hex);
  };
  return {
    size: (digest) => sizes.get(digest),
    read: (digest, start, end) =>
      // An empty range has no inclusive end; the file is then opened and not read.
      createReadStream(pathOf(digest), end > start ? { start, end: end - 1, highWaterMark: 256 * 1024 } : { end: 0 }),
    readAll: (digest) => readFile(pathOf(digest)),
    async write(digest, bytes) {
      await writeWhole(pathOf(digest), bytes, temporary);
      sizes.set(digest, bytes.byteLength);
    },
    async delete(digest) {
      sizes.delete(digest);
      await rm(pathOf(digest), { force: true });
    },
    async startUpload(id) {
      return createDiskUpload(join(temporary, `upload-${id}`), async (file, digest, size) => {
        const path = pathOf(digest);
        await mkdir(dirname(path), { recursive: true });
        await rename(file, path);
        sizes.set(digest, size);
      });
    },
  };
}

async function createDiskUpload(
  file: string,
  moveIn: (file: string, digest: string, size: number) => Promise<void>,
): Promise<UploadFile> {
  const handle = await open(file, 'wx');
  let size = 0;
  return {
    async append(chunk) {
      let done = 0;
      while (done < chunk.byteLength) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done, size);
        done += bytesWritten;
        size += bytesWritten;
      }
    },
    read: () => createReadStream(file, { highWaterMark: 256 * 1024 }),
    async commit(digest) {
      await handle.close();
      await moveIn(file, digest, size);
    },
    async abort() {
      await handle.close();
      await rm(file, { force: true });
    },
  };
}

function createDiskLinks(root: string, temporary: string, sizes: ReadonlyMap<string, number>): LinkStore {
  const pathOf = (name: string, kind: '_blobs' | '_manifests' | '_tags', key: string): string =>
    join(root, ...name.split('/'), kind, key.replace(':', '-'));
  const put = (name: string, kind: '_blobs' | '_manifests' | '_tags', key: string, text: string) =>
    writeWhole(pathOf(name, kind, key), new TextEncoder().encode(text), temporary);
  const remove = (name: string, kind: '_blobs' | '_manifests' | '_tags', key: string) =>
    rm(pathOf(name, kind, key), { force: true });
  return {
    load: () => loadRepositories(root, sizes),
    putBlob: (name, digest) => put(name, '_blobs', digest, ''),
    deleteBlob: (name, digest) => remove(name, '_blobs', digest),
    putManifest: (name, digest, record) => put(name, '_manifests', digest, JSON.stringify(record)),
    deleteManifest: (name, digest) => remove(name, '_manifests', digest),
    putTag: (name, tag, digest) => put(name, '_tags', tag, digest),
    deleteTag: (name, tag) => remove(name, '_tags', tag),
  };
}

async function writeWhole(path: string, bytes: Uint8Array, temporary: string): Promise<void> {
  const draft = join(temporary, randomUUID());
  await writeFile(draft, bytes, { flag: 'wx' });
  await mkdir(dirname(path), { recursive: true });
  await rename(draft, path);
}

async function loadSizes(root: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const entry of await filesBelow(root)) {
    const algorithm = relative(root, entry.parentPath).split(sep)[0]!;
    const digest = `${algorithm}:${entry.name}`;
    if (isDigest(digest)) sizes.set(digest, (await stat(join(entry.parentPath, entry.name))).size);
  }
  return sizes;
}

// Links to content that is missing are passed over: somebody has been tidying by hand, and the rest is still good.
async function loadRepositories(
  root: string,
  sizes: ReadonlyMap<string, number>,
): Promise<Map<string, RepositoryRecord>> {
  const repositories = new Map<string, RepositoryRecord>();
  const tags: { name: string; tag: string; path: string }[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const elements = relative(root, entry.parentPath).split(sep);
    const kind = entry.isFile() ? elements.pop() : entry.name;
    const name = elements.join('/');
    if (!isName(name) || !kind?.startsWith('_')) continue;
    let repository = repositories.get(name);
    if (repository === undefined) {
      repository = { blobs: new Set(), manifests: new Map(), tags: new Map(), hadManifest: false };
      repositories.set(name, repository);
    }
    if (kind === '_manifests') repository.hadManifest = true;
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const digest = entry.name.replace('-', ':');
    if (kind === '_blobs' && sizes.has(digest)) repository.blobs.add(digest);
    if (kind === '_manifests' && sizes.has(digest)) {
      const record = await readRecord(path);
      if (record !== undefined) repository.manifests.set(digest, record);
    }
    if (kind === '_tags' && isTag(entry.name)) tags.push({ name, tag: entry.name, path });
  }
  for (const { name, tag, path } of tags) {
    const repository = repositories.get(name)!;
    const digest = await readFile(path, 'utf8');
    if (repository.manifests.has(digest)) repository.tags.set(tag, digest);
  }
  return repositories;
}

async function readRecord(path: string): Promise<ManifestRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ManifestRecord;
    return typeof record.mediaType === 'string' && typeof record.size === 'number' ? record : undefined;
  } catch {
    return undefined;
  }
}

async function filesBelow(root: string): Promise<Dirent[]> {
  return (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
}
