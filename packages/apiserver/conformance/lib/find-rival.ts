import { findControlPlaneAssets } from '@fluvial/control-plane';

const nowhere =
  'There is no kube-apiserver to compare with. `node e2e/control-plane/build.mjs` compiles one where there is Go; ' +
  'otherwise fetch one with `setup-envtest use` and set KUBEBUILDER_ASSETS to the folder that it prints.';

/** The folder of the real server's binaries for a command that compares; without one it says why and is to fail. */
export function findRival(): string | undefined {
  try {
    const assets = findControlPlaneAssets();
    if (assets === undefined) console.error(nowhere);
    return assets;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}
