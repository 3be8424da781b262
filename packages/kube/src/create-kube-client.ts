import { ApiError, isExpired, isNotFound, KubeError } from './errors.ts';
import { encodeJson } from './json.ts';
import type { KubeClient, KubeClientOptions } from './kube-client.ts';
import type { KubeConfig } from './kube-config.ts';
import { RateLimiter } from './rate-limiter.ts';
import { deleteBody, objectPath, Query, resourceName, resourcePath, writeQuery } from './request-path.ts';
import { RequestSender, rawSubject, type Subject } from './request-sender.ts';
import { completeItem, errorFrom, isMissingResource, metadataOf, parseBody } from './response.ts';
import { DiscoveryMapper, type RestMapper } from './rest-mapper.ts';
import { Transport } from './transport.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteCollectionOptions,
  DeleteOptions,
  GetOptions,
  Impersonation,
  KindRef,
  KubeList,
  KubeObject,
  ListOptions,
  PatchOptions,
  PatchType,
  RawRequest,
  RawResponse,
  RequestVerb,
  ResourceInfo,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './types.ts';
import { WatchQueue } from './watch-queue.ts';
import { WatchSink } from './watch-stream.ts';

const mediaTypes: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
const json = 'application/json';
const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const defaultPageSize = 500;

/**
 * Makes a client. Opens no connection before the first call.
 *
 * @throws {KubeError} `CONFIG` for an address that is no http(s) URL, `INVALID_ARGUMENT` for an empty identity.
 */
export function createKubeClient(config: KubeConfig, options: KubeClientOptions = {}): KubeClient {
  const transport = new Transport(config, { maxConnections: options.maxConnections ?? 64 });
  const qps = options.qps ?? 0;
  const limiter = qps > 0 ? new RateLimiter(qps, options.burst ?? Math.ceil(qps * 2)) : undefined;
  return new HttpKubeClient({
    config,
    transport,
    limiter,
    options,
    identity: options.impersonate ?? config.impersonate,
    owner: true,
  });
}

type Shared = {
  readonly config: KubeConfig;
  readonly transport: Transport;
  readonly limiter: RateLimiter | undefined;
  readonly options: KubeClientOptions;
  readonly identity: Impersonation | undefined;
  readonly mapper?: RestMapper;
  readonly owner: boolean;
};

class HttpKubeClient implements KubeClient {
  readonly config: KubeConfig;
  readonly mapper: RestMapper;
  readonly #shared: Shared;
  readonly #transport: Transport;
  readonly #options: KubeClientOptions;
  readonly #sender: RequestSender;
  readonly #maxBytes: number;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.config = shared.config;
    this.#transport = shared.transport;
    this.#options = shared.options;
    this.#maxBytes = shared.options.maxResponseBytes ?? 256 * 1024 * 1024;
    this.#sender = new RequestSender(shared.config, shared.transport, shared.limiter, shared.options, shared.identity);
    this.mapper =
      shared.mapper ??
      new DiscoveryMapper(async (path, accept, signal) => {
        const response = await this.request({ path, accept, signal });
        const body = response.status === 200 ? response.json() : undefined;
        const error = () => errorFrom(response, { method: 'GET', verb: 'get', resource: '', name: path });
        return { status: response.status, body, error };
      });
  }

  async get<T extends KubeObject>(
    kind: KindRef,
    name: string,
    namespace?: string,
    options: GetOptions = {},
  ): Promise<T> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    const query = new Query().add('resourceVersion', options.resourceVersion);
    const subject = this.#subject('get', 'GET', info, name, namespace, options.subresource, false, true);
    const path = objectPath(info, namespace, name, options.subresource) + query;
    const found = await this.#json(
      subject,
      path,
      undefined,
      options.metadataOnly ? partialObject : json,
      json,
      options,
    );
    return (options.metadataOnly ? metadataOf(found, kind) : found) as T;
  }

  async find<T extends KubeObject>(
    kind: KindRef,
    name: string,
    namespace?: string,
    options: GetOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(kind, name, namespace, options);
    } catch (error) {
      if (isNotFound(error) && !isMissingResource(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(kind: KindRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    const subject = this.#subject('list', 'GET', info, '', options.namespace, undefined, false, true);
    const accept = options.metadataOnly ? partialList : json;
    let pageSize = options.limit ?? defaultPageSize;
    let restarted = false;
    let token: string | undefined;
    let items: KubeObject[] = [];
    for (;;) {
      const query = new Query()
        .add('labelSelector', options.labelSelector)
        .add('fieldSelector', options.fieldSelector)
        .add('limit', pageSize > 0 ? pageSize : undefined)
        .add('continue', token)
        .add('resourceVersion', token === undefined ? options.resourceVersion : undefined)
        .add('resourceVersionMatch', token === undefined ? options.resourceVersionMatch : undefined);
      let page: KubeList;
      try {
        page = (await this.#json(
          subject,
          resourcePath(info, options.namespace) + query,
          undefined,
          accept,
          json,
          options,
        )) as KubeList;
      } catch (error) {
        if (token === undefined || restarted || !isExpired(error)) throw error;
        // The snapshot behind the token is gone: read all at once, from the beginning.
        restarted = true;
        pageSize = 0;
        token = undefined;
        items = [];
        continue;
      }
      const found = page.items ?? [];
      for (const item of found) items.push(completeItem(item, kind, options.metadataOnly ?? false));
      token = page.metadata?.continue || undefined;
      if (token === undefined) {
        return {
          apiVersion: page.apiVersion,
          kind: page.kind,
          metadata: { resourceVersion: page.metadata?.resourceVersion },
          items: items as T[],
        };
      }
    }
  }

  async create<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace } = object.metadata;
    const info = this.mapper.known(object) ?? (await this.mapper.resolve(object.apiVersion, object.kind, options));
    const subject = this.#subject('create', 'POST', info, '', namespace, options.subresource, options.dryRun, false);
    const path =
      options.subresource === undefined
        ? resourcePath(info, namespace)
        : objectPath(info, namespace, object.metadata.name, options.subresource);
    return (await this.#json(subject, path + writeQuery(options), object, json, json, options)) as T;
  }

  async replace<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const info = this.mapper.known(object) ?? (await this.mapper.resolve(object.apiVersion, object.kind, options));
    const subject = this.#subject('update', 'PUT', info, name, namespace, options.subresource, options.dryRun, false);
    const path = objectPath(info, namespace, name, options.subresource) + writeQuery(options);
    return (await this.#json(subject, path, object, json, json, options)) as T;
  }

  async patch<T extends KubeObject>(
    kind: KindRef,
    name: string,
    namespace: string | undefined,
    options: PatchOptions,
  ): Promise<T> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    // A forced apply and a dry run end in the same state however often they arrive.
    const repeatable = options.dryRun === true || (options.type === 'apply' && options.force === true);
    const subject = this.#subject(
      'patch',
      'PATCH',
      info,
      name,
      namespace,
      options.subresource,
      options.dryRun,
      repeatable,
    );
    const query = writeQuery(options).add('force', options.type === 'apply' && options.force ? 'true' : undefined);
    const path = objectPath(info, namespace, name, options.subresource) + query;
    const accept = options.metadataOnly ? partialObject : json;
    const patched = await this.#json(subject, path, options.body, accept, mediaTypes[options.type], options);
    return (options.metadataOnly ? metadataOf(patched, kind) : patched) as T;
  }

  apply<T extends KubeObject>(object: T, options: ApplyOptions & { fieldManager: string }): Promise<T> {
    return this.patch<T>(object, object.metadata.name, object.metadata.namespace, {
      ...options,
      type: 'apply',
      body: object,
    });
  }

  async delete(kind: KindRef, name: string, namespace?: string, options: DeleteOptions = {}): Promise<KubeObject> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    const subject = this.#subject('delete', 'DELETE', info, name, namespace, undefined, options.dryRun, false);
    const path = objectPath(info, namespace, name);
    return (await this.#json(subject, path, deleteBody(options), json, json, options)) as KubeObject;
  }

  async deleteCollection(kind: KindRef, options: DeleteCollectionOptions = {}): Promise<void> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    const subject = this.#subject(
      'deletecollection',
      'DELETE',
      info,
      '',
      options.namespace,
      undefined,
      options.dryRun,
      false,
    );
    const query = new Query().add('labelSelector', options.labelSelector).add('fieldSelector', options.fieldSelector);
    await this.#json(subject, resourcePath(info, options.namespace) + query, deleteBody(options), json, json, options);
  }

  watch<T extends KubeObject>(kind: KindRef, options: WatchOptions = {}): AsyncIterableIterator<WatchEvent<T>> {
    const queue = new WatchQueue<T>();
    const ended = new AbortController();
    const signal = options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal]);
    queue.onReturn = () => ended.abort(new KubeError('CLOSED', 'the watch was left'));
    this.watchEvents(
      kind,
      { ...options, signal },
      (event) => queue.push(event as WatchEvent<T>),
      (sink) => queue.attach(sink),
    ).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return queue;
  }

  /**
   * The watch without an iterator between: `onEvent` is called while the bytes arrive. Resolves at a regular end.
   * Used by the informer.
   */
  async watchEvents(
    kind: KindRef,
    options: WatchOptions,
    onEvent: (event: WatchEvent) => void,
    onSink?: (sink: WatchSink) => void,
  ): Promise<void> {
    const info = this.mapper.known(kind) ?? (await this.mapper.resolve(kind.apiVersion, kind.kind, options));
    const timeoutSeconds = options.timeoutSeconds ?? 300 + Math.floor(Math.random() * 300);
    const query = new Query()
      .add('watch', 'true')
      .add('allowWatchBookmarks', options.allowBookmarks === false ? undefined : 'true')
      .add('labelSelector', options.labelSelector)
      .add('fieldSelector', options.fieldSelector)
      .add('resourceVersion', options.resourceVersion)
      .add('timeoutSeconds', timeoutSeconds);
    const metadataOnly = options.metadataOnly ?? false;
    const started = performance.now();
    const sink = new WatchSink({
      onEvent: metadataOnly
        ? (event) => onEvent({ type: event.type, object: metadataOf(event.object, kind) })
        : onEvent,
      resource: resourceName(info),
      idleTimeoutMs: options.idleTimeoutMs ?? this.#options.watchIdleTimeoutMs ?? 150_000,
    });
    onSink?.(sink);
    const subject = this.#subject('watch', 'GET', info, '', options.namespace, undefined, false, true);
    try {
      const headers = [...this.#sender.fixedHeaders, 'accept', metadataOnly ? partialObject : json];
      await this.#sender.authorize(headers, false);
      await this.#transport.stream(
        {
          method: 'GET',
          path: resourcePath(info, options.namespace) + query,
          headers,
          body: null,
          signal: options.signal,
        },
        sink,
      );
      sink.finish();
      this.#sender.report(subject, sink.status, started);
    } catch (error) {
      sink.stop();
      this.#sender.report(subject, sink.status, started);
      if (error instanceof ApiError) {
        if (error.code === 401) await this.#sender.authorize([], true);
        this.#forgetIfGone(error, info);
      }
      throw error;
    }
  }

  async request(request: RawRequest): Promise<RawResponse> {
    const method = request.method ?? 'GET';
    const { path, body } = request;
    if (!path.startsWith('/')) throw new KubeError('INVALID_ARGUMENT', `request path must begin with a slash: ${path}`);
    const subject: Subject = { ...rawSubject, method, repeatable: method === 'GET' || method === 'HEAD' };
    const headers: string[] = ['accept', request.accept ?? json];
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.push(name, value);
    let payload: string | Buffer | null = null;
    if (typeof body === 'string' || Buffer.isBuffer(body)) payload = body;
    else if (body instanceof Uint8Array) payload = Buffer.from(body);
    else if (body !== undefined && body !== null) payload = encodeJson(body);
    if (payload !== null) headers.push('content-type', request.contentType ?? json);
    const response = await this.#sender.send(
      subject,
      path,
      headers,
      payload,
      request,
      request.maxBytes ?? this.#maxBytes,
    );
    return {
      status: response.status,
      headers: response.headers,
      body: response.body,
      text: () => response.body.toString('utf8'),
      json: () => parseBody(response.body, `${method} ${path.split('?')[0]}`),
    };
  }

  impersonate(identity: Impersonation): KubeClient {
    return new HttpKubeClient({ ...this.#shared, identity, mapper: this.mapper, owner: false });
  }

  withOptions(options: Pick<KubeClientOptions, 'userAgent' | 'onRequest' | 'onWarning' | 'timeoutMs'>): KubeClient {
    return new HttpKubeClient({
      ...this.#shared,
      options: { ...this.#options, ...options },
      mapper: this.mapper,
      owner: false,
    });
  }

  async close(): Promise<void> {
    if (this.#shared.owner) await this.#transport.close();
  }

  #subject(
    verb: RequestVerb,
    method: string,
    info: ResourceInfo,
    name: string,
    namespace: string | undefined,
    subresource: string | undefined,
    dryRun: boolean | undefined,
    repeatable: boolean,
  ): Subject {
    return {
      verb,
      method,
      info,
      name,
      namespace: namespace ?? '',
      subresource: subresource ?? '',
      dryRun: dryRun ?? false,
      repeatable,
    };
  }

  async #json(
    subject: Subject,
    path: string,
    body: unknown,
    accept: string,
    contentType: string,
    options: CallOptions,
  ): Promise<unknown> {
    const headers: string[] = ['accept', accept];
    let payload: string | null = null;
    if (body !== undefined) {
      payload = encodeJson(body);
      headers.push('content-type', contentType);
    }
    const response = await this.#sender.send(subject, path, headers, payload, options, this.#maxBytes);
    if (response.status >= 200 && response.status < 300) {
      return response.body.length === 0 ? {} : parseBody(response.body, `${subject.method} ${path.split('?')[0]}`);
    }
    const error = errorFrom(response, {
      method: subject.method,
      verb: subject.method.toLowerCase(),
      resource: subject.info === undefined ? '' : resourceName(subject.info),
      name: subject.name,
    });
    if (subject.info !== undefined) this.#forgetIfGone(error, subject.info);
    throw error;
  }

  /** A 404 that speaks of no object means that the resource itself is not served (any more). */
  #forgetIfGone(error: ApiError, info: ResourceInfo): void {
    if (isMissingResource(error))
      this.mapper.invalidate(info.group === '' ? info.version : `${info.group}/${info.version}`);
  }
}

/** The client's own way to watch, for the informer. */
export interface EventWatcher {
  watchEvents(kind: KindRef, options: WatchOptions, onEvent: (event: WatchEvent) => void): Promise<void>;
}

export function asEventWatcher(client: KubeClient): EventWatcher {
  if (client instanceof HttpKubeClient) return client;
  return {
    async watchEvents(kind, options, onEvent) {
      for await (const event of client.watch(kind, options)) onEvent(event);
    },
  };
}
