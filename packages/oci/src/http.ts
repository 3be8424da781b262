/** A request to one absolute URL. No redirect is followed by the port itself. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A response whose body has not been read yet. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated fields are joined with `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Must be read to its end, or dropped with {@link HttpResponse.discard}. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up without reading on. Safe to call at any time. */
  discard(): void;
}

/**
 * HTTP as one function: the only way this package reaches a network.
 *
 * Rejects with whatever the network says (`code` as Node names it, `ECONNREFUSED` …); statuses never reject.
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpResponse>;
