import { expand } from '@fluvial/envsubst';
import { isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import { parseYamlDocument } from '@fluvial/yaml';
import { messageOf } from './errors.ts';
import type { KustomizationSpec } from './kustomization-object.ts';

/** Variables by name, or why they cannot be had: that only matters when a resource wants them. */
export type Variables =
  | { readonly state: 'known'; readonly values: Readonly<Record<string, string>> }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'none' };

const namePattern = '^[_[:alpha:]][_[:alpha:][:digit:]]*$';
const nameRegex = /^[_A-Za-z][_A-Za-z0-9]*$/;
const disabledKey = 'kustomize.toolkit.fluxcd.io/substitute';

/**
 * Gathers the variables of `spec.postBuild`: the objects in their order, then the inline ones on top.
 *
 * Reads with the controller's own identity. Values lose their line breaks.
 */
export async function readVariables(
  spec: KustomizationSpec,
  namespace: string,
  kube: KubeClient,
  signal: AbortSignal,
): Promise<Variables> {
  const { postBuild } = spec;
  if (postBuild === undefined) return { state: 'none' };
  const values: Record<string, string> = Object.create(null);
  const set = (name: string, value: string) => {
    values[name] = value.replaceAll('\n', '');
  };
  const references = postBuild.substituteFrom ?? [];
  const found = await Promise.allSettled(
    references.map(({ kind, name }) => kube.get<KubeObject>({ apiVersion: 'v1', kind }, name, namespace, { signal })),
  );
  for (const [index, { kind, name, ...rest }] of references.entries()) {
    const answer = found[index] as PromiseSettledResult<KubeObject>;
    if (answer.status === 'rejected') {
      if (signal.aborted) throw answer.reason;
      if ((rest as { optional?: boolean }).optional && isNotFound(answer.reason)) continue;
      return { state: 'failed', reason: `substitute from '${kind}/${name}' error: ${messageOf(answer.reason)}` };
    }
    const data = (answer.value['data'] ?? {}) as Record<string, unknown>;
    for (const [key, value] of Object.entries(data)) {
      if (typeof value !== 'string') continue;
      set(key, kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value);
    }
  }
  for (const [key, value] of Object.entries(postBuild.substitute ?? {})) set(key, value);
  const invalid = Object.keys(values)
    .sort()
    .find((name) => !nameRegex.test(name));
  if (invalid !== undefined)
    return { state: 'failed', reason: `'${invalid}' var name is invalid, must match '${namePattern}'` };
  const always = (postBuild as { substituteStrategy?: string }).substituteStrategy === 'Always';
  if (Object.keys(values).length === 0 && !always) return { state: 'none' };
  return { state: 'known', values };
}

/** Whether the resource asks to be left alone, by label or annotation. */
export function isSubstitutionDisabled(object: Record<string, unknown>): boolean {
  const metadata = (object['metadata'] ?? {}) as {
    labels?: Record<string, unknown>;
    annotations?: Record<string, unknown>;
  };
  return metadata.labels?.[disabledKey] === 'disabled' || metadata.annotations?.[disabledKey] === 'disabled';
}

/**
 * Expands the variables in a resource's YAML and reads it back: types may change with the text, as in the original.
 *
 * @returns undefined when the text holds nothing to expand
 * @throws {Error} `envsubst error: …`, `UnmarshalJSON: …`
 */
export function substituteText(
  text: string,
  values: Readonly<Record<string, string>>,
  strict: boolean,
): Record<string, unknown> | undefined {
  if (!text.includes('$')) return undefined;
  let expanded: string;
  try {
    expanded = expand(text, (name) => (Object.hasOwn(values, name) ? values[name] : undefined), { strict });
  } catch (error) {
    throw new Error(`envsubst error: variable substitution failed: ${messageOf(error)}`, { cause: error });
  }
  let parsed: unknown;
  try {
    parsed = parseYamlDocument(expanded);
  } catch (error) {
    throw new Error(`envsubst error: YAMLToJSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error('UnmarshalJSON: the result is no object');
  }
  return parsed as Record<string, unknown>;
}
