import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The real kubectl: `FLUVIAL_KUBECTL`, which `npm test` sets, else the one beside the control plane in
 * `KUBEBUILDER_ASSETS`, else undefined.
 */
export function findKubectl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['FLUVIAL_KUBECTL']) return env['FLUVIAL_KUBECTL'];
  const beside = path.join(env['KUBEBUILDER_ASSETS'] ?? '', 'kubectl');
  return env['KUBEBUILDER_ASSETS'] && existsSync(beside) ? beside : undefined;
}
