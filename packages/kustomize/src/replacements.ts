import type { Loader } from './context.ts';
import type { ReplacementSpec } from './kustomization.ts';
import type { Resource } from './resource.ts';

export function applyReplacements(
  _resources: readonly Resource[],
  _specs: readonly ReplacementSpec[],
  _loader: Loader,
): void {}
