/** Bounds on what clients may send. */
export interface RegistryLimits {
  /** Largest manifest in bytes. Default 4 MiB. */
  readonly maxManifestBytes: number;
  /** Largest blob in bytes. Default 10 GiB. */
  readonly maxBlobBytes: number;
  /** Uploads open at once. Default 1,000; the oldest is dropped for a new one. */
  readonly maxUploads: number;
}

/** Makes some requests fail, for tests of clients. Rules are tried in order; the first that matches and has uses left acts. */
export interface RegistryFault {
  /** Only this method. Default: any. */
  readonly method?: string;
  /** Only paths (with query) that contain this text. Default: any. */
  readonly path?: string;
  /** Uses. Default 1. */
  readonly times?: number;
  /** Milliseconds before anything else happens. */
  readonly delayMs?: number;
  /** Answers this status with an error body instead of serving the request. */
  readonly status?: number;
  /** Headers of that answer, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of that answer. Default: an error body of the distribution spec. */
  readonly body?: string;
  /** Ends the connection after this many bytes of the true body. 0 ends it before the head. */
  readonly cutAfterBytes?: number;
}

/** What {@link startRegistry} takes. */
export interface RegistryOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Folder for the content, made when missing. Survives a kill at any moment. Default: memory. */
  readonly dir?: string;
  /** Default: everybody may read and write. */
  readonly auth?:
    | {
        readonly kind?: 'basic';
        readonly username: string;
        readonly password: string;
        readonly anonymousPull?: boolean;
      }
    | {
        /** A token server at `/token` of the same address. */
        readonly kind: 'token';
        readonly username: string;
        readonly password: string;
        readonly anonymousPull?: boolean;
        /** Seconds a token lives. Default 300. */
        readonly expiresInSeconds?: number;
        /** An identity (refresh) token that the OAuth2 POST accepts. */
        readonly identityToken?: string;
      };
  readonly limits?: Partial<RegistryLimits>;
  /** Whether `GET /v2/…/referrers/…` exists. Default true. */
  readonly referrers?: boolean;
  readonly faults?: readonly RegistryFault[];
  /** Told of each answered request. */
  readonly log?: (line: { readonly method: string; readonly url: string; readonly status: number }) => void;
  /** Milliseconds now. Default `Date.now`. */
  readonly now?: () => number;
}

/** A registry that listens. */
export interface RunningRegistry {
  /** `host:port`, as it stands in references. */
  readonly address: string;
  /** `http://host:port` */
  readonly url: string;
  readonly port: number;
  /** Adds a fault rule in front of those there. */
  inject(fault: RegistryFault): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}
