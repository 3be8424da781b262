import type { Accumulator } from './accumulator.ts';
import type { Resource } from './resource.ts';
import type { BuildState, Target } from './target.ts';

/** One transformer, ready to run. */
export interface Step {
  readonly kind: string;
  run(accumulator: Accumulator): void;
}

export function configuredGenerators(_target: Target, _state: BuildState): Resource[] {
  return [];
}

export function configuredTransformers(
  _target: Target,
  _state: BuildState,
  _field: 'transformers' | 'validators',
): Step[] {
  return [];
}
