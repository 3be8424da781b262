// What a worker thread loads: the build and nothing else.
export { buildManifests } from './build-manifests.ts';
