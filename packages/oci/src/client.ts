import { setTimeout as timer } from 'node:timers/promises';
import { drain, readBody } from './body.ts';
import type {
  BlobSource,
  CallOptions,
  FetchedImage,
  FetchedManifest,
  OciClient,
  OciClientOptions,
  OciLimits,
  PushBlobOptions,
  RetryPolicy,
} from './client.types.ts';
import { anonymousKeychain } from './credentials.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import { digestLike, isDigest, sha256 } from './digest.ts';
import { isNotFound, OciError } from './errors.ts';
import { quoteGo } from './go-format.ts';
import { nextPage } from './link.ts';
import { findPlatform, manifestAccept, parseManifest, readDescriptor } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { openBlob } from './pull-blob.ts';
import { uploadBlob } from './push-blob.ts';
import { parseReference, parseRepository, type Reference, type Repository, withDigest, withTag } from './reference.ts';
import { type Action, isRetryable, Session, type SessionRequest, type SessionResponse } from './session.ts';
import { createNetworkHttp, type NetworkHttp } from './undici-http.ts';

const defaultLimits: OciLimits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxJsonBytes: 4 * 1024 * 1024,
  maxErrorBytes: 32 * 1024,
  maxTags: 500_000,
  maxPages: 1000,
  maxRedirects: 10,
};

// Three tries, 1 s and 3 s apart: those of go-containerregistry.
const defaultRetry: RetryPolicy = { attempts: 3, initialMs: 1000, factor: 3, jitter: 0.1, maxMs: 30_000 };

const defaultPlatform: Platform = { os: 'linux', architecture: 'amd64' };
const defaultReadBytes = 64 * 1024 * 1024;
const defaultChunkBytes = 64 * 1024 * 1024;
const defaultPageSize = 1000; // The most that every registry grants.
const maxCopyDepth = 4; // An index of indexes is rare; deeper is a loop or a bomb.

/** Makes a client; see {@link OciClient}. The caller owes a `close()` unless `http` was given. */
export function createOciClient(options: OciClientOptions = {}): OciClient {
  const network: NetworkHttp | undefined = options.http === undefined ? createNetworkHttp(options) : undefined;
  const limits = { ...defaultLimits, ...options.limits };
  const retry = { ...defaultRetry, ...options.retry };
  const sleep = options.sleep ?? ((ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }));
  const session = new Session({
    http: options.http ?? network!.http,
    keychain: options.keychain ?? anonymousKeychain,
    userAgent: options.userAgent ?? 'flux/v2',
    limits,
    retry,
    now: options.now ?? Date.now,
    sleep,
    random: options.random ?? Math.random,
    onRetry: options.onRetry ?? (() => {}),
  });
  return new Client(session, limits, retry, options.insecure === true, network);
}

class Client implements OciClient {
  readonly #session: Session;
  readonly #limits: OciLimits;
  readonly #retry: RetryPolicy;
  readonly #insecure: boolean;
  readonly #network: NetworkHttp | undefined;

  constructor(
    session: Session,
    limits: OciLimits,
    retry: RetryPolicy,
    insecure: boolean,
    network: NetworkHttp | undefined,
  ) {
    this.#session = session;
    this.#limits = limits;
    this.#retry = retry;
    this.#insecure = insecure;
    this.#network = network;
  }

  async login(repository: string | Repository, options: CallOptions & { push?: boolean } = {}): Promise<void> {
    await this.#session.login(this.#repository(repository), options.push === true ? 'push' : 'pull', options.signal);
  }

  async resolve(reference: string | Reference, options: CallOptions = {}): Promise<Descriptor> {
    const ref = this.#reference(reference);
    try {
      const head = await this.#head(ref, options);
      if (head !== undefined) return head;
    } catch (error) {
      // HEAD tells no reasons, and some registries lack it: GET is asked, and its words are the error.
      if (!(error instanceof OciError) || (error.status === undefined && !isRetryable(error))) throw error;
      const mustWait = error.retryAfterMs !== undefined;
      if (mustWait && !(await this.#session.pause(1, error, options.signal))) throw error;
    }
    return (await this.#fetch(ref, options)).descriptor;
  }

  async getManifest(reference: string | Reference, options: CallOptions = {}): Promise<FetchedManifest> {
    const { descriptor, bytes } = await this.#fetch(this.#reference(reference), options);
    return { descriptor, bytes, content: parseManifest(bytes, descriptor.mediaType) };
  }

  async getImage(
    reference: string | Reference,
    { platform = defaultPlatform, ...options }: CallOptions & { platform?: Platform } = {},
  ): Promise<FetchedImage> {
    const ref = this.#reference(reference);
    let { descriptor, bytes, content } = await this.getManifest(ref, options);
    for (let depth = 0; content.kind === 'index'; depth++) {
      const entry = depth < maxCopyDepth ? findPlatform(content.index, platform) : undefined;
      if (entry === undefined) {
        const wanted = `${platform.os}/${platform.architecture}`;
        throw new OciError('PLATFORM_UNKNOWN', `no child with platform ${wanted} in index ${ref.name}`);
      }
      ({ descriptor, bytes, content } = await this.getManifest(withDigest(ref, entry.digest), options));
    }
    return { descriptor, bytes, manifest: content.manifest };
  }

  async pullBlob(
    repository: string | Repository,
    blob: Pick<Descriptor, 'digest'> & { readonly size?: number },
    options: CallOptions & { maxBytes?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    return openBlob(this.#session, this.#repository(repository), blob, {
      ...options,
      resumes: this.#retry.attempts - 1,
    });
  }

  async readBlob(
    repository: string | Repository,
    blob: Pick<Descriptor, 'digest'> & { readonly size?: number },
    options: CallOptions & { maxBytes?: number } = {},
  ): Promise<Uint8Array> {
    const { maxBytes = defaultReadBytes } = options;
    const chunks: Uint8Array[] = [];
    for await (const chunk of await this.pullBlob(repository, blob, { ...options, maxBytes })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async hasBlob(repository: string | Repository, digest: string, options: CallOptions = {}): Promise<boolean> {
    const repo = this.#repository(repository);
    const target = `/v2/${repo.repository}/blobs/${checkDigest(digest)}`;
    const response = await this.#send(repo, 'pull', options, { method: 'HEAD', target, accept: [200, 404] });
    await drain(response);
    return response.status === 200;
  }

  async listTags(
    repository: string | Repository,
    { pageSize = defaultPageSize, ...options }: CallOptions & { pageSize?: number } = {},
  ): Promise<string[]> {
    const repo = this.#repository(repository);
    const tags: string[] = [];
    for await (const page of this.#pages(repo, `/v2/${repo.repository}/tags/list?n=${pageSize}`, 'tag list', options)) {
      const found = (page.value as { tags?: unknown } | null)?.tags ?? [];
      if (!Array.isArray(found) || !found.every((tag) => typeof tag === 'string')) {
        throw new OciError('PROTOCOL', `tag list of ${repo.context} is malformed`);
      }
      for (const tag of found as string[]) tags.push(tag);
      if (tags.length > this.#limits.maxTags) {
        throw new OciError('LIMIT', `${repo.context} has more than ${this.#limits.maxTags} tags`);
      }
    }
    return tags;
  }

  async pushBlob(
    repository: string | Repository,
    source: BlobSource,
    options: PushBlobOptions = {},
  ): Promise<Descriptor> {
    const repo = this.#repository(repository);
    const { mountFrom } = options;
    const from = mountFrom === undefined ? undefined : this.#repository(mountFrom);
    if (from !== undefined && from.registry !== repo.registry) {
      throw new OciError('REFERENCE_INVALID', `cannot mount from ${from.context} in ${repo.context}: another registry`);
    }
    return uploadBlob(this.#session, repo, source, {
      mediaType: options.mediaType ?? 'application/octet-stream',
      chunkBytes: options.chunkBytes ?? defaultChunkBytes,
      attempts: this.#retry.attempts,
      ...(from === undefined || from.repository === repo.repository ? {} : { mountFrom: from.repository }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }

  async pushManifest(
    reference: string | Reference,
    bytes: Uint8Array,
    { mediaType, ...options }: CallOptions & { mediaType: string },
  ): Promise<Descriptor> {
    const ref = this.#reference(reference);
    const digest = ref.digest === undefined ? sha256(bytes) : digestLike(bytes, ref.digest);
    if (ref.digest !== undefined && ref.digest !== digest) throw wrongManifest(digest, ref.digest, ref);
    const response = await this.#send(ref, 'push', options, {
      method: 'PUT',
      target: manifestPath(ref),
      headers: { 'content-type': mediaType, 'content-length': String(bytes.byteLength) },
      body: () => bytes,
      accept: [200, 201, 202],
    });
    await drain(response);
    const stored = response.headers['docker-content-digest'];
    if (isDigest(stored) && stored.startsWith('sha256:') && digest.startsWith('sha256:') && stored !== digest) {
      throw wrongManifest(stored, digest, ref);
    }
    const descriptor = { mediaType, size: bytes.byteLength, digest };
    if (response.headers['oci-subject'] === undefined) await this.#listAtSubject(ref, bytes, descriptor, options);
    return descriptor;
  }

  async tag(reference: string | Reference, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    const ref = this.#reference(reference);
    const target = withTag(ref, tag);
    let source: { descriptor: Descriptor; bytes: Uint8Array };
    try {
      source = await this.#fetch(ref, options);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const { code, status, retryAfterMs, isTransient, diagnostics } = error;
      throw new OciError(code, `fetching ${quoteGo(ref.text)}: ${error.message}`, {
        cause: error,
        isTransient,
        status,
        retryAfterMs,
        diagnostics,
      });
    }
    return this.pushManifest(target, source.bytes, { ...options, mediaType: source.descriptor.mediaType });
  }

  async copy(from: string | Reference, to: string | Reference, options: CallOptions = {}): Promise<Descriptor> {
    return this.#copy(this.#reference(from), this.#reference(to), options, 0);
  }

  async referrers(
    reference: string | Reference,
    { artifactType, ...options }: CallOptions & { artifactType?: string } = {},
  ): Promise<readonly Descriptor[]> {
    const ref = this.#reference(reference);
    const digest = ref.digest ?? (await this.resolve(ref, options)).digest;
    const found =
      (await this.#referrersOf(ref, digest, artifactType, options)) ?? (await this.#tagged(ref, digest, options));
    return artifactType === undefined ? found : found.filter((entry) => entry.artifactType === artifactType);
  }

  async deleteManifest(reference: string | Reference, options: CallOptions = {}): Promise<void> {
    const ref = this.#reference(reference);
    const request = { method: 'DELETE' as const, target: manifestPath(ref), accept: [200, 202, 204] };
    await drain(await this.#send(ref, 'delete', options, request));
  }

  async close(): Promise<void> {
    await this.#network?.close();
  }

  async #head(ref: Reference, options: CallOptions): Promise<Descriptor | undefined> {
    const response = await this.#send(ref, 'pull', options, {
      method: 'HEAD',
      target: manifestPath(ref),
      headers: { accept: manifestAccept },
      accept: [200],
      attempts: 1,
    });
    await drain(response);
    const digest = response.headers['docker-content-digest'];
    const size = response.headers['content-length'];
    const mediaType = mediaTypeOf(response);
    if (!isDigest(digest) || size === undefined || !/^\d{1,15}$/.test(size) || mediaType === '') return undefined;
    if (ref.digest !== undefined && digest !== ref.digest) throw wrongManifest(digest, ref.digest, ref);
    return { mediaType, digest, size: Number(size) };
  }

  async #fetch(ref: Reference, options: CallOptions): Promise<{ descriptor: Descriptor; bytes: Uint8Array }> {
    const response = await this.#send(ref, 'pull', options, {
      method: 'GET',
      target: manifestPath(ref),
      headers: { accept: manifestAccept },
      accept: [200],
    });
    const bytes = await readBody(
      response,
      this.#limits.maxManifestBytes,
      `manifest ${ref.name}`,
      response.url,
      options.signal,
    );
    const digest = ref.digest === undefined ? sha256(bytes) : digestLike(bytes, ref.digest);
    if (ref.digest !== undefined && digest !== ref.digest) throw wrongManifest(digest, ref.digest, ref);
    return { descriptor: { mediaType: mediaTypeOf(response), size: bytes.byteLength, digest }, bytes };
  }

  async #copy(from: Reference, to: Reference, options: CallOptions, depth: number): Promise<Descriptor> {
    if (depth > maxCopyDepth) throw new OciError('LIMIT', `index ${from.name} is nested too deeply`);
    const { descriptor, bytes, content } = await this.getManifest(from, options);
    if (content.kind === 'index') {
      for (const { digest } of content.index.manifests) {
        await this.#copy(withDigest(from, digest), withDigest(to, digest), options, depth + 1);
      }
    } else {
      for (const blob of [content.manifest.config, ...content.manifest.layers]) {
        if (blob.urls === undefined) await this.#copyBlob(from, to, blob, options);
      }
    }
    return this.pushManifest(to, bytes, { ...options, mediaType: descriptor.mediaType });
  }

  async #copyBlob(from: Repository, to: Repository, blob: Descriptor, options: CallOptions): Promise<void> {
    const { mediaType, digest, size } = blob;
    const pull = (offset = 0): AsyncIterable<Uint8Array> => this.#lazyBlob(from, blob, offset, options);
    await this.pushBlob(
      to,
      { size, digest, open: pull },
      { ...options, mediaType, ...(from.registry === to.registry ? { mountFrom: from } : {}) },
    );
  }

  async *#lazyBlob(
    from: Repository,
    blob: Descriptor,
    offset: number,
    options: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    let skip = offset;
    for await (const chunk of await this.pullBlob(from, blob, options)) {
      const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
      skip -= chunk.byteLength - fresh.byteLength;
      if (fresh.byteLength > 0) yield fresh;
    }
  }

  // `undefined` where the registry lacks the API.
  async #referrersOf(
    repo: Repository,
    digest: string,
    artifactType: string | undefined,
    options: CallOptions,
  ): Promise<Descriptor[] | undefined> {
    const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`;
    const target = `/v2/${repo.repository}/referrers/${digest}${query}`;
    const found: Descriptor[] = [];
    try {
      for await (const { value, mediaType } of this.#pages(repo, target, 'referrers', options)) {
        // Some servers answer an unknown path with a page of their own.
        if (mediaType !== mediaTypes.ociIndex) return undefined;
        found.push(...descriptorsOf(value));
      }
    } catch (error) {
      if (error instanceof OciError && error.status === 404) return undefined;
      throw error;
    }
    return found;
  }

  async #tagged(repo: Repository, digest: string, options: CallOptions): Promise<readonly Descriptor[]> {
    try {
      const { content } = await this.getManifest(withTag(repo, digest.replace(':', '-')), options);
      return content.kind === 'index' ? content.index.manifests : [];
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  // Registries without the referrers API keep the list under a tag, and pushers keep it up (distribution-spec 1.1,
  // "Referrers Tag Schema").
  async #listAtSubject(ref: Reference, bytes: Uint8Array, descriptor: Descriptor, options: CallOptions): Promise<void> {
    if (!new TextDecoder().decode(bytes).includes('"subject"')) return;
    const content = parseManifest(bytes, descriptor.mediaType);
    const manifest = content.kind === 'image' ? content.manifest : content.index;
    const { subject, annotations } = manifest;
    if (subject === undefined) return;
    const artifactType =
      manifest.artifactType ?? (content.kind === 'image' ? content.manifest.config.mediaType : undefined);
    const known = (await this.#tagged(ref, subject.digest, options)).filter(
      ({ digest }) => digest !== descriptor.digest,
    );
    const entry = {
      ...descriptor,
      ...(annotations === undefined ? {} : { annotations }),
      ...(artifactType === undefined ? {} : { artifactType }),
    };
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...known, entry] };
    const tag = withTag(ref, subject.digest.replace(':', '-'));
    await this.pushManifest(tag, new TextEncoder().encode(JSON.stringify(index)), {
      ...options,
      mediaType: mediaTypes.ociIndex,
    });
  }

  async *#pages(
    repo: Repository,
    first: string,
    what: string,
    options: CallOptions,
  ): AsyncGenerator<{ value: unknown; mediaType: string }> {
    const { maxPages, maxJsonBytes } = this.#limits;
    const seen = new Set<string>();
    let target: string | undefined = first;
    while (target !== undefined) {
      if (seen.size >= maxPages)
        throw new OciError('LIMIT', `${what} of ${repo.context} has more than ${maxPages} pages`);
      const response: SessionResponse = await this.#send(repo, 'pull', options, {
        method: 'GET',
        target,
        accept: [200],
      });
      if (seen.has(response.url)) {
        response.discard();
        throw new OciError('PROTOCOL', `${what} of ${repo.context} goes in circles`);
      }
      seen.add(response.url);
      const bytes = await readBody(response, maxJsonBytes, `${what} of ${repo.context}`, response.url, options.signal);
      yield { value: parseJson(bytes, what, repo), mediaType: mediaTypeOf(response) };
      target = nextPage(response.headers['link'], response.url);
    }
  }

  #send(
    repo: Repository,
    action: Action,
    { signal }: CallOptions,
    request: Omit<SessionRequest, 'action' | 'signal'>,
  ): Promise<SessionResponse> {
    return this.#session.send(repo, { ...request, action, ...(signal === undefined ? {} : { signal }) });
  }

  #reference(reference: string | Reference): Reference {
    if (typeof reference === 'string') return parseReference(reference, { insecure: this.#insecure });
    return this.#insecure && !reference.allowsHttp ? { ...reference, allowsHttp: true } : reference;
  }

  #repository(repository: string | Repository): Repository {
    if (typeof repository === 'string') return parseRepository(repository, { insecure: this.#insecure });
    return this.#insecure && !repository.allowsHttp ? { ...repository, allowsHttp: true } : repository;
  }
}

function manifestPath({ repository, identifier }: Reference): string {
  return `/v2/${repository}/manifests/${identifier}`;
}

function mediaTypeOf({ headers }: SessionResponse): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim();
}

function checkDigest(digest: string): string {
  if (!isDigest(digest)) throw new OciError('DIGEST_INVALID', `unsupported digest: ${String(digest).slice(0, 200)}`);
  return digest;
}

function descriptorsOf(value: unknown): Descriptor[] {
  const manifests = (value as { manifests?: unknown } | null)?.manifests ?? [];
  if (!Array.isArray(manifests)) throw new OciError('PROTOCOL', 'referrers list is malformed');
  return manifests.map((item, index) => readDescriptor(item, `manifests[${index}]`));
}

function parseJson(bytes: Uint8Array, what: string, repo: Repository): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new OciError('PROTOCOL', `${what} of ${repo.context} is not JSON`, { cause });
  }
}

function wrongManifest(got: string, want: string, ref: Reference): OciError {
  return new OciError(
    'DIGEST_MISMATCH',
    `manifest digest: ${quoteGo(got)} does not match requested digest: ${quoteGo(want)} for ${quoteGo(ref.text)}`,
  );
}
