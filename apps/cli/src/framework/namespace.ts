import type { GlobalFlags } from '../global-flags.ts';
import type { Ports } from './context.ts';

/** RFC 1123 label: lower case, digits, dashes inside, at most 63. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/**
 * The namespace of a run: `-n`, then the kubeconfig context's when asked to follow it, then `FLUX_SYSTEM_NAMESPACE`,
 * then `flux-system`.
 */
export async function resolveNamespace(
  globals: GlobalFlags,
  given: boolean,
  ports: Ports,
  contextNamespace: () => Promise<string | undefined>,
): Promise<string> {
  if (given) return globals.namespace;
  if (globals['ns-follows-kube-context'] || (ports.env['FLUX_NS_FOLLOWS_KUBE_CONTEXT'] ?? '') !== '') {
    const namespace = await contextNamespace();
    if (namespace) return namespace;
  }
  const preset = ports.env['FLUX_SYSTEM_NAMESPACE'] ?? '';
  if (preset === '') return globals.namespace;
  if (isDnsLabel(preset)) return preset;
  ports.stderr(`⚠️  ignoring invalid FLUX_SYSTEM_NAMESPACE: ${JSON.stringify(preset)}\n`);
  return globals.namespace;
}
