// What a worker thread loads: the build and nothing else.
export { buildInWorker } from './build-manifests.ts';
