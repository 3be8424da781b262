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
