export { type CheckedExpression, checkExpression, instantiationProblem } from './check-expression.ts';
export { estimateCost, type SizeOf } from './cost.ts';
export {
  type CelType,
  dyn,
  listOf,
  mapOf,
  optionalOf,
  printType,
  type ScalarName,
  type StructType,
  scalar,
} from './types.ts';
