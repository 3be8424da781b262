import { parseYaml, stringifyYaml, YamlError } from '@fluvial/yaml';
import { Accumulator } from './accumulator.ts';
import { toFieldSpecs } from './config.ts';
import { DecodeError, decodeShape, type Shape } from './decode.ts';
import { decode } from './documents.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import { generate } from './generate/generators.ts';
import { addHash } from './generate/hash.ts';
import {
  type FieldSpecSpec,
  type GeneratorSpec,
  type ImageSpec,
  type PatchSpec,
  type ReplacementSpec,
  type ReplicaSpec,
  shapes,
} from './kustomization.ts';
import { applyJson6902Entry, applyPatch, applyStrategicMergeEntries, parseMergePatches } from './patch/patches.ts';
import { placeOf, relativeTo } from './places.ts';
import { applyReplacements, createAt } from './replacements.ts';
import type { Resource } from './resource.ts';
import { isMap, mapMember, stringMember } from './scalar.ts';
import { selectTargets } from './selector.ts';
import { accumulate, type BuildState, loadTarget, schemaLookup, type Target } from './target.ts';
import { setImage } from './transform/images.ts';
import { addAffix, type NamespaceOptions, setEntries, setNamespace, setReplicas } from './transform/metadata.ts';
import { type KObject, KustomizeError, type Origin } from './types.ts';

/** One transformer, ready to run. */
export interface Step {
  /** Where it is configured, and by what. */
  readonly origin: Origin;
  run(accumulator: Accumulator): void;
}

/** An object that configures a plugin, and the file that it comes from. */
interface PluginConfig {
  readonly object: KObject;
  readonly configuredIn: string;
}

function originOf({ object, configuredIn }: PluginConfig): Origin {
  return {
    file: '',
    index: 0,
    line: 0,
    configuredIn,
    generator: stringMember(object, 'kind'),
    generatorName: stringMember(object.metadata, 'name'),
    generatorNamespace: stringMember(object.metadata, 'namespace'),
  };
}

/** What the `generators` of a kustomization make. Only built-in kinds are known. @throws {KustomizeError} */
export function configuredGenerators(target: Target, state: BuildState): Resource[] {
  const entries = target.kustomization.generators ?? [];
  if (entries.length === 0) return [];
  try {
    return readConfigs(entries, target, state).flatMap((config) => runGenerator(config, target));
  } catch (error) {
    if (!(error instanceof KustomizeError) || error.code !== 'REFUSED') throw error;
    throw new KustomizeError(error.code, `loading generator plugins: failed to load generator: ${error.message}`, {
      cause: error,
      ...placeOf(error),
    });
  }
}

/** The steps that `transformers` or `validators` configure. @throws {KustomizeError} */
export function configuredTransformers(
  target: Target,
  state: BuildState,
  field: 'transformers' | 'validators',
): Step[] {
  const entries = target.kustomization[field] ?? [];
  if (entries.length === 0) return [];
  return readConfigs(entries, target, state).map((config) => toStep(config, target, state));
}

/** Each entry is inline YAML, a file, or a directory with a kustomization that yields configuration objects. */
function readConfigs(entries: readonly string[], target: Target, state: BuildState): PluginConfig[] {
  state.usedSchema = true; // it has none of these kinds
  const { loader } = target;
  return entries.flatMap((entry) => {
    const inFile = (text: string, file: string): PluginConfig[] =>
      parseConfigs(text).map((object) => ({ object, configuredIn: relativeTo(loader.fs.root, file) }));
    if (parseMergePatches(entry) !== undefined) return inFile(entry, target.file);
    const directory = state.context.fs.stat(joinPath(loader.root, entry)) === 'directory';
    if (!directory) {
      const { bytes, path } = loader.readFile(entry);
      return inFile(decode(bytes), path);
    }
    const accumulator = new Accumulator();
    accumulate(loadTarget(loader.open(entry), state), accumulator, state);
    return accumulator.resources.map(({ object, origin }) => ({
      object,
      configuredIn: origin.configuredIn ?? origin.file,
    }));
  });
}

function joinPath(root: string, path: string): string {
  return path.startsWith('/') ? path : `${root}/${path}`;
}

function parseConfigs(text: string): KObject[] {
  try {
    return parseYaml(text, { rules: 'v3' }).filter(isMap);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError('KUSTOMIZATION_INVALID', error.message, { cause: error });
  }
}

function refuse(config: KObject): never {
  throw new KustomizeError(
    'REFUSED',
    `external plugins disabled; unable to load external plugin '${stringMember(config, 'kind')}'`,
  );
}

function member<T>(config: KObject, key: string, shape?: Shape): T | undefined {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  if (shape === undefined || value === undefined) return value as T | undefined;
  try {
    return decodeShape(value, shape) as T;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `trouble configuring builtin ${stringMember(config, 'kind')} with config: \`\n${stringifyYaml(config)}\`: error unmarshaling JSON: while decoding JSON: ${error.message}`,
      { cause: error },
    );
  }
}

function specsOf(config: KObject): FieldSpec[] {
  return toFieldSpecs(member<FieldSpecSpec[]>(config, 'fieldSpecs', { type: 'list', of: shapes.fieldSpec, go: '' }));
}

function runGenerator(source: PluginConfig, target: Target): Resource[] {
  const config = source.object;
  if (config.apiVersion !== 'builtin') return refuse(config);
  const { loader } = target;
  const metadata = mapMember(config, 'metadata');
  const spec: GeneratorSpec = {
    ...(config as GeneratorSpec),
    name: stringMember(metadata, 'name') || stringMember(config, 'name'),
    namespace: stringMember(metadata, 'namespace') || stringMember(config, 'namespace'),
  };
  const kind = stringMember(config, 'kind');
  const origin = originOf(source);
  switch (kind) {
    case 'ConfigMapGenerator':
      return [generate('ConfigMap', spec, undefined, loader, origin)];
    case 'SecretGenerator':
      return [generate('Secret', spec, undefined, loader, origin)];
    case 'HelmChartInflationGenerator':
      throw new KustomizeError(
        'TRANSFORM_FAILED',
        `trouble configuring builtin HelmChartInflationGenerator with config: \`\n${stringifyYaml(config)}\`: must specify --enable-helm`,
      );
    default:
      return refuse(config);
  }
}

function toStep(source: PluginConfig, target: Target, state: BuildState): Step {
  const config = source.object;
  if (config.apiVersion !== 'builtin') return refuse(config);
  const kind = stringMember(config, 'kind');
  const { loader } = target;
  const schemaOf = schemaLookup(state);
  const origin = originOf(source);
  const on = (run: (accumulator: Accumulator) => void): Step => ({
    origin,
    run(accumulator) {
      run(accumulator);
      accumulator.touch();
    },
  });
  const affix = (position: 'prefix' | 'suffix'): Step => {
    const specs = specsOf(config);
    if (specs.length === 0) {
      throw new KustomizeError('TRANSFORM_FAILED', 'fieldSpecs is not expected to be nil');
    }
    return on(({ resources }) => addAffix(resources, stringMember(config, position), position, specs));
  };
  switch (kind) {
    case 'AnnotationsTransformer':
      return on(({ resources }) => setEntries(resources, member(config, 'annotations') ?? {}, specsOf(config)));
    case 'LabelTransformer':
      return on(({ resources }) => setEntries(resources, member(config, 'labels') ?? {}, specsOf(config)));
    case 'NamespaceTransformer': {
      const namespace = stringMember(config.metadata, 'namespace');
      const options = namespaceOptions(config);
      return on((accumulator) => setNamespace(accumulator, namespace, specsOf(config), options));
    }
    case 'PrefixTransformer':
      return affix('prefix');
    case 'SuffixTransformer':
      return affix('suffix');
    case 'PrefixSuffixTransformer':
      return on(({ resources }) => {
        addAffix(resources, stringMember(config, 'prefix'), 'prefix', specsOf(config));
        addAffix(resources, stringMember(config, 'suffix'), 'suffix', specsOf(config));
      });
    case 'ImageTagTransformer':
      return on(({ resources }) =>
        setImage(resources, member<ImageSpec>(config, 'imageTag', shapes.image) ?? {}, specsOf(config)),
      );
    case 'ReplicaCountTransformer':
      return on(({ resources }) =>
        setReplicas(resources, member<ReplicaSpec>(config, 'replica', shapes.replica) ?? {}, specsOf(config)),
      );
    case 'PatchTransformer': {
      const { path, patch, target: to, options } = config as PatchSpec;
      return on((accumulator) => applyPatch(accumulator, { path, patch, target: to, options }, loader, schemaOf));
    }
    case 'PatchStrategicMergeTransformer': {
      const paths = member<string[]>(config, 'paths') ?? [];
      const patches = stringMember(config, 'patches');
      const entries = patches === '' ? paths : [...paths, patches];
      return on((accumulator) => applyStrategicMergeEntries(accumulator, entries, loader, schemaOf));
    }
    case 'PatchJson6902Transformer': {
      const entry: PatchSpec = {
        target: member(config, 'target'),
        path: member(config, 'path'),
        patch: member(config, 'jsonOp'),
      };
      return on((accumulator) => applyJson6902Entry(accumulator, entry, loader));
    }
    case 'ReplacementTransformer':
      return on(({ resources }) =>
        applyReplacements(resources, member<ReplacementSpec[]>(config, 'replacements') ?? [], loader),
      );
    case 'ValueAddTransformer':
      return on(({ resources }) => addValues(resources, config));
    case 'HashTransformer':
      return on(({ resources }) => {
        for (const resource of resources) addHash(resource);
      });
    default:
      return refuse(config);
  }
}

function namespaceOptions(config: KObject): NamespaceOptions {
  const mode = stringMember(config, 'setRoleBindingSubjects') || 'defaultOnly';
  if (mode !== 'defaultOnly' && mode !== 'allServiceAccounts' && mode !== 'none') {
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `invalid value "${mode}" for setRoleBindingSubjects: must be one of [none, defaultOnly, allServiceAccounts]`,
    );
  }
  return { unsetOnly: config.unsetOnly === true, subjects: mode };
}

/** Adds a text to fields of selected resources. */
function addValues(resources: readonly Resource[], config: KObject): void {
  const value = stringMember(config, 'value');
  for (const entry of member<KObject[]>(config, 'targets') ?? []) {
    const { selector, fieldPath } = entry as { selector?: Record<string, string>; fieldPath?: string };
    for (const resource of selectTargets(resources, selector ?? {})) {
      createAt(resource.object, fieldSpec(fieldPath ?? '', { create: true }).segments, value);
    }
  }
}
