import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createOciClient } from './client.ts';
import type { OciClientOptions } from './client.types.ts';
import { sha256 } from './digest.ts';

const pem = (name: string): string => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8');
const digest = sha256(new TextEncoder().encode('hello'));
const answer: RequestListener = (request, response) => void response.end(request.url === '/v2/' ? '{}' : 'hello');

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  };
  server.on('connection', keep);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
};
const read = async (port: number, options: OciClientOptions, host = '127.0.0.1') => {
  const client = createOciClient({ retry: { attempts: 1 }, ...options });
  closers.push(() => client.close());
  return new TextDecoder().decode(await client.readBlob(`${host}:${port}/a`, { digest }));
};

describe('TLS', () => {
  const tls = { cert: pem('server.crt'), key: pem('server.key') };

  test('trusts a given CA', async () => {
    expect(await read(await listen(createHttpsServer(tls, answer)), { ca: pem('ca.crt') })).toBe('hello');
  });

  test('trusts nobody else', async () => {
    const port = await listen(createHttpsServer(tls, answer));
    await expect(read(port, {})).rejects.toThrow(
      `Get "https://127.0.0.1:${port}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority; `,
    );
  });

  test('trusts everybody when told to', async () => {
    expect(await read(await listen(createHttpsServer(tls, answer)), { skipTlsVerify: true })).toBe('hello');
  });

  test('shows a client certificate', async () => {
    const port = await listen(
      createHttpsServer({ ...tls, ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true }, answer),
    );
    const client = { cert: pem('client.crt'), key: pem('client.key') };
    expect(await read(port, { ca: pem('ca.crt'), ...client })).toBe('hello');
    await expect(read(port, { ca: pem('ca.crt') })).rejects.toMatchObject({ name: 'OciError' });
  });
});

describe('proxy', () => {
  const startConnectProxy = async (asked: string[]): Promise<number> => {
    const proxy = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      response.end(request.url?.endsWith('/v2/') ? '{}' : 'hello');
    });
    proxy.on('connect', (request, socket: Socket, head: Buffer) => {
      asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      const port = Number(request.url!.split(':')[1]);
      const target = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.write(head);
        socket.pipe(target).pipe(socket);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    return listen(proxy);
  };

  test('serves HTTPS through CONNECT, with its own credentials', async () => {
    const asked: string[] = [];
    const proxy = await startConnectProxy(asked);
    const port = await listen(createHttpsServer({ cert: pem('server.crt'), key: pem('server.key') }, answer));
    const options = { ca: pem('ca.crt'), proxy: { url: `http://127.0.0.1:${proxy}`, username: 'u', password: 'p' } };
    expect(await read(port, options, 'localhost')).toBe('hello');
    expect(asked[0]).toBe(`CONNECT localhost:${port} Basic dTpw`);
  });

  test('of the environment is used, but not for loopback', async () => {
    const asked: string[] = [];
    const proxy = await startConnectProxy(asked);
    const port = await listen(createHttpServer(answer));
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy}`, HTTPS_PROXY: `http://127.0.0.1:${proxy}` };
    expect(await read(port, { env })).toBe('hello');
    expect(asked).toEqual([]);
    await read(port, { env, insecure: true }, 'registry.test');
    expect(asked.length).toBeGreaterThan(0);
  });

  test('speaks SOCKS5', async () => {
    const asked: string[] = [];
    const proxy = createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]));
        socket.once('data', (request: Buffer) => {
          const length = request[4]!;
          const host = request[3] === 3 ? request.subarray(5, 5 + length).toString() : request.subarray(4, 8).join('.');
          const port = request.readUInt16BE(request.byteLength - 2);
          asked.push(`${host}:${port}`);
          const target = connect(port, '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
            socket.pipe(target).pipe(socket);
          });
          target.on('error', () => socket.destroy());
          socket.on('error', () => target.destroy());
        });
      });
    });
    const proxyPort = await listen(proxy);
    const port = await listen(createHttpsServer({ cert: pem('server.crt'), key: pem('server.key') }, answer));
    const options = { ca: pem('ca.crt'), proxy: { url: `socks5://127.0.0.1:${proxyPort}` } };
    expect(await read(port, options, 'localhost')).toBe('hello');
    expect(asked[0]).toBe(`localhost:${port}`);
  });

  test('of an unknown kind is refused', () => {
    expect(() => createOciClient({ proxy: { url: 'ftp://proxy.test' } })).toThrow(
      "proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'",
    );
  });
});

test('a name that does not exist', async () => {
  const client = createOciClient();
  closers.push(() => client.close());
  await expect(client.resolve('registry.invalid/a:1')).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringMatching(
      /^Get "https:\/\/registry\.invalid\/v2\/": dial tcp: lookup registry\.invalid( on \S+)?: /,
    ),
  });
});
