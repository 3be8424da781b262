import type { Accumulator } from './accumulator.ts';

export function resolveVars(_accumulator: Accumulator): void {}
