import { expired, type StatusError } from '../errors.ts';
import { type Exchange, warningHeaders } from '../http/exchange.ts';
import type { Rendering } from '../http/negotiate.ts';
import { type Change, Stored } from '../storage/stored.ts';
import { partialOf, tableOf } from '../table/table.ts';
import type { JsonObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { FrameWriter } from './frame-stream.ts';
import { inNamespace, type Selection, selectionOf } from './list.ts';
import { parseListOptions, parseRevision } from './list-options.ts';
import type { Target } from './object-writer.ts';
import { contentType, includeObjectOf, jsonOf, objectOf, renderingOf } from './render.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
const MIN_TIMEOUT_S = 1800;

/** All watches of a server: they end together, and share one timer for bookmarks. */
export class WatchSet {
  /** Writes the frames of all of them. */
  readonly writer = new FrameWriter();
  readonly #open = new Set<{ bookmark(): void; end(): void }>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#open.size;
  }

  add(watch: { bookmark(): void; end(): void }): () => void {
    this.#open.add(watch);
    this.#timer ??= setInterval(() => {
      for (const each of this.#open) each.bookmark();
    }, BOOKMARK_INTERVAL_MS).unref();
    return () => this.#open.delete(watch);
  }

  /** Ends every watch, as a restarting server does. */
  closeAll(): void {
    for (const each of [...this.#open]) each.end();
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Answers a watch and keeps it open. */
export function startWatch(api: ApiContext, watches: WatchSet, exchange: Exchange, target: Target): void {
  const { query, response } = exchange;
  const { bucket } = target.resource;
  const rendering = renderingOf(exchange);
  const options = parseListOptions(query, true);
  const selection = selectionOf(target, query);
  const { bookmarks, resourceVersion: since, sendInitialEvents: initial } = options;
  const { timeoutSeconds } = options;
  // A negative time is over at once.
  const timeoutS = timeoutSeconds === 0 ? MIN_TIMEOUT_S * (1 + Math.random()) : Math.max(0, timeoutSeconds);
  const from = since === '' || since === '0' ? undefined : parseRevision(since);

  response.writeHead(200, {
    'Content-Type': contentType(rendering),
    'Cache-Control': 'no-cache, private',
    ...(exchange.warnings.length > 0 ? { Warning: warningHeaders(exchange.warnings) } : {}),
  });
  response.flushHeaders();
  const stream = watches.writer.open(response);
  const encode = createEncoder(api, target, rendering, query);

  const past = from === undefined ? [] : bucket.since(from);
  if (past === undefined && initial !== true) {
    stream.push(errorFrame(expired(`too old resource version: ${from} (${bucket.floor})`)));
    stream.end();
    return;
  }
  const listFirst = initial === true || (from === undefined && initial !== false);
  if (listFirst) {
    const items = selection.namespace === '' ? bucket.list() : bucket.listNamespace(selection.namespace);
    for (const stored of items) {
      if (selects(selection, stored)) stream.push(encode('ADDED', stored, undefined));
    }
    if (bookmarks) stream.push(bookmarkFrame(api, target, rendering, true));
  } else {
    for (const change of past ?? []) forward(change);
  }

  function forward(change: Change): void {
    const { current, previous } = change;
    if (!inNamespace(selection.namespace, current.key)) return;
    if (selection.matches === undefined) {
      stream.push(encode(change.type, current, change));
      return;
    }
    const was = previous !== undefined && selection.matches(previous);
    const is = change.type !== 'DELETED' && selection.matches(current);
    if (change.type === 'DELETED') {
      if (was) stream.push(encode('DELETED', current, undefined));
    } else if (was && is) stream.push(encode('MODIFIED', current, undefined));
    else if (is) stream.push(encode('ADDED', current, undefined));
    else if (was) stream.push(encode('DELETED', vanished(previous, current), undefined));
  }

  const stop = bucket.listen(forward);
  const timer = setTimeout(() => finish(), timeoutS * 1000).unref();
  const bookmark = (): void => {
    if (bookmarks) stream.push(bookmarkFrame(api, target, rendering, false));
  };
  // A last one shortly before the end, so that the client's next watch starts late.
  const lastBookmark = setTimeout(bookmark, Math.max(timeoutS - 2, timeoutS / 2) * 1000).unref();
  const remove = watches.add({
    bookmark,
    end: () => finish(),
  });
  function finish(): void {
    stop();
    remove();
    clearTimeout(timer);
    clearTimeout(lastBookmark);
    stream.end();
  }
  stream.onOverflow = finish;
  response.on('close', finish);
}

function selects(selection: Selection, stored: Stored): boolean {
  return selection.matches === undefined || selection.matches(stored);
}

/** The last state that matched, with the version of the change that made it stop matching. */
function vanished(previous: Stored, current: Stored): Stored {
  const object = {
    ...previous.object,
    metadata: { ...previous.object.metadata, resourceVersion: String(current.revision) },
  };
  return new Stored(previous.key, current.revision, object);
}

type Encoder = (type: string, stored: Stored, change: Change | undefined) => string;

function createEncoder(api: ApiContext, target: Target, rendering: Rendering, query: URLSearchParams): Encoder {
  const { resource, served } = target;
  if (rendering.as === 'object') {
    // The frame is the same for every watch without a selector: made once per change and version.
    return (type, stored, change) => {
      const known = change?.frames?.get(served.apiVersion);
      if (known !== undefined) return known;
      const frame = `{"type":"${type}","object":${jsonOf(served, stored)}}\n`;
      if (change !== undefined) {
        change.frames ??= new Map();
        change.frames.set(served.apiVersion, frame);
      }
      return frame;
    };
  }
  if (rendering.as === 'table') {
    let first = true;
    return (type, stored) => {
      const table = tableOf(resource, served, [objectOf(served, stored)], {
        now: api.clock(),
        include: includeObjectOf(query),
        metaVersion: rendering.metaVersion,
        metadata: { resourceVersion: String(stored.revision) },
      });
      if (!first) table['columnDefinitions'] = null;
      first = false;
      return `${JSON.stringify({ type, object: table })}\n`;
    };
  }
  return (type, stored) =>
    `${JSON.stringify({ type, object: partialOf(objectOf(served, stored), rendering.metaVersion) })}\n`;
}

function bookmarkFrame(api: ApiContext, target: Target, rendering: Rendering, initialEnd: boolean): string {
  const metadata: JsonObject = { resourceVersion: String(api.store.revision) };
  if (initialEnd) metadata['annotations'] = { 'k8s.io/initial-events-end': 'true' };
  const { kind } = target.resource;
  const { apiVersion } = target.served;
  let object: JsonObject = { kind, apiVersion, metadata };
  if (rendering.as === 'partial' || rendering.as === 'partialList') {
    object = { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata };
  } else if (rendering.as === 'table') {
    object = {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${rendering.metaVersion}`,
      metadata: { resourceVersion: metadata['resourceVersion'] },
      columnDefinitions: null,
      rows: [{ cells: [], object: { kind, apiVersion, metadata } }],
    };
  }
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}

function errorFrame(error: StatusError): string {
  return `${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`;
}
