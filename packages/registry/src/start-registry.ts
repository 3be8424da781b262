import type { RegistryOptions, RunningRegistry } from './options.ts';
export async function startRegistry(_options: RegistryOptions = {}): Promise<RunningRegistry> {
  throw new Error('soon');
}
