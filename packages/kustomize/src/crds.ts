import { parseYaml, YamlError } from '@fluvial/yaml';
import type { Loader } from './context.ts';
import { defaultConfig, type NameReference, type TransformerConfig } from './default-config.ts';
import { decode } from './documents.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import { parseApiVersion } from './id.ts';
import { placeOf } from './places.ts';
import { isMap, stringMember } from './scalar.ts';
import { KustomizeError } from './types.ts';

interface Found {
  readonly annotations: FieldSpec[];
  readonly labels: FieldSpec[];
  readonly names: FieldSpec[];
  readonly references: NameReference[];
}

const MAX_DEPTH = 50;

/**
 * Derives field specs from the OpenAPI definitions that `crds` names (not CustomResourceDefinition manifests).
 *
 * @throws {KustomizeError}
 */
export function crdConfig(paths: readonly string[], loader: Loader): TransformerConfig {
  const found: Found = { annotations: [], labels: [], names: [], references: [] };
  for (const path of paths) {
    try {
      const types = readTypes(path, loader);
      for (const [name, type] of Object.entries(types)) collect(name, type, types, found);
    } catch (error) {
      if (!(error instanceof KustomizeError) || error.code === 'OUTSIDE') throw error;
      throw new KustomizeError(error.code, `loading CRDs [${paths.join(' ')}]: ${error.message}`, {
        cause: error,
        ...placeOf(error),
      });
    }
  }
  return {
    ...defaultConfig,
    commonAnnotations: [...defaultConfig.commonAnnotations, ...found.annotations],
    commonLabels: [...defaultConfig.commonLabels, ...found.labels],
    namePrefix: [...defaultConfig.namePrefix, ...found.names],
    nameReference: [...defaultConfig.nameReference, ...found.references],
  };
}

function readTypes(path: string, loader: Loader): Record<string, Record<string, unknown>> {
  let content: unknown;
  try {
    [content] = parseYaml(decode(loader.readFile(path).bytes), { rules: 'v2' });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError(
      'KUSTOMIZATION_INVALID',
      `unable to parse open API definition from '${path}': ${error.message}`,
      {
        cause: error,
      },
    );
  }
  const wrong = isMap(content) ? Object.values(content).find((value) => !isMap(value)) : content;
  if (wrong !== undefined) {
    const type = Array.isArray(wrong)
      ? 'array'
      : wrong === null
        ? 'object'
        : typeof wrong === 'boolean'
          ? 'bool'
          : typeof wrong;
    throw new KustomizeError(
      'KUSTOMIZATION_INVALID',
      `unable to parse open API definition from '${path}': error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type accumulator.OpenAPIDefinition`,
    );
  }
  return content as Record<string, Record<string, unknown>>;
}

function propertiesOf(type: Record<string, unknown> | undefined): Record<string, unknown> {
  const schema = type === undefined ? undefined : (type.Schema ?? type.schema);
  return isMap(schema) && isMap(schema.properties) ? schema.properties : {};
}

function collect(
  name: string,
  type: Record<string, unknown>,
  types: Record<string, Record<string, unknown>>,
  found: Found,
): void {
  const properties = propertiesOf(type);
  if (!('kind' in properties) || !('apiVersion' in properties) || !('metadata' in properties)) return;
  const kind = name.slice(name.lastIndexOf('.') + 1);
  walk(properties, [], kind, types, found);
}

function walk(
  properties: Record<string, unknown>,
  path: readonly string[],
  kind: string,
  types: Record<string, Record<string, unknown>>,
  found: Found,
): void {
  if (path.length > MAX_DEPTH) return;
  for (const [name, property] of Object.entries(properties)) {
    if (!isMap(property)) continue;
    const here = [...path, name];
    const spec = fieldSpec(here.join('/'), { kind });
    if ('x-kubernetes-annotation' in property) found.annotations.push(spec);
    if ('x-kubernetes-label-selector' in property) found.labels.push(spec);
    if ('x-kubernetes-identity' in property) found.names.push(spec);
    const apiVersion = stringMember(property, 'x-kubernetes-object-ref-api-version');
    const target = stringMember(property, 'x-kubernetes-object-ref-kind');
    if (apiVersion !== '' && target !== '') {
      const key = stringMember(property, 'x-kubernetes-object-ref-name-key') || 'name';
      found.references.push({
        ...parseApiVersion(apiVersion),
        kind: target,
        fieldSpecs: [fieldSpec([...here, key].join('/'), { kind })],
      });
    }
    const reference = stringMember(property, '$ref');
    if (reference !== '') {
      const definition = reference.replace(/^#\/definitions\//, '');
      if (Object.hasOwn(types, definition)) walk(propertiesOf(types[definition]), here, kind, types, found);
    }
  }
}
