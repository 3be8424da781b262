import { parseJson, parseYaml, YamlError } from '@fluvial/yaml';
import type { Accumulator } from '../accumulator.ts';
import type { Loader } from '../context.ts';
import { checkObject, copyObject, DocumentError, decode, parseObjects } from '../documents.ts';
import { FileSystemError } from '../file-system.ts';
import { idText, parseApiVersion, type ResId } from '../id.ts';
import { describe, type PatchSpec, type SelectorSpec } from '../kustomization.ts';
import { placeOf } from '../places.ts';
import type { Resource } from '../resource.ts';
import { isMap, isScalar, mapMember, settleScalars, stringMember, textOf } from '../scalar.ts';
import { selectTargets } from '../selector.ts';
import { type KObject, KustomizeError } from '../types.ts';
import { nullText, writeNaturally } from '../written.ts';
import { applyJsonPatch, type Operation } from './json-patch.ts';
import type { MergeSchema } from './merge-schema.ts';
import { strategicMerge } from './strategic-merge.ts';

export type SchemaOf = (apiVersion: string, kind: string) => MergeSchema | undefined;

interface PatchSource {
  readonly text: string;
  /** How messages name it: `[path: "x"]` or `[patch: "…"]`. */
  readonly label: string;
}

interface ParsedPatch {
  readonly merges: readonly KObject[];
  readonly operations: readonly Operation[] | undefined;
  readonly label: string;
}

/** Parses a text as strategic merge documents; `undefined` if it is none. */
export function parseMergePatches(text: string): KObject[] | undefined {
  try {
    const objects = parseObjects(text).map(({ object }) => object);
    if (objects.length === 0) return undefined;
    for (const object of objects) checkObject(object);
    return objects as KObject[];
  } catch (error) {
    if (error instanceof DocumentError || error instanceof KustomizeError) return undefined;
    throw error;
  }
}

/** Parses a text as JSON 6902 operations: JSON if it starts with `[`, else YAML 1.1; `undefined` if it is none. */
export function parseOperations(text: string): Operation[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  try {
    const value = trimmed.startsWith('[') ? parseJson(trimmed) : parseYaml(text, { rules: 'v2' })[0];
    if (!Array.isArray(value) || value.length === 0 || !value.every(isMap)) return undefined;
    return value as Operation[];
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return undefined;
  }
}

/** Runs the configuration of a built-in plugin; failures name it and its entry. */
export function configuring<T>(plugin: string, entry: unknown, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof FileSystemError) {
      const code = error.code === 'OUTSIDE' || error.code === 'LIMIT' ? error.code : 'TRANSFORM_FAILED';
      throw new KustomizeError(code, troubleText(plugin, entry, error), { cause: error });
    }
    if (!(error instanceof KustomizeError) || error.code === 'ABORTED') throw error;
    throw new KustomizeError(error.code, troubleText(plugin, entry, error), { cause: error, ...placeOf(error) });
  }
}

function troubleText(plugin: string, entry: unknown, error: Error): string {
  return `trouble configuring builtin ${plugin} with config: \`\n${describe(entry)}\`: ${error.message}`;
}

function sourceOf(entry: PatchSpec, loader: Loader): PatchSource {
  if (entry.patch && entry.path) {
    throw new KustomizeError('TRANSFORM_FAILED', `patch and path can't be set at the same time\n${describe(entry)}`);
  }
  if (!entry.patch && !entry.path) {
    throw new KustomizeError('TRANSFORM_FAILED', `must specify one of patch and path in\n${describe(entry)}`);
  }
  if (!entry.path) {
    const text = (entry.patch as string).trim();
    return { text, label: `[patch: ${JSON.stringify(text)}]` };
  }
  try {
    const { bytes } = loader.readFile(entry.path);
    return { text: decode(bytes), label: `[path: ${JSON.stringify(entry.path)}]` };
  } catch (error) {
    if (error instanceof KustomizeError && error.code !== 'OUTSIDE') throw error;
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `failed to get the patch file from path(${entry.path}): ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function parsePatch(source: PatchSource): ParsedPatch {
  const merges = parseMergePatches(source.text);
  const operations = parseOperations(source.text);
  if (merges === undefined && operations === undefined) {
    throw new KustomizeError('TRANSFORM_FAILED', `unable to parse SM or JSON patch from ${source.label}`);
  }
  if (merges !== undefined && operations !== undefined) {
    throw new KustomizeError('TRANSFORM_FAILED', `illegally qualifies as both an SM and JSON patch: ${source.label}`);
  }
  return { merges: merges ?? [], operations, label: source.label };
}

/** Applies one entry of `patches`. */
export function applyPatch(accumulator: Accumulator, entry: PatchSpec, loader: Loader, schemaOf: SchemaOf): void {
  const { merges, operations, label } = configuring('PatchTransformer', entry, () =>
    parsePatch(sourceOf(entry, loader)),
  );
  if (merges.length > 1 && entry.target !== undefined) {
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${label}`,
    );
  }
  if (operations !== undefined && entry.target === undefined) {
    throw new KustomizeError('TRANSFORM_FAILED', `must specify a target for JSON patch ${label}`);
  }
  if (operations !== undefined) {
    const targets = targetsOf(accumulator, entry.target ?? {});
    for (const resource of targets) patchJson(resource, operations, true);
    if (targets.length > 0) accumulator.touch();
    return;
  }
  const allow = { name: entry.options?.allowNameChange === true, kind: entry.options?.allowKindChange === true };
  if (entry.target === undefined) {
    for (const patch of merges) applyMergePatch(accumulator, patch, schemaOf, allow);
  } else {
    const patch = merges[0] as KObject;
    for (const resource of targetsOf(accumulator, entry.target)) {
      patchMerge(resource, withTexts(patch, ['labels', 'annotations']), schemaOf, allow);
    }
  }
  accumulator.dropEmpty();
  accumulator.touch();
  if (entry.target !== undefined) accumulator.checkIds();
}

function targetsOf(accumulator: Accumulator, spec: SelectorSpec): Resource[] {
  try {
    return selectTargets(accumulator.resources, spec);
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error;
    const id = { group: '', version: '', kind: '', name: '', namespace: '', ...spec };
    throw new KustomizeError(
      error.code,
      `unable to find patch target "${idText(id)}:a=${spec.annotationSelector ?? ''}:l=${spec.labelSelector ?? ''}" in \`resources\`: ${error.message}`,
      { cause: error, ...placeOf(error) },
    );
  }
}

interface Allow {
  readonly name: boolean;
  readonly kind: boolean;
}

/** Applies a strategic merge document to the one object that it names. */
export function applyMergePatch(
  accumulator: Accumulator,
  patch: KObject,
  schemaOf: SchemaOf,
  allow: Allow,
  labelled = true,
): void {
  const id: ResId = {
    ...parseApiVersion(stringMember(patch, 'apiVersion')),
    kind: stringMember(patch, 'kind'),
    name: stringMember(patch.metadata, 'name'),
    namespace: stringMember(patch.metadata, 'namespace'),
  };
  const matches = accumulator.byAnyId(id);
  if (matches.length === 0) {
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `${labelled ? `no resource matches strategic merge patch "${idText(id)}": ` : ''}no matches for Id ${idText(id)}; failed to find unique target for patch ${idText(id)}`,
    );
  }
  if (matches.length > 1) {
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `${labelled ? `no resource matches strategic merge patch "${idText(id)}": ` : ''}multiple matches for Id ${idText(id)}; failed to find unique target for patch ${idText(id)}`,
    );
  }
  const noted = allow.name || allow.kind ? withTexts(patch, ['annotations']) : patch;
  patchMerge(matches[0] as Resource, labelled ? noted : withTexts(patch, ['labels', 'annotations']), schemaOf, allow);
}

/**
 * Where the original takes notes in a patch, its labels or annotations pass through a copy as texts: there `null` does
 * not delete, it becomes the text "null".
 */
function withTexts(patch: KObject, fields: readonly ('labels' | 'annotations')[]): KObject {
  const metadata = mapMember(patch, 'metadata');
  if (metadata === undefined) return patch;
  const changed: Record<string, unknown> = {};
  for (const field of fields) {
    const map = mapMember(metadata, field);
    if (map === undefined) continue;
    changed[field] = Object.fromEntries(
      Object.entries(map).map(([key, value]) => [
        key,
        value === null ? nullText(map, key) : isScalar(value) ? textOf(value) : '',
      ]),
    );
  }
  return { ...patch, metadata: { ...metadata, ...changed } };
}

function patchMerge(resource: Resource, patch: KObject, schemaOf: SchemaOf, allow: Allow): void {
  const { name, namespace, kind } = resource;
  const apiVersion = stringMember(resource.object, 'apiVersion');
  if (allow.name || allow.kind) resource.remember();
  const copy = copyObject(patch);
  if (copy.apiVersion !== undefined) copy.apiVersion = resource.object.apiVersion;
  const before = demandAnnotations(resource.object);
  const result = strategicMerge(resource.object, copy, schemaOf(apiVersion, kind));
  if (result === undefined) {
    resource.object = {};
    return;
  }
  resource.object = result;
  if (before !== undefined && resource.annotations !== before) resource.forget();
  dropEmptyAnnotations(result);
  if (!allow.kind) result.kind = kind;
  if (!allow.name) resource.name = name;
  resource.namespace = namespace;
}

/** The original keeps its notes in annotations, so there always are some; without entries they vanish again. */
function demandAnnotations(object: KObject): Record<string, unknown> | undefined {
  const metadata = mapMember(object, 'metadata');
  if (metadata === undefined) return undefined;
  if (metadata.annotations === undefined || metadata.annotations === null) metadata.annotations = {};
  return mapMember(metadata, 'annotations');
}

function dropEmptyAnnotations(object: KObject): void {
  const metadata = mapMember(object, 'metadata');
  if (metadata === undefined || !Object.hasOwn(metadata, 'annotations')) return;
  const { annotations } = metadata;
  if (!isMap(annotations) || Object.keys(annotations).length === 0) delete metadata.annotations;
}

/** `remembers`: the id that was counts as a former one, even if it stays; `patchesJson6902` leaves no trace of it. */
function patchJson(resource: Resource, operations: readonly Operation[], remembers: boolean): void {
  if (remembers) resource.remember();
  settleScalars(resource.object);
  const before = demandAnnotations(resource.object);
  const result = applyJsonPatch(resource.object, operations);
  if (!isMap(result)) throw new KustomizeError('TRANSFORM_FAILED', 'the patched object is not a map');
  resource.object = result;
  if (before !== undefined && resource.annotations !== before) resource.forgetOrigin();
  writeNaturally(result, true);
  dropEmptyAnnotations(result);
}

/** Applies `patchesStrategicMerge`: each entry is inline YAML if it parses as objects, else a path. */
export function applyStrategicMergeEntries(
  accumulator: Accumulator,
  entries: readonly string[],
  loader: Loader,
  schemaOf: SchemaOf,
): void {
  const patches = configuring('PatchStrategicMergeTransformer', { paths: entries }, () =>
    entries.flatMap((entry) => {
      const inline = parseMergePatches(entry);
      if (inline !== undefined) return inline;
      const { bytes } = loader.readFile(entry);
      const merges = parseMergePatches(decode(bytes));
      if (merges === undefined) {
        throw new KustomizeError('TRANSFORM_FAILED', `patch appears to be empty or malformed: ${entry}`);
      }
      return merges;
    }),
  );
  for (const patch of patches) {
    applyMergePatch(accumulator, patch, schemaOf, { name: false, kind: false }, false);
    accumulator.dropEmpty();
  }
  accumulator.touch();
}

/** Applies one entry of `patchesJson6902`. */
export function applyJson6902Entry(accumulator: Accumulator, entry: PatchSpec, loader: Loader): void {
  const operations = configuring('PatchJson6902Transformer', entry, () => {
    if (!entry.target?.name) throw new KustomizeError('TRANSFORM_FAILED', 'must specify the target name');
    if (!entry.path && !entry.patch) {
      throw new KustomizeError('TRANSFORM_FAILED', 'empty file path and empty jsonOp');
    }
    if (entry.path && entry.patch) {
      throw new KustomizeError('TRANSFORM_FAILED', 'must specify a file path or jsonOp, not both');
    }
    const text = entry.path ? decode(loader.readFile(entry.path).bytes) : (entry.patch as string);
    const parsed = parseOperations(text);
    if (parsed === undefined) throw new KustomizeError('TRANSFORM_FAILED', 'patch is not a list of operations');
    return parsed;
  });
  for (const resource of targetsOf(accumulator, entry.target ?? {})) patchJson(resource, operations, false);
  accumulator.touch();
}
