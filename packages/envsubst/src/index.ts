export { EnvsubstError, type EnvsubstErrorCode } from './error.ts';
export { type ExpandOptions, expand, type Lookup } from './expand.ts';
