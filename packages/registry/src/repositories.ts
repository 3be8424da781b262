import type { ContentStore, LinkStore, ManifestRecord, RepositoryRecord } from './content-store.ts';

/**
 * All repositories and what belongs to them.
 *
 * Content is kept once for all repositories, and goes when the last repository lets go of it.
 */
export class Repositories {
  readonly #records: Map<string, RepositoryRecord>;
  readonly #content: ContentStore;
  readonly #links: LinkStore;

  private constructor(records: Map<string, RepositoryRecord>, content: ContentStore, links: LinkStore) {
    this.#records = records;
    this.#content = content;
    this.#links = links;
  }

  static async open(content: ContentStore, links: LinkStore): Promise<Repositories> {
    return new Repositories(await links.load(), content, links);
  }

  /** All names, in byte order. */
  names(): string[] {
    return [...this.#records.keys()].sort(byBytes);
  }

  /** Tags in byte order; `undefined` for a repository that never had a manifest. */
  tags(name: string): string[] | undefined {
    const record = this.#records.get(name);
    if (record === undefined || (record.tags.size === 0 && !record.hadManifest)) return undefined;
    return [...record.tags.keys()].sort(byBytes);
  }

  hasBlob(name: string, digest: string): boolean {
    return this.#records.get(name)?.blobs.has(digest) === true && this.#content.size(digest) !== undefined;
  }

  async addBlob(name: string, digest: string): Promise<void> {
    await this.#links.putBlob(name, digest);
    this.#record(name).blobs.add(digest);
  }

  /** @returns whether it was there */
  async deleteBlob(name: string, digest: string): Promise<boolean> {
    if (!this.#records.get(name)?.blobs.delete(digest)) return false;
    await this.#links.deleteBlob(name, digest);
    await this.#collect(digest);
    return true;
  }

  digestOfTag(name: string, tag: string): string | undefined {
    return this.#records.get(name)?.tags.get(tag);
  }

  manifest(name: string, digest: string): ManifestRecord | undefined {
    return this.#records.get(name)?.manifests.get(digest);
  }

  async addManifest(name: string, digest: string, record: ManifestRecord, tag: string | undefined): Promise<void> {
    await this.#links.putManifest(name, digest, record);
    const repository = this.#record(name);
    repository.hadManifest = true;
    repository.manifests.set(digest, record);
    if (tag === undefined) return;
    await this.#links.putTag(name, tag, digest);
    repository.tags.set(tag, digest);
  }

  /** Deletes a manifest and its tags. @returns whether it was there */
  async deleteManifest(name: string, digest: string): Promise<boolean> {
    const record = this.#records.get(name);
    if (!record?.manifests.delete(digest)) return false;
    for (const [tag, target] of record.tags) {
      if (target === digest) await this.deleteTag(name, tag);
    }
    await this.#links.deleteManifest(name, digest);
    await this.#collect(digest);
    return true;
  }

  /** @returns whether it was there */
  async deleteTag(name: string, tag: string): Promise<boolean> {
    if (!this.#records.get(name)?.tags.delete(tag)) return false;
    await this.#links.deleteTag(name, tag);
    return true;
  }

  /** Manifests whose subject is a digest, in the order of their digests. */
  referrers(name: string, subject: string): { digest: string; record: ManifestRecord }[] {
    const manifests = this.#records.get(name)?.manifests ?? new Map<string, ManifestRecord>();
    return [...manifests]
      .filter(([, record]) => record.subject === subject)
      .map(([digest, record]) => ({ digest, record }))
      .sort((a, b) => byBytes(a.digest, b.digest));
  }

  #record(name: string): RepositoryRecord {
    let record = this.#records.get(name);
    if (record === undefined) {
      record = { blobs: new Set(), manifests: new Map(), tags: new Map(), hadManifest: false };
      this.#records.set(name, record);
    }
    return record;
  }

  async #collect(digest: string): Promise<void> {
    for (const record of this.#records.values()) {
      if (record.blobs.has(digest) || record.manifests.has(digest)) return;
    }
    await this.#content.delete(digest);
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
