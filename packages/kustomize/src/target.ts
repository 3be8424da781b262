import { posix } from 'node:path';
import { parseYaml, stringifyYaml, YamlError } from '@fluvial/yaml';
import type { Accumulator } from './accumulator.ts';
import { Accumulator as NewAccumulator } from './accumulator.ts';
import { mergeConfig, readConfig } from './config.ts';
import type { BuildContext, Loader } from './context.ts';
import { crdConfig } from './crds.ts';
import { DecodeError } from './decode.ts';
import { checkObject, copyObject, DocumentError, decode, parseResources } from './documents.ts';
import { FileSystemError } from './file-system.ts';
import { generate } from './generate/generators.ts';
import { idText } from './id.ts';
import {
  checkKinds,
  isEmptyKustomization,
  KUSTOMIZATION_FILES,
  type Kustomization,
  type ReadKustomization,
  readKustomization,
  toKustomization,
} from './kustomization.ts';
import { type CustomSchema, readCustomSchema } from './openapi.ts';
import { builtinMergeSchema } from './patch/merge-schema.ts';
import type { SchemaOf } from './patch/patches.ts';
import { inField, type Placed, placed, placeOf, placeOfField, placeOfOrigin, relativeTo } from './places.ts';
import { configuredGenerators } from './plugins.ts';
import { idKey, Resource } from './resource.ts';
import { stringMember } from './scalar.ts';
import { runTransformers } from './transformers.ts';
import { type KObject, KustomizeError, type KustomizeErrorCode, type Origin } from './types.ts';
import { bindVars, describeVars } from './vars.ts';

/** What the directories of one build share. */
export interface BuildState {
  readonly context: BuildContext;
  buildMetadata: ReadonlySet<string>;
  schema: CustomSchema | undefined;
  /** The built-in schema was asked for something. */
  usedSchema: boolean;
  /** The custom schema stands alone. */
  withoutBuiltin: boolean;
  resources: number;
  /** The directory that is built; origins in annotations are relative to it. */
  readonly dir: string;
}

/** One kustomization on its way through the build. */
export interface Target {
  readonly kustomization: Kustomization;
  readonly loader: Loader;
  /** Absolute path of the kustomization file. */
  readonly file: string;
  /** Its text, unless an object stands for it. */
  readonly text?: string | undefined;
}

/** Wraps an error as the original does, keeping its code. */
export function wrapError(prefix: string, error: unknown, separator = ': '): KustomizeError {
  if (error instanceof KustomizeError && error.code === 'ABORTED') return error;
  const code: KustomizeErrorCode =
    error instanceof KustomizeError
      ? error.code
      : error instanceof FileSystemError
        ? error.code === 'OUTSIDE'
          ? 'OUTSIDE'
          : error.code === 'LIMIT'
            ? 'LIMIT'
            : 'RESOURCE_INVALID'
        : 'RESOURCE_INVALID';
  if (!(error instanceof Error)) throw error;
  if (
    !(error instanceof KustomizeError) &&
    !(error instanceof FileSystemError) &&
    !(error instanceof DocumentError) &&
    !(error instanceof YamlError)
  ) {
    throw error;
  }
  return new KustomizeError(code, `${prefix}${separator}${error.message}`, {
    cause: error,
    ...placeOf(error),
  });
}

function within<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw wrapError(prefix, error);
  }
}

/** Finds and decodes the kustomization file of a directory. @throws {KustomizeError} */
export function loadTarget(loader: Loader, state: BuildState): Target {
  const { context } = state;
  const found: string[] = [];
  for (const name of KUSTOMIZATION_FILES) {
    const path = posix.join(loader.root, name);
    if (loader.fs.stat(path) === 'file') found.push(name);
    else context.record(path, 'absent');
  }
  if (found.length === 0) {
    throw new KustomizeError(
      'KUSTOMIZATION_INVALID',
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${loader.root}'`,
    );
  }
  if (found.length > 1) {
    throw new KustomizeError('KUSTOMIZATION_INVALID', `Found multiple kustomization files under: ${loader.root}\n`);
  }
  const name = found[0] as string;
  const { bytes, path } = loader.readFile(name);
  const text = decode(bytes);
  return readTarget({ loader, file: path, text }, context, () => readKustomization(text));
}

/** A target whose kustomization does not come from a file. */
export function contentTarget(
  content: Record<string, unknown>,
  loader: Loader,
  file: string,
  { context }: BuildState,
): Target {
  return readTarget({ loader, file: posix.join(loader.root, file) }, context, () => toKustomization(content));
}

function readTarget(source: Placed, context: BuildContext, read: () => ReadKustomization): Target {
  const { loader } = source;
  try {
    const { kustomization, warnings } = read();
    for (const warning of warnings) context.warn(warning);
    if (isEmptyKustomization(kustomization)) {
      throw new KustomizeError('KUSTOMIZATION_INVALID', 'kustomization.yaml is empty');
    }
    const problems = checkKinds(kustomization);
    if (problems.length > 0) {
      throw new KustomizeError(
        'KUSTOMIZATION_INVALID',
        `Failed to read kustomization file under ${loader.root}:\n${problems.join('\n')}`,
      );
    }
    return { ...source, kustomization };
  } catch (error) {
    throw placed(error, () => {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof DecodeError && cause.field !== undefined) return placeOfField(source, cause.field);
      const line = cause instanceof YamlError ? cause.line : undefined;
      return { file: relativeTo(loader.fs.root, source.file), line };
    });
  }
}

/** Runs the steps of one kustomization on an accumulator: its own, or its parent's for a component. */
export function accumulate(target: Target, accumulator: Accumulator, state: BuildState): void {
  const { kustomization, loader } = target;
  state.context.checkAborted();
  if (kustomization.openapi !== undefined) inField(target, 'openapi', undefined, () => useSchema(target, state));
  within('accumulating resources', () => {
    for (const [i, path] of (kustomization.resources ?? []).entries()) {
      inField(target, 'resources', i, () => accumulateResource(path, target, accumulator, state));
    }
  });
  readConfigurations(target, accumulator);
  runGenerators(target, accumulator, state);
  within('accumulating components', () => {
    for (const [i, path] of (kustomization.components ?? []).entries()) {
      inField(target, 'components', i, () => accumulateComponent(path, loader, accumulator, state));
    }
  });
  runTransformers(target, accumulator, state);
  const vars = kustomization.vars ?? [];
  inField(target, 'vars', undefined, () => {
    within(`merging vars ${describeVars(vars)}`, () => {
      accumulator.addVars(vars);
      bindVars(accumulator.resources, vars);
    });
  });
}

function accumulateComponent(path: string, loader: Loader, accumulator: Accumulator, state: BuildState): void {
  let opened: Loader;
  try {
    opened = loader.open(path);
  } catch (error) {
    throw quoted('loader.New ', error);
  }
  try {
    accumulateDirectory(opened, accumulator, state, true);
  } catch (error) {
    throw quoted('accumulateDirectory: ', error);
  }
}

const MAX_QUOTED = 64 * 1024;

function quoted(prefix: string, error: unknown): KustomizeError {
  const wrapped = wrapError('', error, '');
  // Every level of quoting doubles the backslashes of the one below: a deep chain would fill the memory.
  if (wrapped.code === 'ABORTED' || wrapped.message.length > MAX_QUOTED) return wrapped;
  return new KustomizeError(wrapped.code, `${prefix}${JSON.stringify(wrapped.message)}`, {
    cause: error,
    ...placeOf(wrapped),
  });
}

function useSchema(target: Target, state: BuildState): void {
  const { openapi } = target.kustomization;
  if (openapi === undefined || state.schema !== undefined) return;
  state.schema = readCustomSchema(openapi, target.loader);
  if (state.context.options.customSchema === 'instead' && !state.usedSchema) state.withoutBuiltin = true;
}

/** How lists merge, by the custom schema and the built-in one. */
export function schemaLookup(state: BuildState): SchemaOf {
  return (apiVersion, kind) => {
    state.usedSchema = true;
    const custom = state.schema?.mergeSchema(apiVersion, kind);
    return custom ?? (state.withoutBuiltin ? undefined : builtinMergeSchema(apiVersion, kind));
  };
}

function accumulateResource(path: string, target: Target, accumulator: Accumulator, state: BuildState): void {
  let fileError: unknown;
  try {
    accumulateFile(path, target, accumulator, state);
    return;
  } catch (error) {
    fileError = error;
    if (error instanceof KustomizeError && (error.code === 'LIMIT' || error.code === 'ABORTED')) throw error;
  }
  const malformed = fileError instanceof KustomizeError && fileError.message.includes('MalformedYAMLError');
  let opened: Loader;
  try {
    opened = target.loader.open(path);
  } catch (error) {
    if (malformed) throw fileError;
    const { code, message } = wrapError(`accumulation err='${(fileError as Error).message}'`, error);
    const file = fileError instanceof KustomizeError ? fileError : undefined;
    throw new KustomizeError(file === undefined || file.code === 'RESOURCE_INVALID' ? code : file.code, message, {
      cause: file ?? error,
      ...placeOf(file),
    });
  }
  try {
    accumulateDirectory(opened, accumulator, state, false);
  } catch (error) {
    if (malformed) throw fileError;
    throw wrapError(`accumulation err='${(fileError as Error).message}'`, error);
  }
}

function accumulateFile(path: string, target: Target, accumulator: Accumulator, state: BuildState): void {
  const resources = within(`accumulating resources from '${path}'`, () => loadResources(path, target.loader, state));
  const ids = new Set<string>();
  for (const resource of resources) {
    const key = idKey(resource.currentId(), resource.clusterScoped);
    if (ids.has(key)) {
      throw new KustomizeError(
        'CONFLICT',
        `accumulating resources from '${path}': may not add resource with an already registered id: ${idText(resource.currentId())}`,
        placeOfOrigin(resource.origin),
      );
    }
    ids.add(key);
  }
  within(`merging resources from '${path}'`, () => {
    for (const resource of resources) accumulator.append(resource);
  });
}

/** The resources of a file. @throws {KustomizeError} */
export function loadResources(path: string, loader: Loader, state: BuildState): Resource[] {
  const file = loader.readFile(path);
  const name = relativeTo(loader.fs.root, file.path);
  try {
    return parseResources(file.bytes, file.digest).map(({ object, line, index }) => {
      try {
        checkObject(object);
      } catch (error) {
        throw placed(error, () => ({ file: name, line }));
      }
      return createResource(copyObject(object), { file: name, index, line }, state);
    });
  } catch (error) {
    if (error instanceof DocumentError) {
      throw new KustomizeError(
        'RESOURCE_INVALID',
        error.malformed ? `MalformedYAMLError: ${error.message} in File: ${path}` : error.message,
        { cause: error, file: name, line: error.line },
      );
    }
    throw error;
  }
}

/** Counts towards the limit of the build. */
export function createResource(object: KObject, origin: Origin, state: BuildState): Resource {
  if (++state.resources > state.context.maxResources) {
    throw new KustomizeError('LIMIT', `the build has more than ${state.context.maxResources} resources`);
  }
  const resource = new Resource(object, origin, state.schema?.clusterScoped);
  // To tell whether a kind has namespaces the original loads the built-in schema, unless it knows the kind by heart.
  if (!state.usedSchema && builtinMergeSchema(stringMember(object, 'apiVersion'), resource.kind) === undefined) {
    state.usedSchema = true;
  }
  return resource;
}

function accumulateDirectory(loader: Loader, accumulator: Accumulator, state: BuildState, isComponent: boolean): void {
  const target = within(`couldn't make target for path '${loader.root}'`, () => loadTarget(loader, state));
  const { kind } = target.kustomization;
  if (isComponent && kind !== 'Component') {
    throw new KustomizeError(
      'KUSTOMIZATION_INVALID',
      `expected kind 'Component' for path '${loader.root}' but got '${kind}'`,
      placeOfField(target, 'kind'),
    );
  }
  if (!isComponent && kind === 'Component') {
    throw new KustomizeError('KUSTOMIZATION_INVALID', `expected kind != 'Component' for path '${loader.root}'`, {
      ...placeOfField(target, 'kind'),
    });
  }
  if (isComponent) {
    within(`recursed accumulation of path '${loader.root}'`, () => accumulate(target, accumulator, state));
    within(`recursed merging from path '${loader.root}'`, () => accumulator.checkIds());
    return;
  }
  const child = new NewAccumulator();
  within(`recursed accumulation of path '${loader.root}'`, () => accumulate(target, child, state));
  within(`recursed merging from path '${loader.root}'`, () => accumulator.merge(child));
}

function readConfigurations(target: Target, accumulator: Accumulator): void {
  const { kustomization, loader } = target;
  for (const [i, path] of (kustomization.configurations ?? []).entries()) {
    inField(target, 'configurations', i, () => {
      const { bytes, path: absolute } = loader.readFile(path);
      const config = readConfig(bytes, relativeTo(loader.fs.root, absolute));
      accumulator.config = mergeConfig(accumulator.config, config);
    });
  }
  const { crds } = kustomization;
  if (crds !== undefined && crds.length > 0) {
    inField(target, 'crds', undefined, () => {
      accumulator.config = mergeConfig(accumulator.config, crdConfig(crds, loader));
    });
  }
}

function runGenerators(target: Target, accumulator: Accumulator, state: BuildState): void {
  const { kustomization, loader, file } = target;
  const configuredIn = relativeTo(loader.fs.root, file);
  const origin: Origin = { file: '', index: 0, line: 0, configuredIn };
  for (const kind of ['ConfigMap', 'Secret'] as const) {
    const field = kind === 'ConfigMap' ? 'configMapGenerator' : 'secretGenerator';
    for (const [i, spec] of (kustomization[field] ?? []).entries()) {
      inField(target, field, i, () => {
        const resource = generate(kind, spec, kustomization.generatorOptions, loader, {
          ...origin,
          generator: `${kind}Generator`,
        });
        within('merging from generator', () => accumulator.absorb(resource));
      });
    }
  }
  const charts = [...(kustomization.helmCharts ?? []), ...(kustomization.helmChartInflationGenerator ?? [])];
  if (charts.length > 0) {
    throw new KustomizeError(
      'REFUSED',
      `trouble configuring builtin HelmChartInflationGenerator with config: \`\n${stringifyYaml(chartText(charts[0], kustomization))}\`: must specify --enable-helm`,
      placeOfField(target, kustomization.helmCharts === undefined ? 'helmChartInflationGenerator' : 'helmCharts'),
    );
  }
  inField(target, 'generators', undefined, () => {
    for (const resource of configuredGenerators(target, state)) {
      within('merging from generator', () => accumulator.absorb(resource));
    }
  });
}

/** A chart's entry as the original shows it: with the namespace of the kustomization. */
function chartText(chart: unknown, { namespace }: Kustomization): unknown {
  const entry = typeof chart === 'object' && chart !== null ? chart : {};
  return namespace && !Object.hasOwn(entry, 'namespace') ? { ...entry, namespace } : entry;
}

/** Reads the objects of an inline text or file that configures plugins. */
export function readConfigObjects(text: string): KObject[] {
  return parseYaml(text, { rules: 'v2' }).filter(
    (value): value is KObject => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
}

/** A file's text, for helpers that parse it themselves. */
export function readText(loader: Loader, path: string): string {
  return decode(loader.readFile(path).bytes);
}
