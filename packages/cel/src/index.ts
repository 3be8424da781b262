export {
  type CelType,
  type CheckedExpression,
  checkExpression,
  dyn as dynType,
  estimateCost,
  instantiationProblem,
  listOf,
  mapOf,
  optionalOf,
  printType,
  type ScalarName,
  type SizeOf,
  type StructType,
  scalar as scalarType,
} from './check/index.ts';
export {
  type CelProgram,
  type CompileOptions,
  compileExpression,
  optionalVariable,
  typedVariable,
} from './compile-expression.ts';
export { CelError, type CelErrorCode } from './errors.ts';
export { parseQuantity } from './functions/quantity.ts';
export { checkSyntax, resultType } from './result-type.ts';
export { type NumberMode, parseDuration, type TypeHint } from './values.ts';
