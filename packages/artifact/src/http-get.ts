import type { Agent } from 'undici';

/** The network as far as a consumer of artifacts needs it. */
export interface HttpGet {
  /** Rejects only when no response came; the caller reads or discards the body. */
  get(url: string, signal: AbortSignal): Promise<HttpGetResponse>;
  /** Ends kept connections. */
  close?(): Promise<void>;
}

/** A response to {@link HttpGet.get}. */
export interface HttpGetResponse {
  readonly status: number;
  readonly statusText: string;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the body away, so the connection can be used again. */
  discard(): Promise<void>;
}

/** A download without an end would hold a worker for ever; this bounds one attempt, in milliseconds. */
const attemptTimeoutMs = 10 * 60_000;

/** Plain HTTP over undici: kept connections, 15 s to connect, 30 s for the head and for silence inside a body. */
export function createHttpGet(): HttpGet {
  let agent: Agent | undefined;
  return {
    async get(url, signal) {
      const undici = await import('./undici.ts');
      agent ??= new undici.Agent({
        connect: { timeout: 15_000 },
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
        keepAliveTimeout: 10_000,
      });
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)]);
      try {
        const { statusCode, statusText, headers, body } = await undici.request(url, {
          dispatcher: agent,
          signal: bounded,
        });
        const seconds = Number(headers['retry-after'] ?? Number.NaN);
        return {
          status: statusCode,
          statusText: statusText ?? '',
          ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
          body,
          discard: () => body.dump().then(() => {}),
        };
      } catch (error) {
        throw new Error(`Get "${url}": ${describe(error)}`, { cause: error });
      }
    },
    async close() {
      await agent?.close();
    },
  };
}

function describe(error: unknown): string {
  const { code, message, address, port } = error as { code?: string; message: string; address?: string; port?: number };
  if (code === 'ECONNREFUSED' && address !== undefined)
    return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup: no such host`;
  return message;
}
