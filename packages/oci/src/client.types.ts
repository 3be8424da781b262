import type { Keychain } from './credentials.ts';
import type { Descriptor, Digest, ImageIndex, ImageManifest, Platform } from './descriptor.ts';
import type { HttpClient } from './http.ts';
import type { Reference, Repository } from './reference.ts';

/** Bounds on what a registry may answer. */
export interface OciLimits {
  /** Largest manifest or index in bytes. Default 4 MiB, what distribution-spec asks registries to accept. */
  readonly maxManifestBytes: number;
  /** Largest JSON answer of any other kind (tags page, referrers, token) in bytes. Default 4 MiB. */
  readonly maxJsonBytes: number;
  /** Largest error body in bytes; the rest is dropped. Default 32 KiB. */
  readonly maxErrorBytes: number;
  /** Most tags of one repository. Default 500,000. */
  readonly maxTags: number;
  /** Most pages of a tag list or referrers list. Default 1,000. */
  readonly maxPages: number;
  /** Most redirects of one blob request. Default 10. */
  readonly maxRedirects: number;
}

/** When a failed request is sent again. */
export interface RetryPolicy {
  /** Tries in all, the first included. Default 3; 1 turns retries off. */
  readonly attempts: number;
  /** First pause in milliseconds. Default 1000. */
  readonly initialMs: number;
  /** What each further pause is multiplied by. Default 3. */
  readonly factor: number;
  /** Random share added to a pause. Default 0.1. */
  readonly jitter: number;
  /** Longest pause, also for Retry-After; a longer Retry-After ends the tries. Default 30,000. */
  readonly maxMs: number;
}

/** TLS and proxy of the connections. */
export interface TransportOptions {
  /** PEM certificates, added to the system's. */
  readonly ca?: string | Uint8Array;
  /** PEM client certificate; needs `key`. */
  readonly cert?: string | Uint8Array;
  /** PEM key of `cert`. */
  readonly key?: string | Uint8Array;
  /** Accepts any server certificate. Default false. */
  readonly skipTlsVerify?: boolean;
  /** Proxy for every request; without it the environment (`HTTPS_PROXY`, `NO_PROXY` …) decides. */
  readonly proxy?: ProxyOptions;
  /** Environment for the proxy variables. Default: none, so no proxy. Commands pass `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Longest wait for a connection, in milliseconds. Default 30,000. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for a response's head, in milliseconds. Default 60,000. */
  readonly headersTimeoutMs?: number;
  /** Longest silence inside a body, in milliseconds. Default 60,000. */
  readonly bodyTimeoutMs?: number;
}

/** A proxy: `http`, `https` or `socks5` URL, with credentials beside it. */
export interface ProxyOptions {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** What {@link createOciClient} takes. Everything has a default. */
export interface OciClientOptions extends TransportOptions {
  /** Replaces the network. The TLS and proxy options are then of no effect. */
  readonly http?: HttpClient;
  /** Default: anonymous. */
  readonly keychain?: Keychain;
  /** Default `flux/v2`. */
  readonly userAgent?: string;
  /** Allows plain HTTP for any registry; loopback and private addresses are always allowed it. Default false. */
  readonly insecure?: boolean;
  readonly limits?: Partial<OciLimits>;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds now. Default `Date.now`. */
  readonly now?: () => number;
  /** Waits; rejects when aborted. Default: a timer. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** 0 ≤ n < 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Told of each request that is sent again; for `--debug`. The text is free of secrets. */
  readonly onRetry?: (event: { readonly message: string; readonly attempt: number; readonly delayMs: number }) => void;
}

/** Options of every operation. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A manifest as the registry holds it. */
export interface FetchedManifest {
  /** Of these bytes; verified. */
  readonly descriptor: Descriptor;
  /** The exact bytes: digests and signatures are made over them. */
  readonly bytes: Uint8Array;
  /** The parsed content. */
  readonly content: ManifestContent;
}

/** What a manifest says, by its kind. */
export type ManifestContent =
  | { readonly kind: 'image'; readonly manifest: ImageManifest }
  | { readonly kind: 'index'; readonly index: ImageIndex };

/** An image manifest, after an index was resolved to one platform. */
export interface FetchedImage {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
}

/** Bytes to upload. `open` may be called more than once, so a failed try can start over. */
export type BlobSource =
  | Uint8Array
  | {
      readonly size: number;
      /** Known digest; computed by one extra reading when absent. */
      readonly digest?: Digest;
      /** Reads from `offset` (default 0) to the end. */
      open(offset?: number): AsyncIterable<Uint8Array>;
    };

/** Options of {@link OciClient.pushBlob}. */
export interface PushBlobOptions extends CallOptions {
  readonly mediaType?: string;
  /** Repository on the same registry to mount the blob from. */
  readonly mountFrom?: string | Repository;
  /** Bytes a request carries at most before the upload is cut into chunks. Default 64 MiB. */
  readonly chunkBytes?: number;
}

/** A referrer of a manifest. */
export type Referrer = Descriptor;

/**
 * A client of OCI registries (distribution-spec 1.1).
 *
 * References are given as text (`ghcr.io/org/app:1.0`, no scheme) or parsed. Every method throws {@link OciError};
 * nothing is kept of a failed call. Live until {@link OciClient.close}: connections and tokens are shared by all calls.
 */
export interface OciClient {
  /** Contacts a registry and logs in for one repository; what `flux push` does before it says "pushing". */
  login(repository: string | Repository, options?: CallOptions & { push?: boolean }): Promise<void>;
  /** Finds the digest of a tag: HEAD, and GET where HEAD fails or tells no digest. The error is GET's. */
  resolve(reference: string | Reference, options?: CallOptions): Promise<Descriptor>;
  /** Reads a manifest or index. A reference by digest is verified against it. */
  getManifest(reference: string | Reference, options?: CallOptions): Promise<FetchedManifest>;
  /** Reads an image manifest; an index is resolved to `platform`, default linux/amd64. */
  getImage(reference: string | Reference, options?: CallOptions & { platform?: Platform }): Promise<FetchedImage>;
  /**
   * Streams a blob. Digest, and size unless negative, are verified: the iteration throws `DIGEST_MISMATCH` or
   * `SIZE_MISMATCH` after (never before) the last byte, so treat the content as unproven until it ended.
   * `maxBytes` throws `LIMIT`. The stream must be read to its end or left by `break`/`return()`.
   */
  pullBlob(
    repository: string | Repository,
    blob: Pick<Descriptor, 'digest'> & { readonly size?: number },
    options?: CallOptions & { maxBytes?: number },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Reads a whole verified blob. `maxBytes` default 64 MiB. */
  readBlob(
    repository: string | Repository,
    blob: Pick<Descriptor, 'digest'> & { readonly size?: number },
    options?: CallOptions & { maxBytes?: number },
  ): Promise<Uint8Array>;
  /** Whether the registry has a blob. */
  hasBlob(repository: string | Repository, digest: Digest, options?: CallOptions): Promise<boolean>;
  /** All tags, in the registry's order, page after page. */
  listTags(repository: string | Repository, options?: CallOptions & { pageSize?: number }): Promise<string[]>;
  /** Uploads a blob unless it is there already. */
  pushBlob(repository: string | Repository, source: BlobSource, options?: PushBlobOptions): Promise<Descriptor>;
  /** Writes manifest bytes under the reference's tag or digest. */
  pushManifest(
    reference: string | Reference,
    bytes: Uint8Array,
    options: CallOptions & { mediaType: string },
  ): Promise<Descriptor>;
  /** Gives an existing manifest another tag in the same repository. */
  tag(reference: string | Reference, tag: string, options?: CallOptions): Promise<Descriptor>;
  /** Copies a manifest with all it points at. Blobs already there are skipped, or mounted on the same registry. */
  copy(from: string | Reference, to: string | Reference, options?: CallOptions): Promise<Descriptor>;
  /** Lists what refers to a digest: the referrers API, or the tag schema where a registry lacks it. */
  referrers(
    reference: string | Reference,
    options?: CallOptions & { artifactType?: string },
  ): Promise<readonly Referrer[]>;
  /** Deletes a manifest (by digest) or a tag. */
  deleteManifest(reference: string | Reference, options?: CallOptions): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}
