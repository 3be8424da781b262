/** The result of pulling and packing one layer. */
export interface LayerArchive {
  /** The bytes to store. */
  readonly bytes: Uint8Array;
  /** Annotations of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Whether a failed making would fail again: the content itself is refused, and content never changes. */
export type IsLasting = (error: unknown) => boolean;

/**
 * Small archives by what they are of, so that many objects with one source pull and pack it once.
 *
 * The key holds the identity of the credentials: an object sees only what its own credentials fetched.
 * Refusals are remembered, too: a bomb is looked at once, not at every retry.
 */
export interface ArchiveCache {
  /** Answers the archive of a key, making it when nobody has; callers at the same time share the making. */
  get(key: string, make: () => Promise<LayerArchive>): Promise<LayerArchive>;
}

const maxTotalBytes = 32 * 1024 * 1024;
const maxArchiveBytes = 4 * 1024 * 1024;
const maxRefusals = 1000;

/** Makes a cache of 32 MiB. */
export function createArchiveCache(isLasting: IsLasting = () => false): ArchiveCache {
  const refused = new Map<string, unknown>();
  const kept = new Map<string, LayerArchive>();
  const making = new Map<string, Promise<LayerArchive>>();
  let total = 0;
  return {
    async get(key, make) {
      const found = kept.get(key);
      if (found !== undefined) {
        kept.delete(key);
        kept.set(key, found);
        return found;
      }
      if (refused.has(key)) throw refused.get(key);
      const under = making.get(key);
      // Its maker may have been told to stop: then this caller makes it.
      if (under !== undefined) return under.catch((error) => (isLasting(error) ? Promise.reject(error) : make()));
      const mine = make();
      making.set(key, mine);
      try {
        const archive = await mine;
        if (archive.bytes.length <= maxArchiveBytes) {
          kept.set(key, archive);
          total += archive.bytes.length;
          for (const [oldest, { bytes }] of kept) {
            if (total <= maxTotalBytes) break;
            kept.delete(oldest);
            total -= bytes.length;
          }
        }
        return archive;
      } catch (error) {
        if (isLasting(error)) {
          refused.set(key, error);
          if (refused.size > maxRefusals) refused.delete(refused.keys().next().value!);
        }
        throw error;
      } finally {
        making.delete(key);
      }
    },
  };
}
