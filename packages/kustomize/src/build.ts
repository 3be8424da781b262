import type { FileSystem } from './file-system.ts';
import { type BuildOptions, type BuildResult, KustomizeError } from './types.ts';

/**
 * Builds the kustomization in a directory.
 *
 * @throws {KustomizeError}
 */
export function build(_fs: FileSystem, _dir: string, _options: BuildOptions = {}): BuildResult {
  throw new KustomizeError('REFUSED', 'not yet built');
}
