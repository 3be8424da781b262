import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as path from 'node:path';
import { prepareRules } from '@fluvial/schema';
import { ANONYMOUS, authenticate } from './auth/authenticate.ts';
import { requireAllowed } from './auth/authorize.ts';
import { installBootstrapRoles } from './auth/bootstrap-roles.ts';
import { createRbacAuthorizer } from './auth/rbac.ts';
import { createTokens } from './auth/tokens.ts';
import { builtinCatalog } from './builtin/catalog.ts';
import { startAccountTokens } from './controllers/account-tokens.ts';
import { startApiServices } from './controllers/api-services.ts';
import { installClusterFacts } from './controllers/cluster-facts.ts';
import { ControllerHost } from './controllers/controller.ts';
import { startDefinitions } from './controllers/definitions.ts';
import { startEventExpiry } from './controllers/event-expiry.ts';
import { installFlowControl } from './controllers/flow-control.ts';
import { startGarbageCollector } from './controllers/garbage-collector.ts';
import { createKubernetesService } from './controllers/kubernetes-service.ts';
import { startNamespaces } from './controllers/namespaces.ts';
import { installPriorityClasses } from './controllers/priority-classes.ts';
import { startProtection } from './controllers/protection.ts';
import { startResourceQuotas } from './controllers/resource-quotas.ts';
import { startRoleAggregation } from './controllers/role-aggregation.ts';
import { startWorkloads } from './controllers/workloads/start-workloads.ts';
import { Discovery } from './discovery/discovery.ts';
import { OpenApi } from './discovery/openapi.ts';
import { sendHealth, sendMetrics, sendRootPaths, sendVersion } from './discovery/server-info.ts';
import { PathNotFound, StatusError } from './errors.ts';
import { type Exchange, send, sendError } from './http/exchange.ts';
import { listen } from './http/listener.ts';
import { type CertificatePair, createSelfSignedCertificate } from './http/self-signed.ts';
import { type ApiContext, randomSuffix } from './rest/api-context.ts';
import { createResourceHandler } from './rest/handler.ts';
import { parseResourcePath, resourceAttributes } from './rest/resource-path.ts';
import { ResourceRegistry } from './rest/resource-registry.ts';
import { WatchSet } from './rest/watch.ts';
import { Journal } from './storage/journal.ts';
import { Store } from './storage/store.ts';
import type { AuthorizationAttributes, Authorizer, Clock, KubeObject, Log } from './types.ts';

/** A fault to play for one request; nothing when it shall be served. */
export type Fault =
  | { readonly kind: 'status'; readonly code: number; readonly message?: string; readonly retryAfterSeconds?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' };

export interface ApiServerOptions {
  /** Port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** Folder of the durable state, made when missing. Default: memory only. */
  readonly dir?: string;
  /** The admin's bearer token. Default: a random one, kept in `dir`. */
  readonly token?: string;
  /** CustomResourceDefinitions to serve from the start; ones that are there already are replaced. */
  readonly crds?: readonly object[];
  /** Namespaces whose workloads the simulator leaves alone, a glob with `*` and `?`. Default: none. */
  readonly skipWorkloads?: string;
  /** Whether workloads reach the status of a healthy cluster by themselves. Default true. */
  readonly simulator?: boolean;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Decides about every request. Default: RBAC over the stored roles, with everything for `system:masters`. */
  readonly authorizer?: Authorizer;
  /** For tests of clients: asked before a request is served. */
  readonly faults?: (request: {
    readonly method: string;
    readonly path: string;
    readonly query: URLSearchParams;
  }) => Fault | undefined;
  /** How long an Event stays after its last write. Default one hour. */
  readonly eventTtlMs?: number;
  /** Changes kept for watches that resume, per resource. Default 4096. */
  readonly historySize?: number;
}

/** The running server. */
export type RunningApiServer = ApiServer;

/** Requests served so far, by verb and resource: `patch kustomizations.kustomize.toolkit.fluxcd.io` and the like. */
export type RequestCounts = ReadonlyMap<string, number>;

export interface ApiServer {
  /** `https://127.0.0.1:PORT`, with the certificate of `kubeconfig()`. */
  readonly url: string;
  /** The same port over plain HTTP, for clients in the same process. */
  readonly plainUrl: string;
  readonly port: number;
  readonly token: string;
  /** PEM. */
  readonly certificate: string;
  /** A kubeconfig (YAML) for the admin. `plain`: over HTTP, which only clients that send tokens there can use. */
  kubeconfig(options?: { readonly plain?: boolean }): string;
  /** The store, for looking on: tests and tools. */
  readonly store: Store;
  readonly requestCounts: RequestCounts;
  resetRequestCounts(): void;
  /** Ends all watches at once, as a restart does; clients come back. */
  dropWatches(): void;
  close(): Promise<void>;
}

/**
 * Starts the embedded Kubernetes API server.
 *
 * It listens on loopback only, wants a bearer token for everything but health checks, and keeps its state in `dir`.
 *
 * @throws when the port is taken or `dir` cannot be written.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  await prepareRules();
  const clock = options.clock ?? (() => new Date());
  const log: Log = options.log ?? (() => {});
  const identity = loadIdentity(options, clock());
  const journal = options.dir === undefined ? undefined : new Journal(path.join(options.dir, 'data'));
  const store = new Store({
    ...(options.historySize === undefined ? {} : { historySize: options.historySize }),
    ...(journal === undefined ? {} : { journal }),
  });
  journal?.load(store);
  const registry = new ResourceRegistry();
  const tokens = createTokens(identity.token, store, clock);
  const authorize: Authorizer = options.authorizer ?? createRbacAuthorizer(store);
  const api: ApiContext = {
    store,
    registry,
    clock,
    log,
    authorize,
    authenticate: (token, audiences) => tokens.answer(token, audiences),
    randomSuffix,
  };
  for (const resource of builtinCatalog(store)) registry.set(resource);
  const host = new ControllerHost(api);
  startDefinitions(host);
  startNamespaces(host, identity.pair.certificate);
  for (const crd of options.crds ?? []) installDefinition(host, crd as KubeObject);
  installBootstrapRoles(host);
  installPriorityClasses(host);
  installFlowControl(host);
  installClusterFacts(host);
  startApiServices(host);
  startRoleAggregation(host);
  startGarbageCollector(host);
  startProtection(host);
  startAccountTokens(host, identity.pair.certificate, (order) => tokens.issue(order));
  startResourceQuotas(host);
  startEventExpiry(host, options.eventTtlMs);
  if (options.simulator !== false) startWorkloads(host, options.skipWorkloads);

  const watches = new WatchSet();
  const handleResource = createResourceHandler(api, watches, (order) => tokens.issue(order));
  let address = '127.0.0.1';
  const discovery = new Discovery(registry, () => address);
  const openapi = new OpenApi(registry);
  const counts = new Map<string, number>();

  const serve = async (exchange: Exchange): Promise<void> => {
    const { segments } = exchange;
    const resourcePath = parseResourcePath(segments);
    if (resourcePath !== undefined) return handleResource(exchange, resourcePath);
    requireAllowed(authorize, exchange.user, pathAttributes(exchange));
    switch (segments[0]) {
      case 'api':
      case 'apis':
        if (discovery.handle(exchange)) return;
        break;
      case 'openapi':
        return openapi.handle(exchange);
      case 'version':
        return sendVersion(exchange);
      case 'healthz':
      case 'livez':
      case 'readyz':
        return sendHealth(exchange);
      case 'metrics':
        if (segments.length > 1) break;
        return sendMetrics(exchange, counts);
      case 'index.html':
      case undefined:
        return sendRootPaths(exchange, registry);
    }
    throw new PathNotFound();
  };

  const count = (exchange: Exchange): void => {
    const parsed = parseResourcePath(exchange.segments);
    const what =
      parsed === undefined
        ? exchange.path
        : `${parsed.resource}${parsed.group === '' ? '' : `.${parsed.group}`}${parsed.subresource === '' ? '' : `/${parsed.subresource}`}`;
    const watching = exchange.query.get('watch') === 'true' || exchange.query.get('watch') === '1';
    const key = `${watching ? 'WATCH' : exchange.method} ${what}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    let exchange: Exchange | undefined;
    const fail = (error: unknown): void => {
      if (exchange === undefined) {
        if (error instanceof URIError) refuseTarget(response);
        else response.destroy();
        return;
      }
      if (error instanceof StatusError) sendError(exchange, error);
      else if (error instanceof PathNotFound) send(exchange, 404, '404 page not found\n', 'text/plain; charset=utf-8');
      else {
        const message = error instanceof Error ? error.message : String(error);
        log('request failed', {
          path: exchange.path,
          method: exchange.method,
          error: message,
          stack: error instanceof Error ? (error.stack ?? '') : '',
        });
        sendError(
          exchange,
          new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
        );
      }
      if (!request.complete) request.resume();
    };
    try {
      exchange = parseExchange(request, response);
      const fault = options.faults?.({ method: exchange.method, path: exchange.path, query: exchange.query });
      if (fault !== undefined) {
        playFault(exchange, fault);
        return;
      }
      const [first = ''] = exchange.segments;
      const asked = exchange;
      // An authorizer of the caller's own need not think of people without a token.
      if (options.authorizer !== undefined && request.headers.authorization === undefined && !OPEN_PATHS.has(first))
        throw new StatusError(401, 'Unauthorized', 'Unauthorized');
      const user = authenticate(request, tokens, authorize, () => attributesOf(asked));
      exchange = { ...exchange, user };
      count(exchange);
      serve(exchange).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  const listener = await listen(options.port ?? 0, identity.pair, onRequest);
  address = `127.0.0.1:${listener.port}`;
  createKubernetesService(host, listener.port);
  const url = `https://${address}`;
  const plainUrl = `http://${address}`;
  let closed: Promise<void> | undefined;

  return {
    url,
    plainUrl,
    port: listener.port,
    token: identity.token,
    certificate: identity.pair.certificate,
    kubeconfig: ({ plain = false } = {}) =>
      kubeconfigOf(plain ? plainUrl : url, identity.token, plain ? undefined : identity.pair.certificate),
    store,
    requestCounts: counts,
    resetRequestCounts: () => counts.clear(),
    dropWatches: () => watches.closeAll(),
    close() {
      closed ??= (async () => {
        host.close();
        watches.closeAll();
        await listener.close();
        store.close();
      })();
      return closed;
    },
  };
}

/** Paths that are answered without a token, whatever the authorizer. */
const OPEN_PATHS = new Set(['healthz', 'livez', 'readyz', 'version']);

/** A path whose escapes are none, as Go's server refuses it. */
function refuseTarget(response: ServerResponse): void {
  response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end('400 Bad Request');
}

/** @throws {URIError} */
function parseExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  // Decoded first, as upstream: an encoded slash parts segments, too.
  const segments = decodeURIComponent(raw).split('/').slice(1);
  while (segments.at(-1) === '') segments.pop();
  return {
    request,
    response,
    method: request.method ?? 'GET',
    segments,
    path: raw,
    query,
    user: ANONYMOUS,
    warnings: [],
  };
}

function pathAttributes({ method, path }: Exchange): AuthorizationAttributes {
  return { verb: method.toLowerCase(), group: '', resource: '', subresource: '', namespace: '', name: '', path };
}

function attributesOf(exchange: Exchange): AuthorizationAttributes {
  const resourcePath = parseResourcePath(exchange.segments);
  return resourcePath === undefined ? pathAttributes(exchange) : resourceAttributes(exchange, resourcePath);
}

function playFault(exchange: Exchange, fault: Fault): void {
  switch (fault.kind) {
    case 'status': {
      const { code, message = `fault ${fault.code}`, retryAfterSeconds } = fault;
      const reason =
        code === 429
          ? 'TooManyRequests'
          : code === 503
            ? 'ServiceUnavailable'
            : code === 409
              ? 'Conflict'
              : 'InternalError';
      exchange.request.resume();
      sendError(
        exchange,
        new StatusError(code, reason, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      );
      return;
    }
    case 'reset':
      exchange.request.destroy();
      return;
    case 'hang':
      exchange.request.resume();
  }
}

interface Identity {
  readonly token: string;
  readonly pair: CertificatePair;
}

/** Token and certificate, the same after every start in the same folder. */
function loadIdentity({ dir, token }: ApiServerOptions, now: Date): Identity {
  if (dir === undefined) return { token: token ?? randomToken(), pair: createSelfSignedCertificate(now) };
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, 'identity.json');
  let known: Partial<Identity> = {};
  try {
    known = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Identity>;
  } catch {
    // First start, or a start that was cut off: made anew below.
  }
  const identity: Identity = {
    token: token ?? known.token ?? randomToken(),
    pair: known.pair ?? createSelfSignedCertificate(now),
  };
  const temporary = `${file}.tmp`;
  fs.writeFileSync(temporary, JSON.stringify(identity), { mode: 0o600 });
  fs.renameSync(temporary, file);
  return identity;
}

function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

function kubeconfigOf(server: string, token: string, certificate: string | undefined): string {
  const lines = ['apiVersion: v1', 'kind: Config', 'clusters:', '- name: fluvial', '  cluster:'];
  if (certificate !== undefined)
    lines.push(`    certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`);
  lines.push(
    `    server: ${server}`,
    'contexts:',
    '- name: fluvial',
    '  context:',
    '    cluster: fluvial',
    '    user: admin',
    'current-context: fluvial',
    'preferences: {}',
    'users:',
    '- name: admin',
    '  user:',
    `    token: ${token}`,
    '',
  );
  return lines.join('\n');
}

function installDefinition(host: ControllerHost, crd: KubeObject): void {
  const definition = JSON.parse(JSON.stringify(crd)) as KubeObject;
  const name = definition.metadata.name!;
  const target = host.target('apiextensions.k8s.io', 'customresourcedefinitions', '', name)!;
  target.served.strategy.decode(definition, { strict: [] });
  if (target.resource.bucket.get(name) === undefined) host.writer.create(target, definition, host.options('fluvial'));
  else {
    host.writer.update(
      target,
      (current) => ({ ...definition, metadata: { ...current.metadata, ...definition.metadata } }),
      host.options('fluvial'),
    );
  }
}
