import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../types.ts';

/** One request that the server has seen. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/**
 * An API server for tests that does what the test tells it to: `onList` and `onWatch` are queues of answers, the last
 * one of which stays. Discovery is aggregated and knows ConfigMaps and Nodes.
 */
export type MisbehavingServer = {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Watches that are open now. */
  readonly open: Set<ServerResponse>;
  readonly sockets: Set<Socket>;
  /** Total number of connections accepted. */
  connections: number;
  onList: Answer[];
  onWatch: Answer[];
  /** Everything that is neither discovery, list nor watch. */
  onOther: Answer;
  close(): Promise<void>;
};

const resource = (kind: string, plural: string, scope: string) => ({
  resource: plural,
  responseKind: { group: '', version: 'v1', kind },
  scope,
  singularResource: plural.replace(/s$/, ''),
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  shortNames: kind === 'ConfigMap' ? ['cm'] : [],
});

export const coreDiscovery = {
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  items: [
    {
      metadata: { name: '' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [resource('ConfigMap', 'configmaps', 'Namespaced'), resource('Node', 'nodes', 'Cluster')],
        },
      ],
    },
  ],
};

export async function startMisbehavingServer(): Promise<MisbehavingServer> {
  const open = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    // A client that goes away in the middle of its request is part of the game.
    answer(request, response).catch(() => response.destroy());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://server');
    const entry: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    seen.push(entry);
    if (url.pathname === '/api') return sendJson(response, coreDiscovery);
    if (url.pathname === '/apis') return sendJson(response, { ...coreDiscovery, items: [] });
    if (url.searchParams.get('watch') === 'true') {
      open.add(response);
      response.on('close', () => open.delete(response));
      return next(self.onWatch)(entry, response);
    }
    if (entry.method === 'GET' && /\/configmaps$/.test(url.pathname)) return next(self.onList)(entry, response);
    return self.onOther(entry, response);
  };
  server.on('connection', (socket) => {
    self.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: MisbehavingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    open,
    sockets,
    connections: 0,
    onList: [list([])],
    onWatch: [hang()],
    onOther: (_, response) => sendStatus(response, 404, 'NotFound', 'not here'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

function next(answers: Answer[]): Answer {
  return (answers.length > 1 ? answers.shift() : answers[0])!;
}

export function configMap(name: string, version: number, data: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(version) },
    data,
  };
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function sendStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  sendJson(response, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code }, code, headers);
}

export function list(items: KubeObject[], version = 10, next?: string): Answer {
  return (_, response) => {
    // Built-in kinds come without their kind inside lists.
    const bare = items.map(({ apiVersion: _v, kind: _k, ...rest }) => rest);
    sendJson(response, {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(version), continue: next },
      items: bare,
    });
  };
}

export function fail(code: number, reason: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => sendStatus(response, code, reason, `it is ${reason}`, headers);
}

export const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
export const expired = {
  kind: 'Status',
  apiVersion: 'v1',
  code: 410,
  reason: 'Expired',
  message: 'too old resource version',
};
export const bookmark = (version: number) =>
  line('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(version) } });

/** Accepts the watch and sends nothing more. */
export function hang(...lines: (string | Buffer)[]): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const each of lines) response.write(each);
  };
}

/** Sends the lines and ends the watch regularly. */
export function send(...lines: (string | Buffer)[]): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const each of lines) response.write(each);
    response.end();
  };
}

/** Sends the lines and cuts the connection. */
export function cut(...lines: (string | Buffer)[]): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const each of lines) response.write(each);
    setImmediate(() => response.socket?.destroy());
  };
}
