import { cloneJson, parseJson, parseYaml, stringifyJson, stringifyYaml, YamlError } from '@fluvial/yaml';
import type { Loader } from './context.ts';
import { DecodeError, decodeShape, list } from './decode.ts';
import { decode } from './documents.ts';
import { elementTest, isListSegment, lookup, splitFieldPath } from './field-path.ts';
import { gvkText, isSelected, type ResId } from './id.ts';
import { type ReplacementSpec, type ReplacementTargetSpec, type SelectorSpec, shapes } from './kustomization.ts';
import type { Resource } from './resource.ts';
import {
  BrokenScalar,
  isMap,
  isScalar,
  resolveResourceScalar,
  Scalar,
  SharedText,
  settleScalars,
  tagOf,
  textOf,
  UntypedScalar,
} from './scalar.ts';
import { createSelector } from './selector.ts';
import { KustomizeError } from './types.ts';
import { isUntyped } from './written.ts';
import { wrongKindText } from './wrong-kind.ts';

function fail(message: string, cause?: unknown): never {
  throw new KustomizeError('TRANSFORM_FAILED', message, { cause });
}

/** Applies every entry in order. Entries with a `path` are read now. @throws {KustomizeError} */
export function applyReplacements(
  resources: readonly Resource[],
  entries: readonly ReplacementSpec[],
  loader: Loader,
): void {
  const all: ReplacementSpec[] = [];
  for (const entry of entries) {
    if (!entry.path) all.push(entry);
    else if (entry.source !== undefined || entry.targets !== undefined || entry.sourceValue !== undefined) {
      fail('cannot specify both path and inline replacement');
    } else all.push(...readReplacements(entry.path, loader));
  }
  for (const replacement of all) applyReplacement(resources, replacement);
}

function readReplacements(path: string, loader: Loader): ReplacementSpec[] {
  const { bytes } = loader.readFile(path);
  try {
    const [content] = parseYaml(decode(bytes), { rules: 'v2' });
    const shape = Array.isArray(content) ? list(shapes.replacement) : shapes.replacement;
    const decoded = decodeShape(content, shape) as ReplacementSpec | ReplacementSpec[];
    return Array.isArray(decoded) ? decoded : [decoded];
  } catch (error) {
    if (!(error instanceof YamlError) && !(error instanceof DecodeError)) throw error;
    return fail(`unmarshalling ${path}: ${error.message}`, error);
  }
}

function applyReplacement(resources: readonly Resource[], replacement: ReplacementSpec): void {
  const { source, sourceValue, targets } = replacement;
  if ((source === undefined && sourceValue === undefined) || targets === undefined || targets.length === 0) {
    fail('replacements must specify a source and at least one target');
  }
  if (source !== undefined && sourceValue !== undefined) fail('value and resource selectors are mutually exclusive');
  const value = source === undefined ? () => sourceValue : readSource(resources, source);
  for (const target of targets ?? []) applyTarget(resources, target, value);
}

/** The value to copy: as it stands now, for a source may be a target as well. */
type Source = () => unknown;

interface SourceSpec extends SelectorSpec {
  readonly fieldPath?: string;
  readonly options?: { readonly delimiter?: string; readonly index?: number; readonly create?: boolean };
}

function readSource(resources: readonly Resource[], source: SourceSpec): Source {
  const matches = resources.filter((resource) => resource.ids().some((id) => matchesExactly(id, source)));
  const wanted: ResId = {
    group: source.group ?? '',
    version: source.version ?? '',
    kind: source.kind ?? '',
    name: source.name ?? '',
    namespace: source.namespace ?? '',
  };
  const path = source.fieldPath || 'metadata.name';
  if (matches.length > 1) fail(`multiple matches for selector ${selectorText(wanted)}${sourceText(source)}`);
  const [resource] = matches;
  if (resource === undefined) return fail(`nothing selected by ${selectorText(wanted)}${sourceText(source)}`);
  const segments = splitFieldPath(path);
  const value = lookup(resource.object, segments);
  if (isNothing(value)) {
    return fail(`fieldPath \`${path}\` is missing for replacement source ${selectorText(wanted)}`);
  }
  const delimiter = source.options?.delimiter;
  if (!delimiter) return () => lookup(resource.object, segments) ?? value;
  if (!isScalar(value)) return fail('delimiter option can only be used with scalar nodes');
  const parts = textOf(value).split(delimiter);
  const index = source.options?.index ?? 0;
  if (index >= parts.length || index < 0) fail(`options.index ${index} is out of bounds for value ${textOf(value)}`);
  return () => parts[index];
}

/** The rest of a source, as the original names it. */
function sourceText({ fieldPath: path, options }: SourceSpec): string {
  const at = path === undefined ? '' : `:${path}`;
  if (options === undefined) return at;
  return `${at}:${options.delimiter ?? ''}(${options.index ?? 0}), create=${options.create === true}`;
}

/** Absent or empty: an empty map or list counts as well. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (value instanceof Scalar) return value.text === '';
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

function selectorText(id: ResId): string {
  return `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;
}

function matchesExactly(id: ResId, spec: SelectorSpec): boolean {
  return (
    isSelected(id, { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' }) &&
    (!spec.name || spec.name === id.name) &&
    (!spec.namespace || spec.namespace === (id.namespace || 'default'))
  );
}

function applyTarget(resources: readonly Resource[], target: ReplacementTargetSpec, value: Source): void {
  const { select } = target;
  if (select === undefined) fail('target must specify resources to select');
  const selector = createSelector(select);
  const rejects = (target.reject ?? []).filter((reject) => Object.values(reject).some((part) => part !== ''));
  const rejectors = rejects.map(createSelector);
  const paths =
    target.fieldPaths === undefined || target.fieldPaths.length === 0 ? ['metadata.name'] : target.fieldPaths;
  for (const resource of resources) {
    const ids = resource.ids();
    if (!selector.metadata(resource)) continue;
    if (!ids.some((id) => fitsId(selector, id))) continue;
    const rejected = rejectors.some(
      (rejector) => rejector.metadata(resource) && ids.some((id) => fitsId(rejector, id)),
    );
    if (rejected) continue;
    for (const path of paths) replaceAt(resource, path, value(), target.options ?? {});
  }
}

function fitsId(selector: ReturnType<typeof createSelector>, id: ResId): boolean {
  const namespace = selector.spec.namespace;
  return (
    selector.gvk(id) &&
    selector.name(id.name) &&
    (namespace === undefined || namespace === '' || selector.namespace(id.namespace || 'default'))
  );
}

interface TargetOptions {
  readonly delimiter?: string;
  readonly index?: number;
  readonly create?: boolean;
}

function replaceAt(resource: Resource, path: string, value: unknown, options: TargetOptions): void {
  const segments = splitFieldPath(path);
  const verb = options.create === true ? 'find or create' : 'find';
  let found = 0;
  try {
    found = visit(resource.object, segments, 0, value, options, (change) => {
      const next = change(resource.object);
      if (isMap(next)) resource.object = next;
    });
  } catch (error) {
    if (!(error instanceof PathProblem)) throw error;
    fail(`unable to ${verb} field "${path}" in replacement target: ${error.message}`, error);
  }
  if (found === 0) fail(`unable to ${verb} field "${path}" in replacement target`);
}

/** Says where a path leads nowhere. */
class PathProblem extends Error {}

function wrongKind(expected: string, node: unknown): PathProblem {
  return new PathProblem(wrongKindText(expected, node));
}

/** Writes a value at a path of plain keys, making what is missing. */
export function createAt(root: unknown, segments: readonly string[], value: unknown): void {
  visit(root, segments, 0, value, { create: true }, () => {});
}

type Setter = (change: (old: unknown) => unknown) => void;

/** Changes every place that a path names; returns how many there were. */
function visit(
  node: unknown,
  segments: readonly string[],
  at: number,
  value: unknown,
  options: TargetOptions,
  set: Setter,
): number {
  if (at === segments.length) {
    set((old) => replacement(old, value, options));
    return 1;
  }
  const segment = segments[at] as string;
  if (Array.isArray(node)) return visitList(node, segment, segments, at, value, options);
  if (isMap(node)) {
    const known = Object.hasOwn(node, segment) ? node[segment] : undefined;
    if (isListSegment(segment)) throw wrongKind('SequenceNode', node);
    if (known === null && Object.hasOwn(node, segment)) {
      // Null is there: it can be replaced, if only by null, and leads nowhere.
      if (at === segments.length - 1) return visit(known, segments, at + 1, value, options, setter(node, segment));
      return options.create === true ? 1 : 0;
    }
    if (known === undefined) {
      if (options.create !== true) return 0;
      const rest = segments.slice(at + 1);
      if (rest.includes('*')) throw wrongKind('SequenceNode', {});
      const whole = isMap(value) && !options.delimiter;
      const made = create(rest, whole ? {} : value, options);
      if (made === NOT_CREATED) return 0;
      setter(node, segment)(() => made);
      if (!whole) return 1;
      // What is copied may hold the place that was just made for it.
      return visit(node[segment], segments, at + 1, cloneJson(value), {}, setter(node, segment));
    }
    return visit(known, segments, at + 1, value, options, setter(node, segment));
  }
  if (isScalar(node)) return visitEmbedded(node, segments.slice(at), value, options, set);
  return 0;
}

function setter(map: Record<string, unknown>, key: string): Setter {
  return (change) => {
    const old = map[key];
    const next = change(typeof old === 'string' && isUntyped(map, key) ? new UntypedScalar(old, old) : old);
    Object.defineProperty(map, key, { value: next, enumerable: true, writable: true, configurable: true });
  };
}

function itemSetter(items: unknown[], index: number): Setter {
  return (change) => {
    items[index] = change(items[index]);
  };
}

function visitList(
  items: unknown[],
  segment: string,
  segments: readonly string[],
  at: number,
  value: unknown,
  options: TargetOptions,
): number {
  let count = 0;
  if (segment === '*') {
    for (let i = 0; i < items.length; i++)
      count += visit(items[i], segments, at + 1, value, options, itemSetter(items, i));
    return count;
  }
  const test = elementTest(segment);
  if (test !== undefined) {
    for (let i = 0; i < items.length; i++) {
      if (test.fits(items[i])) count += visit(items[i], segments, at + 1, value, options, itemSetter(items, i));
    }
    if (count > 0 || options.create !== true || items.some(test.fits)) return count;
    const element: unknown = test.key === '' ? test.value : { [test.key]: test.value };
    items.push(element);
    return visit(element, segments, at + 1, value, options, itemSetter(items, items.length - 1));
  }
  if (!/^\d+$/.test(segment)) throw wrongKind('MappingNode', items);
  const index = Number(segment);
  if (index < items.length) return visit(items[index], segments, at + 1, value, options, itemSetter(items, index));
  if (options.create !== true || index !== items.length) {
    throw new PathProblem(`index ${index} specified but only ${items.length} elements found`);
  }
  const made = create(segments.slice(at + 1), value, options);
  if (made === NOT_CREATED) return 0;
  items.push(made);
  return 1;
}

const NOT_CREATED = Symbol('not created');

/** Builds what a path that does not exist leads to. */
function create(segments: readonly string[], value: unknown, options: TargetOptions): unknown {
  const [segment, ...rest] = segments;
  if (segment === undefined) return replacement(undefined, value, options);
  const test = elementTest(segment);
  if (test !== undefined) {
    if (test.key === '') return [replacement(undefined, value, options)];
    const element: Record<string, unknown> = { [test.key]: test.value };
    if (rest.length === 0) return [value];
    const [next, ...more] = rest as [string, ...string[]];
    const made = create(more, value, options);
    if (made === NOT_CREATED) return NOT_CREATED;
    element[next] = made;
    return [element];
  }
  const made = create(rest, value, options);
  if (made === NOT_CREATED) return NOT_CREATED;
  if (/^\d+$/.test(segment)) {
    if (Number(segment) > 0) throw new PathProblem(`index ${segment} specified but only 0 elements found`);
    return [made];
  }
  return { [segment]: made };
}

/** What stands at a target afterwards. */
function replacement(old: unknown, value: unknown, options: TargetOptions): unknown {
  let next = value;
  const { delimiter } = options;
  if (delimiter) {
    if (old !== undefined && old !== null && !isScalar(old))
      return fail('delimiter option can only be used with scalar nodes');
    const parts = (old === undefined || old === null ? '' : textOf(old)).split(delimiter);
    if ((old === undefined || old === null) && !isScalar(value)) {
      return fail('delimiter option can only be used with scalar nodes');
    }
    const text = isScalar(value) ? textOf(value) : '';
    const index = options.index ?? 0;
    if (index < 0) parts.unshift(text);
    else if (index >= parts.length) parts.push(text);
    else parts[index] = text;
    next = parts.join(delimiter);
  }
  if (!isScalar(next)) {
    // A scalar takes the text of what comes, and maps and lists have none.
    if (typeof old === 'string' || old instanceof SharedText) return '';
    return isScalar(old) ? new Scalar('', null) : cloneJson(next);
  }
  const text = textOf(next);
  if (old instanceof SharedText) {
    old.change(text);
    return old;
  }
  // A string stays a string, and every other scalar keeps its type, too.
  if (typeof old === 'string') return text;
  const typed = resolveResourceScalar(text);
  if (old === undefined || old instanceof UntypedScalar) {
    return new UntypedScalar(text, typed instanceof Scalar ? typed.value : typed);
  }
  const [was, is] = [tagOf(old), tagOf(typed)];
  if (was === is || (was === '!!float' && is === '!!int') || was === '!!str') return typed;
  return new BrokenScalar(text, `map[string]interface {}(nil): yaml: cannot decode ${is} \`${text}\` as a ${was}`);
}

/** Goes on inside of a scalar that holds a JSON or YAML document. */
function visitEmbedded(
  node: unknown,
  segments: readonly string[],
  value: unknown,
  options: TargetOptions,
  set: Setter,
): number {
  const text = textOf(node);
  const expected = isListSegment(segments[0] ?? '') ? 'SequenceNode' : 'MappingNode';
  let document: unknown;
  let json = true;
  try {
    document = parseJson(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    json = false;
    try {
      [document] = parseYaml(text, { rules: 'v3' });
    } catch (inner) {
      if (inner instanceof YamlError) throw wrongKind(expected, node);
      throw inner;
    }
  }
  if (!isMap(document) && !Array.isArray(document)) throw wrongKind(expected, node);
  if (json) {
    // A number cannot become a text in JSON: the original then leaves the document as it is.
    const old = lookup(document, segments);
    const isText = isScalar(value) && typeof resolveResourceScalar(textOf(value)) === 'string';
    if (typeof old === 'number' && isText) return 1;
  }
  const count = visit(document, segments, 0, value, { create: options.create }, () => {});
  if (count === 0) return 0;
  set(() => {
    if (!json) return stringifyYaml(settleScalars(document), { sortKeys: false }).trim();
    const settled = settleScalars(document);
    const compact = stringifyJson(settled, { sortKeys: true });
    return text.includes('\n') ? JSON.stringify(JSON.parse(compact), null, 2) : compact;
  });
  return count;
}
