export {
  type CelProgram,
  type CompileOptions,
  compileExpression,
  optionalVariable,
  typedVariable,
} from './compile-expression.ts';
export { CelError, type CelErrorCode } from './errors.ts';
export { parseQuantity } from './functions/quantity.ts';
export { resultType } from './result-type.ts';
export { type NumberMode, parseDuration, type TypeHint } from './values.ts';
