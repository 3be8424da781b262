export { applyDefaults, type DefaultOptions } from './apply-defaults.ts';
export { checkDefinition } from './check-definition.ts';
export { checkStructural } from './check-structural.ts';
export { joinFieldErrors } from './field-error.ts';
export { type PruneOptions, prune } from './prune.ts';
export { prepareRules } from './rules-engine.ts';
export type { FieldError, FieldErrorReason, JsonSchema, ValidationRule } from './types.ts';
export { type ValidateOptions, validate } from './validate.ts';
