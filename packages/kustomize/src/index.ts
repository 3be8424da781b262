export { build } from './build.ts';
export { createDirectoryFs } from './directory-fs.ts';
export { type FileSystem, FileSystemError, type FileSystemErrorCode } from './file-system.ts';
export { createMemoryFs } from './memory-fs.ts';
export { anchored, parseLabelSelector } from './selector.ts';
export {
  type BuildInput,
  type BuildOptions,
  type BuildResult,
  type BuiltResource,
  type KObject,
  KustomizeError,
  type KustomizeErrorCode,
  type Origin,
  type Place,
  type RemoteLoader,
} from './types.ts';
