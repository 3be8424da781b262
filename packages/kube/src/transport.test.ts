import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import { bearerToken } from './kube-config.ts';

let server: ApiServer;
let proxyUrl: string;
let seen: string[];
let closeProxy: () => Promise<void>;

beforeEach(async () => {
  server = await startApiServer({ token: 'test-token' });
  seen = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.pipe(
      httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  proxy.on('connect', (request, client: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  closeProxy = async () => {
    for (const socket of sockets) socket.destroy();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  };
});

afterEach(async () => {
  await closeProxy();
  await server.close();
});

const namespaces = { apiVersion: 'v1', kind: 'Namespace' };

describe('Transport', () => {
  test('through a proxy, to an https server and to an http one', async () => {
    const authorize = bearerToken('test-token');
    const secure = createKubeClient({ server: server.url, tls: { ca: server.certificate }, proxyUrl, authorize });
    await secure.get(namespaces, 'default');
    expect(seen.every((line) => line === `CONNECT 127.0.0.1:${server.port}`)).toBe(true);
    await secure.close();
    seen.length = 0;
    const plain = createKubeClient({ server: server.plainUrl, proxyUrl, authorize });
    await plain.get(namespaces, 'default');
    expect(seen.at(-1)).toBe(`GET ${server.plainUrl}/api/v1/namespaces/default`);
    await plain.close();
  });

  test('does not talk to a server whose certificate nobody vouches for, unless told so', async () => {
    const authorize = bearerToken('test-token');
    const wary = createKubeClient({ server: server.url, authorize });
    await expect(wary.get(namespaces, 'default')).rejects.toThrow('self-signed certificate');
    await wary.close();
    const blind = createKubeClient({ server: server.url, authorize, tls: { insecureSkipVerify: true } });
    expect((await blind.get(namespaces, 'default')).metadata.name).toBe('default');
    await blind.close();
  });

  test.each(['ftp://x', 'not a url'])('refuses the address %s', (address) => {
    expect(() => createKubeClient({ server: address })).toThrow(/server address/);
  });
});
