import type { Loader } from '../context.ts';
import type { GeneratorOptionsSpec, GeneratorSpec } from '../kustomization.ts';
import { type Behavior, Resource } from '../resource.ts';
import { type KObject, KustomizeError, type Origin } from '../types.ts';
import { loadPairs, RepeatedKeyError } from './pairs.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Builds the object that one `configMapGenerator` or `secretGenerator` entry describes. @throws {KustomizeError} */
export function generate(
  kind: 'ConfigMap' | 'Secret',
  spec: GeneratorSpec,
  globals: GeneratorOptionsSpec | undefined,
  loader: Loader,
  origin: Origin,
): Resource {
  if (!spec.name) throw new KustomizeError('TRANSFORM_FAILED', 'a configmap must have a name');
  const behavior = behaviorOf(spec.behavior);
  const options = mergeOptions(globals, spec.options);
  const metadata: Record<string, unknown> = { name: spec.name };
  if (spec.namespace) metadata.namespace = spec.namespace;
  const object: KObject = { apiVersion: 'v1', kind, metadata };
  let pairs: ReturnType<typeof loadPairs>;
  try {
    pairs = loadPairs(spec, loader);
  } catch (error) {
    if (!(error instanceof KustomizeError) || error instanceof RepeatedKeyError) throw error;
    throw new KustomizeError(error.code, `loading KV pairs: ${error.message}`, { cause: error });
  }
  const data: Record<string, string> = {};
  const binary: Record<string, string> = {};
  for (const { key, value } of pairs) {
    if (kind === 'Secret') {
      setKey(data, key, base64(value));
      continue;
    }
    const text = asText(value);
    if (text === undefined) setKey(binary, key, base64(value));
    else setKey(data, key, text);
  }
  if (kind === 'Secret') {
    object.type = spec.type || 'Opaque';
    object.data = data;
  } else {
    if (Object.keys(data).length > 0) object.data = data;
    if (Object.keys(binary).length > 0) object.binaryData = binary;
  }
  if (options.immutable === true) object.immutable = true;
  const resource = new Resource(object, origin);
  resource.merge('labels', options.labels ?? {});
  resource.merge('annotations', options.annotations ?? {});
  resource.behavior = behavior;
  resource.needsHash = options.disableNameSuffixHash !== true;
  return resource;
}

function setKey(map: Record<string, string>, key: string, value: string): void {
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

function behaviorOf(text: string | undefined): Behavior {
  switch (text) {
    case 'create':
    case 'merge':
    case 'replace':
      return text;
    default:
      return 'unspecified';
  }
}

function mergeOptions(
  globals: GeneratorOptionsSpec | undefined,
  own: GeneratorOptionsSpec | undefined,
): GeneratorOptionsSpec {
  if (globals === undefined) return own ?? {};
  return {
    labels: { ...globals.labels, ...own?.labels },
    annotations: { ...globals.annotations, ...own?.annotations },
    disableNameSuffixHash: globals.disableNameSuffixHash === true || own?.disableNameSuffixHash === true,
    immutable: globals.immutable === true || own?.immutable === true,
  };
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined; // not UTF-8: goes to binaryData
  }
}

const LINE = 70;

/** Base64, in lines of 70 characters as soon as it fills one. */
function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  if (text.length < LINE) return text;
  let lines = '';
  for (let i = 0; i < text.length; i += LINE) lines += `${text.slice(i, i + LINE)}\n`;
  return lines;
}
