// Archives.

export { checkArchive } from './check-archive.ts';
// Digests.
export {
  createHasher,
  type DigestAlgorithm,
  digestAlgorithms,
  digestOf,
  digestOfFile,
  type Hasher,
  type ParsedDigest,
  parseDigest,
  parseDigestAlgorithm,
} from './digest.ts';
export { defaultLimits } from './entry-guard.ts';
export { ArtifactError, type ArtifactErrorCode } from './errors.ts';
export { extractArchive } from './extract-archive.ts';
export { createFetchCache, type FetchCache, type FetchCacheOptions, type FetchedTree } from './fetch-cache.ts';
export type { ByteSource } from './gunzip.ts';
export { createHttpGet, type HttpGet, type HttpGetResponse } from './http-get.ts';
// Ignore rules.
export {
  createIgnoreFilter,
  createSourceFilter,
  defaultIgnore,
  type IgnoreRule,
  ignoreFileName,
  parseIgnoreRules,
} from './ignore-rules.ts';
// Consumers.
export { sharedPath, shareStorage } from './local-stores.ts';
export {
  isDirectory,
  type MemoryDirectory,
  type MemoryFile,
  type ReadArchiveOptions,
  readArchive,
} from './memory-tree.ts';
export {
  ignorePatterns,
  memoryIgnoreRules,
  packFile,
  packMemoryTree,
  packTree,
  packTreeStream,
  readIgnoreRules,
} from './pack-tree.ts';
// The store and its server.
export { type ArtifactServer, type ArtifactServerOptions, startArtifactServer } from './server.ts';
export {
  type ArtifactStorage,
  advertisedAddress,
  createStorage,
  planGarbage,
  readStored,
  type StorageOptions,
  type StorageOwner,
} from './storage.ts';
export type * from './types.ts';
