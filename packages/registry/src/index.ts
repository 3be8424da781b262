export type { RegistryFault, RegistryLimits, RegistryOptions, RunningRegistry } from './options.ts';
export { startRegistry } from './start-registry.ts';
