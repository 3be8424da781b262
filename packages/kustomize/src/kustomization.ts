import { parseYaml, stringifyYaml, YamlError } from '@fluvial/yaml';
import { ANY, BOOL, DecodeError, decodeShape, INT, INT64, list, mapOf, type Shape, STRING, struct } from './decode.ts';
import { KustomizeError } from './types.ts';

export interface SelectorSpec {
  group?: string;
  version?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  labelSelector?: string;
  annotationSelector?: string;
}

export interface PatchSpec {
  path?: string;
  patch?: string;
  target?: SelectorSpec;
  options?: Record<string, boolean>;
}

export interface FieldSpecSpec {
  group?: string;
  version?: string;
  kind?: string;
  path?: string;
  create?: boolean;
}

export interface LabelSpec {
  pairs?: Record<string, string>;
  includeSelectors?: boolean;
  includeTemplates?: boolean;
  fields?: FieldSpecSpec[];
}

export interface ImageSpec {
  name?: string;
  newName?: string;
  newTag?: string;
  digest?: string;
  tagSuffix?: string;
}

export interface ReplicaSpec {
  name?: string;
  count?: number;
}

export interface GeneratorOptionsSpec {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  disableNameSuffixHash?: boolean;
  immutable?: boolean;
}

export interface GeneratorSpec {
  name?: string;
  namespace?: string;
  behavior?: string;
  type?: string;
  literals?: string[];
  files?: string[];
  env?: string;
  envs?: string[];
  options?: GeneratorOptionsSpec;
}

export interface ReplacementSourceSpec extends SelectorSpec {
  fieldPath?: string;
  options?: { delimiter?: string; index?: number; create?: boolean };
}

export interface ReplacementTargetSpec {
  select?: SelectorSpec;
  reject?: SelectorSpec[];
  fieldPaths?: string[];
  options?: { delimiter?: string; index?: number; create?: boolean };
}

export interface ReplacementSpec {
  path?: string;
  source?: ReplacementSourceSpec;
  sourceValue?: string;
  targets?: ReplacementTargetSpec[];
}

export interface VarSpec {
  name?: string;
  objref?: { apiVersion?: string; group?: string; version?: string; kind?: string; name?: string; namespace?: string };
  fieldref?: { fieldPath?: string };
}

/** A decoded kustomization, deprecated spellings folded into the present ones. */
export interface Kustomization {
  apiVersion?: string;
  kind?: string;
  metadata?: unknown;
  resources?: string[];
  components?: string[];
  crds?: string[];
  openapi?: Record<string, string>;
  configurations?: string[];
  namespace?: string;
  namePrefix?: string;
  nameSuffix?: string;
  labels?: LabelSpec[];
  commonLabels?: Record<string, string>;
  commonAnnotations?: Record<string, string>;
  images?: ImageSpec[];
  replicas?: ReplicaSpec[];
  patches?: PatchSpec[];
  patchesStrategicMerge?: string[];
  patchesJson6902?: PatchSpec[];
  replacements?: ReplacementSpec[];
  vars?: VarSpec[];
  configMapGenerator?: GeneratorSpec[];
  secretGenerator?: GeneratorSpec[];
  generatorOptions?: GeneratorOptionsSpec;
  generators?: string[];
  transformers?: string[];
  validators?: string[];
  helmGlobals?: unknown;
  helmCharts?: unknown[];
  helmChartInflationGenerator?: unknown[];
  buildMetadata?: string[];
  sortOptions?: { order?: string; legacySortOptions?: { orderFirst?: string[]; orderLast?: string[] } };
}

const selectorFields = {
  group: STRING,
  version: STRING,
  kind: STRING,
  name: STRING,
  namespace: STRING,
  labelSelector: STRING,
  annotationSelector: STRING,
};
const selector = struct('Selector', selectorFields);
const patch = struct('Patch', { path: STRING, patch: STRING, target: selector, options: mapOf(BOOL) });
const fieldSpecShape = struct('FieldSpec', {
  group: STRING,
  version: STRING,
  kind: STRING,
  path: STRING,
  create: BOOL,
});
const generatorOptions = struct('GeneratorOptions', {
  labels: mapOf(STRING),
  annotations: mapOf(STRING),
  disableNameSuffixHash: BOOL,
  immutable: BOOL,
});
const generatorFields = {
  name: STRING,
  namespace: STRING,
  behavior: STRING,
  literals: list(STRING),
  files: list(STRING),
  env: STRING,
  envs: list(STRING),
  options: generatorOptions,
};
const generatorArgs = Object.fromEntries(
  Object.keys(generatorFields).map((field) => [
    field,
    ['literals', 'files', 'env', 'envs'].includes(field) ? 'GeneratorArgs.KvPairSources' : 'GeneratorArgs',
  ]),
);
const image = struct('Image', {
  name: STRING,
  newName: STRING,
  newTag: STRING,
  digest: STRING,
  tagSuffix: STRING,
});
const fieldOptions = { delimiter: STRING, index: INT, create: BOOL, encoding: STRING };
const replacementFields = {
  source: struct('SourceSelector', {
    ...selectorFields,
    fieldPath: STRING,
    options: struct('FieldOptions', fieldOptions),
  }),
  sourceValue: STRING,
  targets: list(
    struct('TargetSelector', {
      select: selector,
      reject: list(selector),
      fieldPaths: list(STRING),
      options: struct('FieldOptions', fieldOptions),
    }),
  ),
};

/** Shapes that other files decode with, too. */
export const shapes = {
  selector,
  patch,
  fieldSpec: fieldSpecShape,
  generatorOptions,
  image,
  replacement: struct('Replacement', replacementFields),
  configMapArgs: struct('ConfigMapArgs', generatorFields, { embedded: generatorArgs }),
  secretArgs: struct('SecretArgs', { ...generatorFields, type: STRING }, { embedded: generatorArgs }),
  replica: struct('Replica', { name: STRING, count: INT64 }),
};

const kustomizationShape: Shape = struct('Kustomization', {
  apiVersion: STRING,
  kind: STRING,
  metadata: struct('ObjectMeta', {
    name: STRING,
    namespace: STRING,
    labels: mapOf(STRING),
    annotations: mapOf(STRING),
  }),
  openapi: mapOf(STRING),
  namePrefix: STRING,
  nameSuffix: STRING,
  namespace: STRING,
  commonLabels: mapOf(STRING),
  labels: list(
    struct('Label', {
      pairs: mapOf(STRING),
      includeSelectors: BOOL,
      includeTemplates: BOOL,
      fields: list(fieldSpecShape),
    }),
  ),
  commonAnnotations: mapOf(STRING),
  patchesStrategicMerge: list(STRING),
  patchesJson6902: list(patch),
  patches: list(patch),
  images: list(image),
  imageTags: list(image),
  replacements: list(
    struct(
      'ReplacementField',
      { ...replacementFields, path: STRING },
      { embedded: { source: 'Replacement', sourceValue: 'Replacement', targets: 'Replacement' } },
    ),
  ),
  replicas: list(shapes.replica),
  vars: list(
    struct('Var', {
      name: STRING,
      objref: struct('Target', {
        apiVersion: STRING,
        group: STRING,
        version: STRING,
        kind: STRING,
        name: STRING,
        namespace: STRING,
      }),
      fieldref: struct('FieldSelector', { fieldPath: STRING }),
    }),
  ),
  sortOptions: struct('SortOptions', {
    order: STRING,
    legacySortOptions: struct('LegacySortOptions', { orderFirst: list(STRING), orderLast: list(STRING) }),
  }),
  resources: list(STRING),
  components: list(STRING),
  crds: list(STRING),
  bases: list(STRING),
  configMapGenerator: list(shapes.configMapArgs),
  secretGenerator: list(shapes.secretArgs),
  helmGlobals: ANY,
  helmCharts: list(ANY, '[]types.HelmChart'),
  helmChartInflationGenerator: list(ANY, '[]types.HelmChartArgs'),
  generatorOptions,
  configurations: list(STRING),
  generators: list(STRING),
  transformers: list(STRING),
  validators: list(STRING),
  buildMetadata: list(STRING),
});

/** In the order in which they are looked for. */
export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

const API_VERSION = 'kustomize.config.k8s.io/v1beta1';
const COMPONENT_API_VERSION = 'kustomize.config.k8s.io/v1alpha1';

/** What is deprecated, by field, as the original warns. */
const DEPRECATED: readonly (readonly [string, string])[] = [
  ['bases', "# Warning: 'bases' is deprecated. Please use 'resources' instead."],
  ['commonLabels', "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead."],
  ['imageTags', "# Warning: 'imageTags' is deprecated. Please use 'images' instead."],
  ['patchesJson6902', "# Warning: 'patchesJson6902' is deprecated. Please use 'patches' instead."],
  ['patchesStrategicMerge', "# Warning: 'patchesStrategicMerge' is deprecated. Please use 'patches' instead."],
  ['vars', "# Warning: 'vars' is deprecated. Please use 'replacements' instead. [EXPERIMENTAL]"],
];
const FIX_HINT = ` Run 'kustomize edit fix' to update your Kustomization automatically.`;

export interface ReadKustomization {
  readonly kustomization: Kustomization;
  readonly warnings: readonly string[];
}

/**
 * Decodes a kustomization file.
 *
 * @throws {KustomizeError} `KUSTOMIZATION_INVALID`
 */
export function readKustomization(text: string): ReadKustomization {
  let content: unknown;
  try {
    [content] = parseYaml(text, { rules: 'v2' });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError('KUSTOMIZATION_INVALID', `invalid Kustomization: ${error.message}`, { cause: error });
  }
  return toKustomization(content ?? {});
}

/** Decodes content that is already parsed; see {@link readKustomization}. */
export function toKustomization(content: unknown): ReadKustomization {
  let decoded: Record<string, unknown>;
  try {
    decoded = decodeShape(content, kustomizationShape) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new KustomizeError('KUSTOMIZATION_INVALID', `invalid Kustomization: ${error.message}`, { cause: error });
  }
  const warnings: string[] = [];
  for (const [field, text] of DEPRECATED) {
    if (decoded[field] !== undefined) warnings.push(text + FIX_HINT);
  }
  return { kustomization: fold(decoded), warnings };
}

function fold(decoded: Record<string, unknown>): Kustomization {
  const { bases, imageTags, ...rest } = decoded as Kustomization & { bases?: string[]; imageTags?: ImageSpec[] };
  const kustomization: Kustomization = rest;
  if (bases !== undefined) kustomization.resources = [...(kustomization.resources ?? []), ...bases];
  if (imageTags !== undefined) kustomization.images = [...(kustomization.images ?? []), ...imageTags];
  for (const generators of [kustomization.configMapGenerator, kustomization.secretGenerator]) {
    for (const generator of generators ?? []) {
      if (generator.env) generator.envs = [...(generator.envs ?? []), generator.env];
    }
  }
  return kustomization;
}

/** Problems of kind and apiVersion, each a line; defaults are filled in. */
export function checkKinds(kustomization: Kustomization): string[] {
  kustomization.kind ||= 'Kustomization';
  const component = kustomization.kind === 'Component';
  kustomization.apiVersion ||= component ? COMPONENT_API_VERSION : API_VERSION;
  const problems: string[] = [];
  if (kustomization.kind !== 'Kustomization' && !component) {
    problems.push('kind should be Kustomization or Component');
  }
  const expected = component ? COMPONENT_API_VERSION : API_VERSION;
  if (kustomization.apiVersion !== expected) {
    problems.push(`apiVersion for ${kustomization.kind} should be ${expected}`);
  }
  return problems;
}

/** True if nothing but apiVersion, kind and metadata is set. */
export function isEmptyKustomization(kustomization: Kustomization): boolean {
  for (const [key, value] of Object.entries(kustomization)) {
    if (key === 'apiVersion' || key === 'kind' || key === 'metadata') continue;
    if (value === undefined || value === '') continue;
    return false;
  }
  return true;
}

/** The YAML of a configuration entry, for messages. */
export function describe(entry: unknown): string {
  return stringifyYaml(entry);
}
