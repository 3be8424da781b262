import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Authorizer, createAuthorizer } from './auth.ts';
import { serveBlob } from './blobs.ts';
import type { Call, RegistryContext } from './context.ts';
import { openDiskStores } from './disk-store.ts';
import { errorBody, RegistryError } from './errors.ts';
import { createFaults } from './faults.ts';
import { serveCatalog, serveReferrers, serveTags } from './lists.ts';
import { serveManifest } from './manifests.ts';
import { createMemoryContent, memoryLinks } from './memory-store.ts';
import type { RegistryLimits, RegistryOptions, RunningRegistry } from './options.ts';
import { Repositories } from './repositories.ts';
import { allowedMethods, parseRoute, type Route } from './route.ts';
import { serveUpload, startUpload, Uploads } from './uploads.ts';

const defaultLimits: RegistryLimits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxBlobBytes: 10 * 1024 ** 3,
  maxUploads: 1000,
};

/**
 * Starts an OCI registry (distribution-spec 1.1) in this process. Plain HTTP; loopback unless told otherwise.
 *
 * Where clients print a registry's answers it answers with the words of Debian's docker-registry 2.8. Rejects when the
 * port is taken or the folder cannot be opened. The caller owes a `close()`.
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const { content, links } =
    options.dir === undefined
      ? { content: createMemoryContent(), links: memoryLinks }
      : await openDiskStores(options.dir);
  const limits = { ...defaultLimits, ...options.limits };
  const ctx: RegistryContext = {
    content,
    repositories: await Repositories.open(content, links),
    uploads: new Uploads(content, limits.maxUploads),
    limits,
    referrers: options.referrers !== false,
  };
  const authorizer = createAuthorizer(options.auth, options.now ?? Date.now);
  const faults = createFaults(options.faults ?? []);
  const app = createApp(ctx, authorizer);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('docker-distribution-api-version', 'registry/2.0');
    if (await faults.apply(request, reply)) return reply;
    return undefined;
  });
  app.addHook('onSend', async (_request, reply) => nameAsUsual(reply));
  if (options.log !== undefined) {
    const { log } = options;
    app.addHook('onResponse', async (request, reply) => {
      log({ method: request.method, url: request.url, status: reply.statusCode });
    });
  }
  const host = options.host ?? '127.0.0.1';
  await app.listen({ host, port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    address,
    url: `http://${address}`,
    port,
    inject: (fault) => faults.add(fault),
    async close() {
      await app.close();
      await ctx.uploads.close();
    },
  };
}

function createApp(ctx: RegistryContext, authorizer: Authorizer): FastifyInstance {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Clients keep connections for long; cutting them while a request is on its way looks like a fault.
    keepAliveTimeout: 120_000,
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: false },
  });
  // Bodies are read by the handlers, chunk by chunk.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((_request, reply) => notFound(reply));
  app.all('/v2/*', (request, reply) => serve(ctx, authorizer, request, reply));
  app.get('/v2', (_request, reply) => reply.redirect('/v2/', 301));
  app.get('/', (_request, reply) => reply.send(''));
  const { serveToken } = authorizer;
  if (serveToken !== undefined) {
    app.route({ method: ['GET', 'POST'], url: '/token', handler: (q, r) => serveToken(q, r, bodyOf(q)) });
  }
  return app;
}

async function serve(
  ctx: RegistryContext,
  authorizer: Authorizer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const mark = request.url.indexOf('?');
  const path = mark < 0 ? request.url : request.url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1));
  const route = parseRoute(path);
  if (route === undefined || (route.kind === 'referrers' && !ctx.referrers)) return notFound(reply);
  const { method } = request;
  const allowed = allowedMethods[route.kind];
  if (!allowed.includes(method)) {
    return plain(reply.code(405).header('allow', allowed.join(', ')), 'Method not allowed\n');
  }
  authorizer.check(request, method, route, query);
  return dispatch(ctx, { request, reply, method, query, body: bodyOf(request) }, route);
}

function dispatch(ctx: RegistryContext, call: Call, route: Route): unknown {
  switch (route.kind) {
    case 'base':
      return call.reply.type('application/json; charset=utf-8').send('{}');
    case 'catalog':
      return serveCatalog(ctx, call);
    case 'tags':
      return serveTags(ctx, call, route.name);
    case 'manifest':
      return serveManifest(ctx, call, route.name, route.reference);
    case 'blob':
      return serveBlob(ctx, call, route.name, route.digest);
    case 'uploads':
      return startUpload(ctx, call, route.name);
    case 'upload':
      return serveUpload(ctx, call, route.name, route.id);
    case 'referrers':
      return serveReferrers(ctx, call, route.name, route.digest);
  }
}

function bodyOf(request: FastifyRequest): AsyncIterable<Uint8Array> {
  return (request.body as IncomingMessage | undefined) ?? request.raw;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const refusal = error instanceof RegistryError ? error : undefined;
  const status = refusal?.status ?? statusOf(error);
  const text = errorBody(refusal?.code ?? 'UNKNOWN', refusal?.message ?? 'unknown error', refusal?.detail);
  // What was refused unread would otherwise be taken for the next request.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(status)
    .headers({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      ...refusal?.headers,
    })
    .send(request.method === 'HEAD' ? '' : text);
}

/** Headers under the names that every other registry writes: there are clients that mind the case. */
function nameAsUsual(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    // Fastify looks at the length once more after this.
    if (value === undefined || name === 'content-length') continue;
    reply.removeHeader(name);
    reply.raw.setHeader(usualName(name), value);
  }
}

function usualName(name: string): string {
  if (name === 'www-authenticate') return 'WWW-Authenticate';
  if (name === 'etag') return 'Etag';
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function notFound(reply: FastifyReply): unknown {
  return plain(reply.code(404), '404 page not found\n');
}

function plain(reply: FastifyReply, text: string): unknown {
  return reply.headers({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }).send(text);
}
