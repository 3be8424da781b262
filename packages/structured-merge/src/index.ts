export {
  type ApplyRequest,
  type ApplyResult,
  applyServerSide,
  keepTimesWithoutChange,
  type OwnershipRequest,
  type UpdateRequest,
  updateManagedFields,
} from './apply-server-side.ts';
export { ConflictError, MergeError, type MergeErrorCode } from './errors.ts';
export {
  emptyFieldSet,
  type FieldPath,
  type FieldSet,
  fieldSetOfPaths,
  hasPath,
  intersectSets,
  isEmptySet,
  leavesOf,
  pathsOf,
  printPath,
  setsEqual,
  subtractSet,
  subtractSetDeep,
  unionSets,
} from './field-set.ts';
export { formatFieldsV1, parseFieldsV1 } from './fields-v1.ts';
export { applyJsonPatch, type JsonPatchOptions } from './json-patch.ts';
export { applyMergePatch, createMergePatch, createThreeWayMergePatch } from './merge-patch.ts';
export { applyStrategicMergePatch, type StrategicMergeOptions } from './strategic-merge-patch.ts';
export type { FieldConflict, JsonObject, JsonSchema, ManagedFieldsEntry, TypeSchema } from './types.ts';
