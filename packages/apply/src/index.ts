// Applying, pruning, waiting.
export type {
  Applier,
  ApplierOptions,
  ApplySetOptions,
  PruneOptions,
  StatusReader,
  WaitOptions,
} from './applier.ts';
// Texts.
export { formatChange, formatChanges, formatFailure, formatPruned, isChange } from './change-set.ts';
export { type Controls, readControls } from './controls.ts';
export { applySet, createApplier } from './create-applier.ts';
export { hasDrifted } from './drift.ts';
export { ApplyError, type ApplyErrorCode } from './errors.ts';
// Inventory.
export { diffInventory, inventoryEntry, inventoryId, inventoryOf, parseInventoryEntry } from './inventory.ts';
export {
  type AppliedRecord,
  createObservedState,
  type LiveState,
  type ObservedState,
  type ObservedStateOptions,
} from './observed-state.ts';
export { normalizeObject, ownerLabels, type PrepareOptions, prepareObjects } from './prepare-objects.ts';
export { compareRefs, type StageName, sortRefs, stageOf } from './sort-objects.ts';
export {
  type Action,
  type ChangeEntry,
  type ChangeSet,
  formatRef,
  type GroupKind,
  type IgnoreRule,
  type InventoryEntry,
  type ObjectRef,
  type Owner,
  refOf,
} from './types.ts';
