import type { Loader } from './context.ts';
import { defaultConfig, type TransformerConfig } from './default-config.ts';

export function crdConfig(_paths: readonly string[], _loader: Loader): TransformerConfig {
  return defaultConfig;
}
