/** What a command says that finds no real server to compare with. */
export const noControlPlane =
  'There is no kube-apiserver to compare with. `node e2e/control-plane/build.mjs` compiles one where there is Go; ' +
  'otherwise fetch one with `setup-envtest use` and set KUBEBUILDER_ASSETS to the folder that it prints.';
