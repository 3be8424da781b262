import type { ArtifactStorage } from './storage.ts';

const shared = new Set<ArtifactStorage>();

/**
 * Lets fetch caches of this process read a store's files without the detour over HTTP. Digests are verified all the same.
 *
 * @returns ends the sharing
 */
export function shareStorage(storage: ArtifactStorage): () => void {
  shared.add(storage);
  return () => {
    shared.delete(storage);
  };
}

/** Absolute path of the file behind a URL of a shared store; undefined for every other URL. */
export function sharedPath(url: string): string | undefined {
  for (const storage of shared) {
    const path = storage.localPath(url);
    if (path !== undefined) return path;
  }
  return undefined;
}
