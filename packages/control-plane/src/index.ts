export { findControlPlaneAssets, kubernetesVersion } from './find-assets.ts';
export { freePort } from './free-port.ts';
export { type ControlPlane, startControlPlane } from './start-control-plane.ts';
