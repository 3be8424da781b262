import { schemaOf } from '@fluvial/api';
import type { KubeObject } from '@fluvial/kube';
import { stringifyYaml } from '@fluvial/yaml';
import { formatDuration, parseDuration } from '../framework/duration.ts';
import type { Fields } from './toolkit-object.ts';

type Schema = NonNullable<ReturnType<typeof schemaOf>>;

/** A document after a `---` line. */
export function yamlDocument(object: unknown): string {
  return `---\n${stringifyYaml(object)}`;
}

/** The object without what the server keeps: apiVersion, kind, name, namespace, labels, annotations and spec. */
export function exportable(object: KubeObject): Fields {
  const { name, namespace, labels, annotations } = object.metadata;
  const schema = schemaOf(object.apiVersion, object.kind)?.properties?.['spec'];
  const spec = schema === undefined ? object['spec'] : tidy(object['spec'], schema);
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      name,
      ...(namespace ? { namespace } : {}),
    },
    spec: spec ?? {},
  };
}

const durationPattern = /\(ms\|s\|m(\|h)?\)\)\+\$$/;

/**
 * Brings a value into the form that the original's typed clients print: durations in Go's form, optional switches that
 * are off and optional empty texts and lists left out, fields unknown to the version dropped.
 */
function tidy(value: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return value;
  if (Array.isArray(value)) return schema.items === undefined ? value : value.map((each) => tidy(each, schema.items!));
  if (typeof value === 'object' && value !== null) {
    if (schema.properties === undefined) return value;
    const result: Fields = {};
    for (const [name, field] of Object.entries(value)) {
      const known = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      if (known === undefined) continue;
      if (!schema.required?.includes(name) && name !== 'prune' && isEmpty(field)) continue;
      result[name] = tidy(field, known);
    }
    return result;
  }
  if (typeof value === 'string' && schema.pattern !== undefined && durationPattern.test(schema.pattern)) {
    return normalDuration(value);
  }
  return value;
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === false || value === 0 || value === null) return true;
  return Array.isArray(value) && value.length === 0;
}

function normalDuration(text: string): string {
  try {
    return formatDuration(parseDuration(text));
  } catch {
    return text;
  }
}
