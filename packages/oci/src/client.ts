import type { OciClient, OciClientOptions } from './client.types.ts';
export function createOciClient(_options: OciClientOptions = {}): OciClient {
  throw new Error('soon');
}
