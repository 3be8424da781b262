import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The Kubernetes release that `e2e/control-plane/build.mjs` makes. */
export const kubernetesVersion = 'v1.36.3';

/**
 * The folder of a control plane's binaries: `KUBEBUILDER_ASSETS`, else what `e2e/control-plane/build.mjs` left in the
 * user's cache folder, else undefined.
 *
 * @throws {Error} when `KUBEBUILDER_ASSETS` is set and has no kube-apiserver or no etcd.
 */
export function findControlPlaneAssets(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env['KUBEBUILDER_ASSETS'];
  if (given) {
    const missing = ['kube-apiserver', 'etcd'].filter((name) => !existsSync(path.join(given, name)));
    if (missing.length > 0) throw new Error(`KUBEBUILDER_ASSETS=${given} has no ${missing.join(' and no ')}`);
    return given;
  }
  const cache = path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'fluvial');
  const built = path.join(cache, `control-plane-${kubernetesVersion}`);
  return existsSync(path.join(built, 'kube-apiserver')) ? built : undefined;
}
