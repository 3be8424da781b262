import { Readable } from 'node:stream';
import type { ContentStore, LinkStore, UploadFile } from './content-store.ts';

/** Content in this process's memory. */
export function createMemoryContent(): ContentStore {
  const contents = new Map<string, Uint8Array>();
  const need = (digest: string): Uint8Array => {
    const bytes = contents.get(digest);
    if (bytes === undefined) throw new Error(`content ${digest} is gone`);
    return bytes;
  };
  return {
    size: (digest) => contents.get(digest)?.byteLength,
    read: (digest, start, end) =>
      Readable.from([Buffer.from(need(digest).subarray(start, end))], { objectMode: false }),
    readAll: async (digest) => need(digest),
    write: async (digest, bytes) => void contents.set(digest, bytes),
    delete: async (digest) => void contents.delete(digest),
    startUpload: async () => createMemoryUpload(contents),
  };
}

function createMemoryUpload(contents: Map<string, Uint8Array>): UploadFile {
  let chunks: Uint8Array[] = [];
  return {
    append: async (chunk) => void chunks.push(chunk),
    read: async function* () {
      yield* chunks;
    },
    commit: async (digest) => {
      contents.set(digest, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      chunks = [];
    },
    abort: async () => {
      chunks = [];
    },
  };
}

/** Links that nobody remembers after the process. */
export const memoryLinks: LinkStore = {
  load: async () => new Map(),
  putBlob: async () => {},
  deleteBlob: async () => {},
  putManifest: async () => {},
  deleteManifest: async () => {},
  putTag: async () => {},
  deleteTag: async () => {},
};
