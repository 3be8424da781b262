import type { HttpClient, HttpRequest, HttpResponse } from '../http.ts';

/** An answer of a {@link scriptedHttp}. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** A network that is a function. Keeps what was asked; throws what the script throws. */
export function scriptedHttp(script: (request: HttpRequest, index: number) => ScriptedAnswer): HttpClient & {
  readonly requests: HttpRequest[];
} {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest): Promise<HttpResponse> => {
    requests.push(request);
    const { status, headers = {}, body = '' } = script(request, requests.length - 1);
    return {
      status,
      headers,
      body: typeof body === 'string' || body instanceof Uint8Array ? once(body) : body,
      discard() {},
    };
  };
  return Object.assign(http, { requests });
}

/** Bytes without end. */
export async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(64 * 1024);
}

async function* once(body: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof body === 'string' ? new TextEncoder().encode(body) : body;
}
