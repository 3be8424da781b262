export { checkConditions } from './check-conditions.ts';
export {
  type ComputeStatusOptions,
  computeStatus,
  type KStatus,
  type StatusResult,
  type StatusSubject,
} from './compute-status.ts';
export {
  type Condition,
  type ConditionedObject,
  type ConditionStatus,
  capMessage,
  compareConditions,
  failedReason,
  formatTime,
  maxMessageLength,
  progressingReason,
  progressingWithRetryReason,
  readyType,
  reconcilingType,
  stalledType,
  succeededReason,
} from './condition.ts';
export {
  type ConditionInput,
  deleteCondition,
  getCondition,
  isFalse,
  isReady,
  isReconciling,
  isStalled,
  isTrue,
  isUnknown,
  markNotReady,
  markReady,
  markReconciling,
  markStalled,
  setCondition,
} from './set-condition.ts';
export { planReadySummary, type ReadySummaryOptions, summarizeReady } from './summarize-ready.ts';
