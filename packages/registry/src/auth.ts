import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RegistryError } from './errors.ts';
import type { RegistryOptions } from './options.ts';
import type { Route } from './route.ts';

/** Decides who may do what. */
export interface Authorizer {
  /** @throws {RegistryError} `UNAUTHORIZED`, `DENIED` */
  check(request: FastifyRequest, method: string, route: Route, query: URLSearchParams): void;
  /** Serves `/token`, where there is a token server. */
  readonly serveToken?: (
    request: FastifyRequest,
    reply: FastifyReply,
    body: AsyncIterable<Uint8Array>,
  ) => Promise<unknown>;
}

type Access = { readonly type: string; readonly name: string; readonly actions: readonly string[] };
type Auth = NonNullable<RegistryOptions['auth']>;

const allowAll: Authorizer = { check: () => {} };
const service = 'fluvial-registry';

/** Makes the authorizer that the options ask for. */
export function createAuthorizer(auth: RegistryOptions['auth'], now: () => number): Authorizer {
  if (auth === undefined) return allowAll;
  return auth.kind === 'token' ? createTokenServer(auth, now) : createBasic(auth);
}

function createBasic(auth: Auth): Authorizer {
  return {
    check(request, method, route, query) {
      const needed = accessOf(method, route, query);
      if (isPullOnly(route, needed) && auth.anonymousPull === true) return;
      if (isLogin(request.headers.authorization, auth)) return;
      throw unauthorized(needed, 'Basic realm="Registry"');
    },
  };
}

function createTokenServer(auth: Extract<Auth, { kind: 'token' }>, now: () => number): Authorizer {
  const tokens = new Map<string, { readonly expires: number; readonly scopes: readonly Access[] }>();
  const lifeSeconds = auth.expiresInSeconds ?? 300;

  const grant = (reply: FastifyReply, wanted: readonly string[], isKnown: boolean): unknown => {
    const scopes = wanted.map(parseScope).map((scope) => ({
      ...scope,
      actions: isKnown ? scope.actions : scope.actions.filter((action) => action === 'pull' && auth.anonymousPull),
    }));
    const token = randomUUID();
    tokens.set(token, { expires: now() + lifeSeconds * 1000, scopes });
    for (const [key, { expires }] of tokens) if (expires <= now()) tokens.delete(key);
    return reply.send({
      token,
      access_token: token,
      expires_in: lifeSeconds,
      issued_at: new Date(now()).toISOString(),
    });
  };

  return {
    check(request, method, route, query) {
      const needed = accessOf(method, route, query);
      const realm = `http://${request.headers.host}/token`;
      const challenge = `Bearer realm="${realm}",service="${service}"${scopeParameter(needed)}`;
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const known = token === undefined ? undefined : tokens.get(token);
      if (known === undefined || known.expires <= now()) {
        throw unauthorized(needed, token === undefined ? challenge : `${challenge},error="invalid_token"`);
      }
      const isCovered = needed.every(({ type, name, actions }) =>
        actions.every((action) =>
          known.scopes.some((scope) => scope.type === type && scope.name === name && scope.actions.includes(action)),
        ),
      );
      if (!isCovered) throw unauthorized(needed, `${challenge},error="insufficient_scope"`);
    },
    async serveToken(request, reply, body) {
      if (request.method === 'POST') {
        const form = new URLSearchParams(await readText(body));
        const isKnown =
          form.get('grant_type') === 'refresh_token'
            ? auth.identityToken !== undefined && isSame(form.get('refresh_token') ?? '', auth.identityToken)
            : isSame(form.get('username') ?? '', auth.username) && isSame(form.get('password') ?? '', auth.password);
        if (!isKnown) throw new RegistryError('UNAUTHORIZED');
        return grant(reply, (form.get('scope') ?? '').split(' ').filter(Boolean), true);
      }
      const header = request.headers.authorization;
      if (header !== undefined && !isLogin(header, auth)) throw new RegistryError('UNAUTHORIZED');
      const query = new URL(request.url, 'http://registry').searchParams;
      return grant(reply, query.getAll('scope'), header !== undefined);
    },
  };
}

// The access records of docker-registry: they are the detail of its refusals.
function accessOf(method: string, route: Route, query: URLSearchParams): Access[] {
  if (route.kind === 'base') return [];
  if (route.kind === 'catalog') return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  const reads = method === 'GET' || method === 'HEAD';
  const actions = reads ? ['pull'] : method === 'DELETE' && route.kind !== 'upload' ? ['delete'] : ['pull', 'push'];
  const access = [{ type: 'repository', name: route.name, actions }];
  const from = route.kind === 'uploads' ? query.get('from') : null;
  if (from !== null && from !== '') access.push({ type: 'repository', name: from, actions: ['pull'] });
  return access;
}

function isPullOnly(route: Route, needed: readonly Access[]): boolean {
  return route.kind === 'base' || needed.every(({ actions }) => actions.every((action) => action === 'pull'));
}

function unauthorized(needed: readonly Access[], challenge: string): RegistryError {
  const detail = needed.flatMap(({ type, name, actions }) =>
    actions.map((action) => ({ Type: type, Class: '', Name: name, Action: action })),
  );
  return new RegistryError('UNAUTHORIZED', detail.length === 0 ? null : detail, {
    headers: { 'www-authenticate': challenge },
  });
}

function scopeParameter(needed: readonly Access[]): string {
  if (needed.length === 0) return '';
  return `,scope="${needed.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ')}"`;
}

function parseScope(text: string): Access {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || last <= first) return { type: text, name: '', actions: [] };
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions: text.slice(last + 1).split(',') };
}

function isLogin(header: string | undefined, { username, password }: Auth): boolean {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return false;
  return isSame(Buffer.from(encoded, 'base64').toString('utf8'), `${username}:${password}`);
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string): Uint8Array => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > 64 * 1024) throw new RegistryError('SIZE_INVALID');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
