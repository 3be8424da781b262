import type { KubeClient } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';

/** The texts of a Secret or ConfigMap by key; undefined when there is no such object. */
export async function dataOf(
  context: Context,
  kube: KubeClient,
  kind: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const found = await kube.find({ apiVersion: 'v1', kind }, name, context.namespace, { signal: context.deadline });
  if (found === undefined) return undefined;
  const data = (found['data'] ?? {}) as Record<string, string>;
  if (kind !== 'Secret') return data;
  const texts: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(data)) texts[key] = Buffer.from(value, 'base64').toString('utf8');
  return texts;
}
