import { createReadStream, type Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, posix, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Options of {@link startArtifactServer}. */
export interface ArtifactServerOptions {
  /** Root of the store. */
  readonly path: string;
  /** Default `127.0.0.1`; `''` or `0.0.0.0` for all addresses. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** How long running downloads may still take at the end, in milliseconds. Default 5,000. */
  readonly graceMs?: number;
}

/** A running server. */
export interface ArtifactServer {
  /** `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Stops accepting, lets downloads end for a while, then closes. */
  close(): Promise<void>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.gz': 'application/gzip',
  '.tgz': 'application/gzip',
  '.json': 'application/json',
  '.yaml': 'text/plain; charset=utf-8',
};

/**
 * Serves the store's files over HTTP: GET and HEAD, one range, conditional requests, directory listings.
 *
 * An archive is served as the opaque file that it is: with `Content-Encoding: gzip` clients would unpack it on the way
 * and its digest would fail. Links are followed as long as they stay inside the store.
 */
export async function startArtifactServer(options: ArtifactServerOptions): Promise<ArtifactServer> {
  const { fastify } = await import('./fastify.ts');
  const root = await realpath(resolve(options.path));
  const app = fastify({
    logger: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096 },
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    serve(root, request, response).catch(() => {
      if (!response.headersSent) answer(response, 500, 'internal server error');
      else response.destroy();
    });
  };
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: (request, reply) => {
      reply.hijack();
      handle(request.raw, reply.raw);
    },
  });
  app.setErrorHandler((_, __, reply) => reply.code(400).type('text/plain; charset=utf-8').send('bad request\n'));
  app.setNotFoundHandler((_, reply) =>
    reply.code(405).header('Allow', 'GET, HEAD').type('text/plain; charset=utf-8').send('method not allowed\n'),
  );
  const host = options.host ?? '127.0.0.1';
  await app.listen({ host: host === '' ? '::' : host, port: options.port ?? 0 });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `${host === '' || host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${port}`,
    port,
    async close() {
      const closing = app.close();
      app.server.closeIdleConnections();
      const timer = setTimeout(() => app.server.closeAllConnections(), options.graceMs ?? 5_000);
      try {
        await closing;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function serve(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodePath(request.url ?? '/');
  if (path === undefined) return answer(response, 400, 'invalid path');
  let real: string;
  let stats: Stats;
  try {
    real = await realpath(join(root, path));
    stats = await stat(real);
  } catch {
    return answer(response, 404, '404 page not found');
  }
  if (real !== root && !real.startsWith(root + sep)) return answer(response, 404, '404 page not found');
  if (stats.isDirectory()) return serveListing(real, path, request, response);
  if (!stats.isFile() || path.endsWith('/')) return answer(response, 404, '404 page not found');
  return serveFile(real, stats, request, response);
}

function decodePath(url: string): string | undefined {
  const query = url.indexOf('?');
  try {
    const decoded = decodeURIComponent(query < 0 ? url : url.slice(0, query));
    if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
    const normal = posix.normalize(`/${decoded}`);
    return normal;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
  response.end(`${text}\n`);
}

async function serveListing(
  dir: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!path.endsWith('/')) {
    response.writeHead(301, { Location: `${encodeURI(posix.basename(path)).replaceAll(':', '%3A')}/` });
    response.end();
    return;
  }
  const entries = (await readdir(dir, { withFileTypes: true }))
    .map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort();
  const lines = entries.map(
    (name) => `<a href="./${encodeURIComponent(name).replaceAll('%2F', '/')}">${escapeHtml(name)}</a>\n`,
  );
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : `<!doctype html>\n<pre>\n${lines.join('')}</pre>\n`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function serveFile(
  file: string,
  stats: Stats,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = `"${Math.floor(stats.mtimeMs).toString(16)}-${stats.size.toString(16)}-${stats.ino.toString(16)}"`;
  const modified = Math.floor(stats.mtimeMs / 1000) * 1000;
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', new Date(modified).toUTCString());
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (isNotModified(request, etag, modified)) {
    response.writeHead(304);
    response.end();
    return;
  }
  response.setHeader('Content-Type', contentTypes[posix.extname(file)] ?? 'application/octet-stream');
  const range = rangeOf(request, etag, modified, stats.size);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${stats.size}`);
    return answer(response, 416, 'invalid range: failed to overlap');
  }
  const start = range?.start ?? 0;
  const end = range?.end ?? stats.size - 1;
  if (range !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end}/${stats.size}`);
  response.setHeader('Content-Length', end - start + 1);
  response.writeHead(range === undefined ? 200 : 206);
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file, { start, end }), response);
}

function isNotModified(request: IncomingMessage, etag: string, modified: number): boolean {
  const match = request.headers['if-none-match'];
  if (match !== undefined) {
    return match === '*' || match.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && modified <= since;
}

function rangeOf(
  request: IncomingMessage,
  etag: string,
  modified: number,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const { range } = request.headers;
  if (range === undefined) return undefined;
  const condition = request.headers['if-range'];
  if (typeof condition === 'string' && condition !== etag && Date.parse(condition) !== modified) return undefined;
  // Several ranges at once would need a multipart answer; RFC 9110 lets a server ignore them.
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim());
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size) return 'unsatisfiable';
  return end < start ? undefined : { start, end };
}
