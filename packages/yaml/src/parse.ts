import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import { cloneJson } from './clone-json.ts';
import { YamlError, type YamlErrorCode } from './error.ts';
import { goReason } from './go-reason.ts';
import { formatGoFloat } from './numbers.ts';
import { setOwn } from './own-property.ts';
import { parseTimestamp, resolveScalar, type ScalarRules } from './scalar.ts';

export interface ParseYamlOptions {
  /** Put before every message. */
  readonly filename?: string;
  /** How plain scalars are typed. Default `v2`. */
  readonly rules?: ScalarRules;
  /** A key that a mapping has twice: its last value wins (default) or it is an error. */
  readonly duplicateKeys?: 'last' | 'error';
  /** Default 64 MiB of text (UTF-16 units). */
  readonly maxLength?: number;
  /** Deepest nesting. Default 1000. */
  readonly maxDepth?: number;
  /** Types a plain scalar without a tag in place of `rules`. */
  readonly resolve?: (text: string) => unknown;
  /** Keeps documents that are empty or `null` (as null). Default: they are left out. */
  readonly keepEmpty?: boolean;
  /** What stands behind the first document, and is no document of its own, is not looked at. Default: an error. */
  readonly ignoreRest?: boolean;
  /** With `v3`: keys of a document's outermost mapping may be any scalar and are read as text. Default false. */
  readonly looseRootKeys?: boolean;
  /**
   * Called for members whose value does not tell how it was written: texts in quotes or blocks (`quoted`), and nulls,
   * with the text that stood for them. Members that come from aliases or `<<` are not reported.
   */
  readonly onWritten?: (map: object, key: string, text: string, quoted: boolean) => void;
}

const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024;
const DEFAULT_MAX_DEPTH = 1000;

interface Anchor {
  value: unknown;
  /** Nodes in the value; -1 while it is still being built. */
  nodes: number;
}

interface State {
  readonly source: string;
  readonly events: Event[];
  readonly options: ParseYamlOptions;
  readonly resolve: (text: string) => unknown;
  readonly strictKeys: boolean;
  readonly v3: boolean;
  position: number;
  nodes: number;
  aliasedNodes: number;
  /** The next mapping is the outermost one of a document whose keys may be any scalar. */
  looseKeys: boolean;
  anchors: Map<string, Anchor>;
  tagHandles: Map<string, string>;
}

/**
 * Reads every document of a YAML (or JSON) text. Documents that are empty or null are left out.
 *
 * Objects are plain; integers beyond 2^53 are BigInt; `__proto__` is an ordinary own key. Aliases and `<<` are
 * expanded into copies, bounded like go-yaml bounds them.
 *
 * @throws {YamlError} `SYNTAX`, `DUPLICATE_KEY`, `UNSUPPORTED`, `LIMIT`.
 */
export function parseYaml(text: string, options: ParseYamlOptions = {}): unknown[] {
  if (text.length > (options.maxLength ?? DEFAULT_MAX_LENGTH)) {
    throw new YamlError(
      'LIMIT',
      `yaml: document is larger than ${options.maxLength ?? DEFAULT_MAX_LENGTH} characters`,
      {
        filename: options.filename,
      },
    );
  }
  const rules = options.rules ?? 'v2';
  const { source, events: parsed } = readEvents(text, options);
  const state: State = {
    source,
    events: parsed,
    options,
    resolve: options.resolve ?? (rules === 'v2' ? resolveV2 : resolveV3),
    strictKeys: options.duplicateKeys === 'error',
    v3: rules === 'v3',
    position: 0,
    nodes: 0,
    aliasedNodes: 0,
    looseKeys: false,
    anchors: new Map(),
    tagHandles: new Map(),
  };
  const documents: unknown[] = [];
  const { events } = state;
  while (state.position < events.length) {
    const start = events[state.position++] as Event;
    if (start.type !== EVENT_ID.DOCUMENT) continue;
    if (state.anchors.size > 0) state.anchors = new Map();
    state.tagHandles.clear();
    for (const directive of start.directives) {
      if (directive.kind === 'tag') state.tagHandles.set(directive.handle, directive.prefix);
    }
    const first = events[state.position];
    let value: unknown = null;
    state.looseKeys = options.looseRootKeys === true;
    if (first !== undefined && first.type !== EVENT_ID.POP) value = readNode(state);
    state.position++; // end of the document
    if (value !== null || options.keepEmpty === true) documents.push(value);
  }
  return documents;
}

/**
 * Reads a text that holds at most one document; `undefined` if it holds none.
 *
 * @throws {YamlError} as {@link parseYaml}, and `MULTIPLE_DOCUMENTS`.
 */
export function parseYamlDocument(text: string, options: ParseYamlOptions = {}): unknown {
  const documents = parseYaml(text, options);
  if (documents.length > 1) {
    throw new YamlError('MULTIPLE_DOCUMENTS', `yaml: expected one document, found ${documents.length}`, {
      filename: options.filename,
    });
  }
  return documents[0];
}

function resolveV2(text: string): unknown {
  return resolveScalar(text, 'v2');
}

function resolveV3(text: string): unknown {
  return resolveScalar(text, 'v3');
}

const MAX_REPAIRS = 2000;
const MAX_REPAIR_WORK = 200_000_000;

/**
 * Parses into events. The parser wants what stands inside of brackets or quotes to be indented deeper than the block
 * around, as the specification has it; go-yaml does not, and many manifests close a list with `]` in the first column.
 * Leading blanks mean nothing there, so such a line is moved to the right and the text read again.
 */
export function readEvents(text: string, options: ParseYamlOptions): { source: string; events: Event[] } {
  let source = text;
  for (let repairs = 0; ; repairs++) {
    try {
      return { source, events: parseEvents(source, { maxDepth: options.maxDepth ?? DEFAULT_MAX_DEPTH }) };
    } catch (error) {
      if (!(error instanceof YAMLException)) {
        if (error instanceof RangeError) throw new YamlError('LIMIT', 'yaml: nested too deeply', { cause: error });
        throw error;
      }
      const end = options.ignoreRest === true ? endOfFirst(error) : 0;
      if (end > 0 && end < source.length) {
        source = source.slice(0, end);
        continue;
      }
      const repaired =
        repairs < MAX_REPAIRS && repairs * source.length < MAX_REPAIR_WORK ? indentMore(source, error) : undefined;
      if (repaired === undefined) throw syntaxError(text, source, error, options);
      source = repaired;
    }
  }
}

function endOfFirst(error: YAMLException): number {
  return error.reason.startsWith('end of the stream or a document separator') ? (error.mark?.position ?? 0) : 0;
}

const DEEPER = ' '.repeat(64);

function indentMore(source: string, error: YAMLException): string | undefined {
  if (error.reason !== 'deficient indentation' || error.mark === undefined) return undefined;
  const { position } = error.mark;
  if (position >= source.length) return undefined;
  const start = source.lastIndexOf('\n', position - 1) + 1;
  // Once is enough unless the block around is deeper than that; a document marker is no content.
  if (source.startsWith(DEEPER.repeat(4), start) || /^(?:---|\.\.\.)(?:\s|$)/.test(source.slice(start, start + 4))) {
    return undefined;
  }
  return source.slice(0, start) + DEEPER + source.slice(start);
}

function syntaxError(text: string, source: string, error: YAMLException, options: ParseYamlOptions): YamlError {
  const code: YamlErrorCode = error.reason.includes('nesting exceeded') ? 'LIMIT' : 'SYNTAX';
  const atEnd = error.reason === 'deficient indentation' && (error.mark?.position ?? 0) >= source.length;
  const { line, column, reason } = goReason(source, error);
  const words = atEnd && reason === 'deficient indentation' ? 'found unexpected end of stream' : reason;
  return new YamlError(code, line > 0 ? `yaml: line ${line}: ${words}` : `yaml: ${words}`, {
    cause: error,
    line: line > 0 ? line : (error.mark?.line ?? -1) + 1,
    column: source === text ? column : 0,
    filename: options.filename,
    reason: words,
  });
}

function readNode(state: State): unknown {
  const event = state.events[state.position++] as Event;
  switch (event.type) {
    case EVENT_ID.SCALAR: {
      state.nodes++;
      const value = readScalar(state, event);
      if (event.anchorStart !== -1) state.anchors.set(anchorName(state, event), { value, nodes: 1 });
      return value;
    }
    case EVENT_ID.SEQUENCE: {
      const before = state.nodes++;
      const anchor = openAnchor(state, event);
      const list: unknown[] = [];
      while ((state.events[state.position] as Event).type !== EVENT_ID.POP) list.push(readNode(state));
      state.position++;
      if (anchor !== undefined) {
        anchor.value = list;
        anchor.nodes = state.nodes - before;
      }
      return list;
    }
    case EVENT_ID.MAPPING:
      return readMapping(state, event);
    case EVENT_ID.ALIAS:
      return readAlias(state, event);
    default:
      throw new YamlError('SYNTAX', 'yaml: unexpected end of document', { filename: state.options.filename });
  }
}

export type Anchored = Extract<Event, { anchorStart: number }>;

function anchorName(state: State, event: Anchored): string {
  return state.source.slice(event.anchorStart, event.anchorEnd);
}

function openAnchor(state: State, event: Anchored): Anchor | undefined {
  if (event.anchorStart === -1) return undefined;
  const anchor: Anchor = { value: undefined, nodes: -1 };
  state.anchors.set(anchorName(state, event), anchor);
  return anchor;
}

function readAlias(state: State, event: Anchored): unknown {
  const name = anchorName(state, event);
  const anchor = state.anchors.get(name);
  if (anchor === undefined)
    return fail(state, 'SYNTAX', event.anchorStart, `unknown anchor '${name}' referenced`, false);
  if (anchor.nodes < 0) {
    return fail(state, 'SYNTAX', event.anchorStart, `anchor '${name}' value contains itself`, false);
  }
  state.nodes += anchor.nodes;
  state.aliasedNodes += anchor.nodes;
  // The bound of go-yaml: small documents may repeat freely, from there on aliases may make up less and less.
  if (state.aliasedNodes > 100 && state.nodes > 1000 && state.aliasedNodes / state.nodes > aliasRatio(state.nodes)) {
    return fail(state, 'LIMIT', event.anchorStart, 'document contains excessive aliasing', false);
  }
  return cloneJson(anchor.value);
}

function aliasRatio(nodes: number): number {
  if (nodes <= 400_000) return 0.99;
  if (nodes >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((nodes - 400_000) / 3_600_000);
}

function readMapping(state: State, event: Extract<Event, { type: 3 }>): unknown {
  const before = state.nodes++;
  const anchor = openAnchor(state, event);
  const object: Record<string, unknown> = {};
  let lines: Map<string, number> | undefined;
  let merged: Set<string> | undefined;
  const { events, looseKeys } = state;
  const { onWritten } = state.options;
  state.looseKeys = false;
  while ((events[state.position] as Event).type !== EVENT_ID.POP) {
    const keyEvent = events[state.position] as Event;
    const position = keyEvent.type === EVENT_ID.SCALAR ? keyEvent.valueStart : -1;
    if (isMergeKey(state, keyEvent)) {
      state.position++;
      merged = mergeInto(state, object, readNode(state), position, merged);
      continue;
    }
    const given = readNode(state);
    const key =
      looseKeys && given !== null && keyEvent.type === EVENT_ID.SCALAR
        ? scalarText(state.source, keyEvent)
        : keyText(state, given, position);
    if (state.strictKeys) {
      lines ??= new Map();
      const earlier = lines.get(key);
      if (earlier !== undefined) duplicateKey(state, key, earlier, position);
      lines.set(key, position);
    }
    merged?.delete(key);
    const valueEvent = events[state.position] as Event;
    const value = readNode(state);
    if (onWritten !== undefined && valueEvent.type === EVENT_ID.SCALAR) {
      const quoted = valueEvent.style !== SCALAR_STYLE.PLAIN && typeof value === 'string';
      if (quoted || value === null)
        onWritten(object, key, quoted ? value : scalarText(state.source, valueEvent), quoted);
    }
    if (key === '__proto__') setOwn(object, key, value);
    else object[key] = value;
  }
  state.position++;
  if (anchor !== undefined) {
    anchor.value = object;
    anchor.nodes = state.nodes - before;
  }
  return object;
}

function duplicateKey(state: State, key: string, earlier: number, position: number): never {
  const line = lineAt(state.source, position);
  const reason = state.v3
    ? `mapping key ${JSON.stringify(key)} already defined at line ${lineAt(state.source, earlier)}`
    : `key ${JSON.stringify(key)} already set in map`;
  throw new YamlError('DUPLICATE_KEY', `yaml: unmarshal errors:\n  line ${line}: ${reason}`, {
    line,
    column: columnAt(state.source, position),
    filename: state.options.filename,
    reason,
  });
}

function isMergeKey(state: State, event: Event): boolean {
  if (event.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN) return false;
  if (event.valueEnd - event.valueStart !== 2 || event.tagStart !== -1) return false;
  return state.source.startsWith('<<', event.valueStart);
}

/** Merges what `<<` names: earlier entries of a list win over later ones; v3 never overrides, v2 goes by position. */
function mergeInto(
  state: State,
  object: Record<string, unknown>,
  value: unknown,
  position: number,
  merged: Set<string> | undefined,
): Set<string> {
  const own = merged ?? new Set<string>();
  const sources = Array.isArray(value) ? [...value].reverse() : [value];
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      fail(state, 'SYNTAX', position, 'map merge requires map or sequence of maps as the value', false);
    }
    for (const [key, item] of Object.entries(source as object)) {
      if (state.v3 && Object.hasOwn(object, key) && !own.has(key)) continue;
      setOwn(object, key, item);
      own.add(key);
    }
  }
  return own;
}

function keyText(state: State, key: unknown, position: number): string {
  if (typeof key === 'string') return key;
  if (!state.v3) {
    if (typeof key === 'boolean') return key ? 'true' : 'false';
    if (typeof key === 'bigint') return String(key);
    if (typeof key === 'number') return Number.isInteger(key) ? String(key) : formatGoFloat(shortestFloat32(key));
    return fail(
      state,
      'UNSUPPORTED',
      position,
      `unsupported map key of type: ${key === null ? 'nil' : typeof key}`,
      false,
    );
  }
  return fail(state, 'UNSUPPORTED', position, 'json: unsupported type: map[interface {}]interface {}', false, '');
}

// Float keys are printed by Go with the digits that a 32-bit float needs.
function shortestFloat32(value: number): number {
  const target = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(target.toPrecision(digits));
    if (Math.fround(candidate) === target) return candidate;
  }
  return target;
}

/** A block at the very end of a text has the line breaks that stand there: none is made up. */
function scalarText(source: string, event: Extract<Event, { type: 4 }>): string {
  const text = getScalarValue(source, event);
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  if (!isBlock || event.valueEnd !== source.length || source.endsWith('\n')) return text;
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

function readScalar(state: State, event: Extract<Event, { type: 4 }>): unknown {
  const text = scalarText(state.source, event);
  if (event.tagStart !== -1) return readTagged(state, event, text);
  if (event.style !== SCALAR_STYLE.PLAIN) return text;
  const value = state.resolve(text);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const sign = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    return fail(state, 'UNSUPPORTED', event.valueStart, `json: unsupported value: ${sign}`, false, '');
  }
  return value;
}

const LONG_PREFIX = 'tag:yaml.org,2002:';

function shortTag(state: State, raw: string): string {
  if (raw.startsWith('!<') && raw.endsWith('>')) {
    const verbatim = raw.slice(2, -1);
    return verbatim.startsWith(LONG_PREFIX) ? `!!${verbatim.slice(LONG_PREFIX.length)}` : verbatim;
  }
  const end = raw.indexOf('!', 1);
  const handle = end === -1 ? '!' : raw.slice(0, end + 1);
  const prefix = state.tagHandles.get(handle);
  if (prefix === undefined) return raw;
  const full = prefix + raw.slice(handle.length);
  return full.startsWith(LONG_PREFIX) ? `!!${full.slice(LONG_PREFIX.length)}` : full;
}

function readTagged(state: State, event: Extract<Event, { type: 4 }>, text: string): unknown {
  const tag = shortTag(state, state.source.slice(event.tagStart, event.tagEnd));
  switch (tag) {
    case '!!str':
      return text;
    case '!!binary':
      return Buffer.from(text, 'base64').toString('utf8');
    case '!!int':
    case '!!float':
    case '!!bool':
    case '!!null': {
      const value = resolveScalar(text, state.v3 ? 'v3' : 'v2');
      if (!fitsTag(tag, value)) {
        const actual = typeof value === 'string' ? '!!str' : tagOf(value);
        fail(state, 'SYNTAX', event.valueStart, `cannot decode ${actual} \`${text}\` as a ${tag}`, false);
      }
      return value;
    }
    case '!!timestamp':
      return state.v3 ? (parseTimestamp(text) ?? text) : text;
    default:
      // A tag of one's own makes a text of anything; the bare `!` tells nothing.
      return event.style === SCALAR_STYLE.PLAIN && tag === '!' && state.v3 ? state.resolve(text) : text;
  }
}

function tagOf(value: unknown): string {
  if (value === null) return '!!null';
  if (typeof value === 'boolean') return '!!bool';
  if (typeof value === 'bigint' || Number.isInteger(value)) return '!!int';
  return typeof value === 'number' ? '!!float' : '!!str';
}

function fitsTag(tag: string, value: unknown): boolean {
  const actual = tagOf(value);
  return actual === tag || (tag === '!!float' && actual === '!!int');
}

function fail(
  state: State,
  code: YamlErrorCode,
  position: number,
  reason: string,
  place = true,
  prefix = 'yaml: ',
): never {
  const line = position >= 0 ? lineAt(state.source, position) : 0;
  throw new YamlError(code, `${prefix}${place && line > 0 ? `line ${line}: ` : ''}${reason}`, {
    line,
    column: position >= 0 ? columnAt(state.source, position) : 0,
    filename: state.options.filename,
    reason,
  });
}

function lineAt(source: string, position: number): number {
  let line = 1;
  for (let i = source.indexOf('\n'); i !== -1 && i < position; i = source.indexOf('\n', i + 1)) line++;
  return line;
}

function columnAt(source: string, position: number): number {
  return position - source.lastIndexOf('\n', position - 1);
}
