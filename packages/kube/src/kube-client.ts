import type { KubeConfig } from './kube-config.ts';
import type { RestMapper } from './rest-mapper.ts';
import type {
  ApplyOptions,
  DeleteCollectionOptions,
  DeleteOptions,
  GetOptions,
  Impersonation,
  KindRef,
  KubeList,
  KubeObject,
  ListOptions,
  PatchOptions,
  RawRequest,
  RawResponse,
  RequestInfo,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './types.ts';

/** Settings of a client; all optional. */
export type KubeClientOptions = {
  /** Default `fluvial`. */
  userAgent?: string;
  /** Requests a second on average. Default 0: no client-side limit. Watches do not count. */
  qps?: number;
  /** Requests at once above the average. Default `qps * 2`. */
  burst?: number;
  /** With `qps`: lifts the limit when the server has priority and fairness. Default true. */
  limitOnlyWithoutFairness?: boolean;
  /** Time for one attempt of one call, milliseconds, default 60 000. Watches have none. */
  timeoutMs?: number;
  /** Silence after which a watch counts as broken, unless the watch says otherwise. Default 150 000; see `WatchOptions`. */
  watchIdleTimeoutMs?: number;
  /** Attempts after the first on 429, 503 and lost connections. Default 5. */
  maxRetries?: number;
  /** Connections that calls share; watches have their own. Default 64. */
  maxConnections?: number;
  /** Largest answer, bytes. Default 256 MiB. */
  maxResponseBytes?: number;
  impersonate?: Impersonation;
  /** Told after every attempt of a request. */
  onRequest?: (info: RequestInfo) => void;
  /** Told the text of each `Warning` header. */
  onWarning?: (text: string) => void;
};

/**
 * A client of one API server. Objects are plain JSON; typed calls only tell the compiler what the caller expects.
 *
 * Every method may throw `ApiError` (the server's answer), `KubeError` (no answer) or the signal's reason.
 * A kind that discovery does not know is `KubeError` `NO_MATCH`.
 */
export interface KubeClient {
  readonly config: KubeConfig;
  readonly mapper: RestMapper;

  get<T extends KubeObject = KubeObject>(
    kind: KindRef,
    name: string,
    namespace?: string,
    options?: GetOptions,
  ): Promise<T>;
  /** Like `get`, but undefined when there is no such object. A kind unknown to the server still throws. */
  find<T extends KubeObject = KubeObject>(
    kind: KindRef,
    name: string,
    namespace?: string,
    options?: GetOptions,
  ): Promise<T | undefined>;
  /** All objects, page by page behind the scenes. An expired continue token starts over. */
  list<T extends KubeObject = KubeObject>(kind: KindRef, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject = KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** PUT; `metadata.resourceVersion`, when set, must still be current. */
  replace<T extends KubeObject = KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(
    kind: KindRef,
    name: string,
    namespace: string | undefined,
    options: PatchOptions,
  ): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject = KubeObject>(object: T, options: ApplyOptions & { fieldManager: string }): Promise<T>;
  /** The answer is the object on its way out, or a Status. Deleting what is not there throws NotFound. */
  delete(kind: KindRef, name: string, namespace?: string, options?: DeleteOptions): Promise<KubeObject>;
  deleteCollection(kind: KindRef, options?: DeleteCollectionOptions): Promise<void>;
  /**
   * Events in order until the server or the signal ends the stream. A regular end just ends the iteration; a broken
   * stream throws, and the caller resumes from the last resource version it saw.
   */
  watch<T extends KubeObject = KubeObject>(kind: KindRef, options?: WatchOptions): AsyncIterableIterator<WatchEvent<T>>;
  /** Any other request. The answer comes back whatever its status is. */
  request(request: RawRequest): Promise<RawResponse>;

  /** A client that acts as somebody else over the same connections; discovery is shared. Closing it does nothing. */
  impersonate(identity: Impersonation): KubeClient;
  /** A client with other settings over the same connections and discovery. */
  withOptions(options: Pick<KubeClientOptions, 'userAgent' | 'onRequest' | 'onWarning' | 'timeoutMs'>): KubeClient;
  /** Ends all connections; calls under way fail with `CLOSED`. */
  close(): Promise<void>;
}
