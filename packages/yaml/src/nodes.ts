import { COLLECTION_STYLE, EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import { YamlError } from './error.ts';
import { type ParseYamlOptions, readEvents } from './parse.ts';
import { resolveScalar } from './scalar.ts';

/** A value with the place that it was read from. Keys keep their order and may repeat. */
export type YamlNode = YamlScalarNode | YamlListNode | YamlMapNode;

interface Placed {
  /** Zero-based offset of its first character; of an alias that of what it names. */
  readonly start: number;
  /** Zero-based column of that character. */
  readonly column: number;
}

export interface YamlScalarNode extends Placed {
  readonly type: 'scalar';
  /** A string, boolean, null, number or BigInt (integers beyond 2^53). */
  readonly value: string | boolean | null | number | bigint;
  /** The text without quotes and escapes. */
  readonly text: string;
  /** Plain, without a tag: the text alone tells the type. */
  readonly plain: boolean;
}

export interface YamlListNode extends Placed {
  readonly type: 'list';
  /** Written with brackets. */
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
}

export interface YamlMapNode extends Placed {
  readonly type: 'map';
  /** Written with braces. */
  readonly flow: boolean;
  readonly entries: readonly (readonly [key: YamlNode, value: YamlNode])[];
}

export interface YamlComment {
  /** Without the `#`. */
  readonly text: string;
  readonly start: number;
  readonly column: number;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
}

export interface YamlDocumentNode {
  /** undefined: the document is empty. */
  readonly root: YamlNode | undefined;
  /** In the order of the text. */
  readonly comments: readonly YamlComment[];
}

type ScalarEvent = Extract<Event, { chomping: unknown }>;

interface State {
  readonly source: string;
  readonly lines: readonly number[];
  readonly events: readonly Event[];
  readonly rules: 'v2' | 'v3';
  readonly anchors: Map<string, YamlNode | undefined>;
  /** Ends of the text that cannot hold a comment, and the comments found between. */
  comments: YamlComment[];
  scanned: number;
  position: number;
}

/**
 * Reads every document of a text into nodes, with the comments beside: for those who care about the order of keys,
 * types that JSON does not have, or what people wrote between the lines. Aliases give the node that they name, `<<` is
 * an ordinary key. `rules` is `v3` unless told otherwise; the other options are those of `parseYaml`.
 *
 * @throws {YamlError} `SYNTAX`, `LIMIT`
 */
export function parseYamlNodes(
  text: string,
  options: Pick<ParseYamlOptions, 'filename' | 'rules' | 'maxDepth'> = {},
): YamlDocumentNode[] {
  const { source, events } = readEvents(text, options);
  const state: State = {
    source,
    lines: lineStarts(source),
    events,
    rules: options.rules ?? 'v3',
    anchors: new Map(),
    comments: [],
    scanned: 0,
    position: 0,
  };
  const documents: { root: YamlNode | undefined; comments: YamlComment[] }[] = [];
  while (state.position < events.length) {
    if ((events[state.position++] as Event).type !== EVENT_ID.DOCUMENT) continue;
    state.anchors.clear();
    const isEmpty = (events[state.position] as Event).type === EVENT_ID.POP;
    const root = isEmpty ? undefined : readNode(state);
    state.position++;
    scanComments(state, endOfDocument(state));
    documents.push({ root, comments: state.comments });
    state.comments = [];
  }
  return documents;
}

function readNode(state: State): YamlNode {
  const event = state.events[state.position++] as Event;
  switch (event.type) {
    case EVENT_ID.SCALAR: {
      const node = readScalar(state, event);
      if (event.anchorStart !== -1) state.anchors.set(anchorOf(state, event), node);
      return node;
    }
    case EVENT_ID.SEQUENCE: {
      const items: YamlNode[] = [];
      if (event.anchorStart !== -1) state.anchors.set(anchorOf(state, event), undefined);
      while ((state.events[state.position] as Event).type !== EVENT_ID.POP) items.push(readNode(state));
      state.position++;
      const flow = event.style === COLLECTION_STYLE.FLOW;
      const node: YamlNode = { type: 'list', flow, items, ...placeOf(state, event.start) };
      if (event.anchorStart !== -1) state.anchors.set(anchorOf(state, event), node);
      return node;
    }
    case EVENT_ID.MAPPING: {
      const entries: [YamlNode, YamlNode][] = [];
      if (event.anchorStart !== -1) state.anchors.set(anchorOf(state, event), undefined);
      while ((state.events[state.position] as Event).type !== EVENT_ID.POP) {
        const key = readNode(state);
        entries.push([key, readNode(state)]);
      }
      state.position++;
      const flow = event.style === COLLECTION_STYLE.FLOW;
      const first = entries[0]?.[0];
      const start = flow || first === undefined ? event.start : first.start;
      const node: YamlNode = { type: 'map', flow, entries, ...placeOf(state, start) };
      if (event.anchorStart !== -1) state.anchors.set(anchorOf(state, event), node);
      return node;
    }
    case EVENT_ID.ALIAS: {
      const name = anchorOf(state, event);
      const node = state.anchors.get(name);
      if (node !== undefined) return node;
      const reason = state.anchors.has(name)
        ? `anchor '${name}' value contains itself`
        : `unknown anchor '${name}' referenced`;
      throw new YamlError('SYNTAX', `yaml: ${reason}`, { reason });
    }
    default:
      throw new YamlError('SYNTAX', 'yaml: unexpected end of document');
  }
}

function anchorOf({ source }: State, event: { anchorStart: number; anchorEnd: number }): string {
  return source.slice(event.anchorStart, event.anchorEnd);
}

function readScalar(state: State, event: ScalarEvent): YamlScalarNode {
  const start = Math.max(event.valueStart, 0);
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  if (event.valueStart !== -1) {
    // The header of a block may have a comment of its own; what follows it is text, whatever it looks like.
    scanComments(state, isBlock ? headerOf(state, event) : start);
    state.scanned = Math.max(state.scanned, event.valueEnd);
  }
  const text = getScalarValue(state.source, event);
  const tag = event.tagStart === -1 ? '' : state.source.slice(event.tagStart, event.tagEnd);
  const plain = event.style === SCALAR_STYLE.PLAIN && tag === '';
  const resolves = event.style === SCALAR_STYLE.PLAIN && tag !== '!' && tag !== '!!str';
  return {
    type: 'scalar',
    value: resolves ? (resolveScalar(text, state.rules) as YamlScalarNode['value']) : text,
    text,
    plain,
    ...placeOf(state, start),
  };
}

/** Where the lines of a block scalar begin. */
function headerOf({ source }: State, event: ScalarEvent): number {
  const before = source.lastIndexOf('\n', Math.max(event.valueStart - 1, 0));
  return before === -1 ? event.valueStart : before;
}

function scanComments(state: State, end: number): void {
  const { source, scanned } = state;
  let at = source.indexOf('#', scanned);
  while (at !== -1 && at < end) {
    const before = at === 0 ? '\n' : (source[at - 1] as string);
    if (before === ' ' || before === '\t' || before === '\n' || before === '\r' || before === '\ufeff') {
      let stop = source.indexOf('\n', at);
      if (stop === -1) stop = source.length;
      const { column } = placeOf(state, at);
      const ownLine = source.slice(at - column, at).trim() === '';
      const text = source.slice(at + 1, stop).replace(/\r$/, '');
      state.comments.push({ text, start: at, column, ownLine });
      at = source.indexOf('#', stop);
    } else at = source.indexOf('#', at + 1);
  }
  state.scanned = Math.max(scanned, end);
}

/** Where the document that was just read ends: before the marker of the next one. */
function endOfDocument({ source, scanned, events, position }: State): number {
  if (position >= events.length) return source.length;
  const marker = /^(?:---|\.\.\.)(?=\s|$)/gm;
  marker.lastIndex = scanned;
  return marker.exec(source)?.index ?? source.length;
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function placeOf({ lines }: State, start: number): Placed {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] as number) <= start) low = middle;
    else high = middle - 1;
  }
  return { start, column: start - (lines[low] as number) };
}
