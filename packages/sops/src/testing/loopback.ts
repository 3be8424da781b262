import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttp, type Http } from '../http.ts';

/** A request as it arrived. */
export interface LoopbackCall {
  readonly method: string;
  /** As the client meant it: with the service's own host. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A body that is a string is sent as it is, anything else as JSON. */
export type LoopbackAnswer = readonly [status: number, body: unknown];

/** Services of the internet, played by a server on this machine. */
export interface Loopback {
  /** Sends what is meant for a service here, over the real client. */
  readonly http: Http;
  /** Of this server. */
  readonly address: string;
  /** What came, oldest first. */
  readonly calls: LoopbackCall[];
  /** How calls are answered. A throw breaks the connection. */
  answer: (call: LoopbackCall) => LoopbackAnswer | Promise<LoopbackAnswer>;
  close(): Promise<void>;
}

/** Starts a server for tests that stands for all services at once. */
export async function startLoopback(): Promise<Loopback> {
  const calls: LoopbackCall[] = [];
  const real = createHttp();
  const server = createServer((request, response) => {
    const handle = async (): Promise<void> => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = '', url = '', headers } = request;
      const meant = headers['x-meant-for'] ?? `http://${headers.host}`;
      const call = { method, url: `${String(meant)}${url}`, headers, body: Buffer.concat(parts).toString() };
      calls.push(call);
      const [status, body] = await loopback.answer(call);
      const isText = typeof body === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
      response.end(isText ? body : JSON.stringify(body));
    };
    handle().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const loopback: Loopback = {
    address,
    calls,
    answer: () => [404, {}],
    http(request) {
      const url = new URL(request.url);
      const { host: _, ...headers } = request.headers;
      return real({
        ...request,
        url: `${address}${url.pathname}${url.search}`,
        headers: { ...headers, 'x-meant-for': url.origin },
      });
    },
    async close() {
      await real.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return loopback;
}
