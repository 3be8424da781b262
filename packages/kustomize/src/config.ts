import { parseYaml, YamlError } from '@fluvial/yaml';
import { BOOL, DecodeError, decodeShape, list, STRING, struct } from './decode.ts';
import { defaultConfig, type NameReference, type TransformerConfig } from './default-config.ts';
import { decode } from './documents.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import type { FieldSpecSpec } from './kustomization.ts';
import { compareKinds } from './sort.ts';
import { KustomizeError } from './types.ts';

type SpecList = Exclude<keyof TransformerConfig, 'nameReference'>;

const SPEC_LISTS: readonly SpecList[] = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'labels',
  'templateLabels',
  'commonLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
];

/** Unites two configurations; what both have is kept once. @throws {KustomizeError} on differing `create`. */
export function mergeConfig(base: TransformerConfig, added: TransformerConfig): TransformerConfig {
  if (added === base || added === defaultConfig) return base;
  if (base === defaultConfig && SPEC_LISTS.every((name) => defaultConfig[name].every((s) => added[name].includes(s)))) {
    // What is added started from the defaults itself.
    if (defaultConfig.nameReference.every((reference) => contains(added.nameReference, reference))) return added;
  }
  const merged: Record<string, unknown> = {};
  for (const name of SPEC_LISTS) merged[name] = mergeSpecs(base[name], added[name]);
  merged.nameReference = mergeReferences(base.nameReference, added.nameReference);
  return merged as unknown as TransformerConfig;
}

function contains(references: readonly NameReference[], wanted: NameReference): boolean {
  const found = references.find((reference) => sameGvk(reference, wanted));
  return found !== undefined && wanted.fieldSpecs.every((spec) => found.fieldSpecs.includes(spec));
}

function sameGvk(a: { group: string; version: string; kind: string }, b: typeof a): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind;
}

/** Adds specs to a list; the same selector and path count once. */
export function mergeSpecs(base: readonly FieldSpec[], added: readonly FieldSpec[]): readonly FieldSpec[] {
  if (added.length === 0 || added === base) return base;
  const result = [...base];
  for (const spec of added) {
    const same = result.find((other) => other.path === spec.path && sameGvk(other, spec));
    if (same === undefined) result.push(spec);
    else if (same.create !== spec.create) {
      throw new KustomizeError('KUSTOMIZATION_INVALID', `conflicting fieldspecs: path '${spec.path}'`);
    }
  }
  return result;
}

function mergeReferences(base: readonly NameReference[], added: readonly NameReference[]): readonly NameReference[] {
  if (added === base) return base;
  const result = [...base];
  for (const reference of added) {
    const index = result.findIndex((other) => sameGvk(other, reference));
    const same = result[index];
    if (same === undefined) result.push(reference);
    else result[index] = { ...same, fieldSpecs: mergeSpecs(same.fieldSpecs, reference.fieldSpecs) };
  }
  return result.sort(compareKinds);
}

const specShape = struct('FieldSpec', { group: STRING, version: STRING, kind: STRING, path: STRING, create: BOOL });
const configShape = struct('TransformerConfig', {
  ...Object.fromEntries(SPEC_LISTS.map((name) => [name, list(specShape)])),
  nameReference: list(
    struct('NameBackReferences', { group: STRING, version: STRING, kind: STRING, fieldSpecs: list(specShape) }),
  ),
});

/** Turns decoded specs into field specs. */
export function toFieldSpecs(specs: readonly FieldSpecSpec[] | undefined): FieldSpec[] {
  return (specs ?? []).map((spec) => fieldSpec(spec.path ?? '', spec));
}

/** Reads a `configurations` file. @throws {KustomizeError} */
export function readConfig(bytes: Uint8Array, file: string): TransformerConfig {
  let decoded: Record<string, unknown>;
  try {
    const [content] = parseYaml(decode(bytes), { rules: 'v2' });
    decoded = decodeShape(content ?? {}, configShape) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof YamlError) && !(error instanceof DecodeError)) throw error;
    throw new KustomizeError(
      'KUSTOMIZATION_INVALID',
      `error unmarshaling JSON: while decoding JSON: ${error.message}`,
      {
        cause: error,
        file,
      },
    );
  }
  const config: Record<string, unknown> = {};
  for (const name of SPEC_LISTS) config[name] = toFieldSpecs(decoded[name] as FieldSpecSpec[] | undefined);
  const references = (decoded.nameReference ?? []) as (FieldSpecSpec & { fieldSpecs?: FieldSpecSpec[] })[];
  config.nameReference = references.map((reference) => ({
    group: reference.group ?? '',
    version: reference.version ?? '',
    kind: reference.kind ?? '',
    fieldSpecs: toFieldSpecs(reference.fieldSpecs),
  }));
  return config as unknown as TransformerConfig;
}
