/** What a condition claims about its object. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** One entry of `status.conditions`, as metav1.Condition spells it. */
export interface Condition {
  type: string;
  status: ConditionStatus;
  /** CamelCase word for programs. */
  reason: string;
  /** Sentence for people; at most {@link maxMessageLength} characters. */
  message: string;
  /** RFC 3339 in whole seconds, UTC. */
  lastTransitionTime: string;
  /** Generation of the object that the condition was computed from. */
  observedGeneration?: number;
}

/** The part of any object that conditions live in. */
export interface ConditionedObject {
  metadata: { generation?: number };
  status?: { conditions?: Condition[]; [field: string]: unknown };
}

/** Longest message that is kept; longer ones end in `...` (Flux, runtime/conditions). */
export const maxMessageLength = 32768;

export const readyType = 'Ready';
export const reconcilingType = 'Reconciling';
export const stalledType = 'Stalled';

export const progressingReason = 'Progressing';
export const progressingWithRetryReason = 'ProgressingWithRetry';
export const succeededReason = 'Succeeded';
export const failedReason = 'Failed';

/** Formats milliseconds since the epoch as Kubernetes prints metav1.Time: UTC, whole seconds. */
export function formatTime(epochMs: number): string {
  return `${new Date(Math.floor(epochMs / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Cuts a message to {@link maxMessageLength} characters, the last three being dots. */
export function capMessage(message: string): string {
  if (message.length <= maxMessageLength) return message;
  let end = maxMessageLength - 3;
  // Half a surrogate pair would be refused by the API server as invalid UTF-8.
  const last = message.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${message.slice(0, end)}...`;
}

const leading: Record<string, number> = { Stalled: 0, Reconciling: 1, Ready: 2 };

/**
 * Orders two conditions of one list: Stalled, Reconciling, Ready, then the newest observedGeneration, then the name.
 * Rule: Flux runtime/conditions, sort order of the setter.
 */
export function compareConditions(a: Condition, b: Condition): number {
  const left = leading[a.type] ?? 3;
  const right = leading[b.type] ?? 3;
  if (left !== right) return left - right;
  const generations = (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0);
  if (generations !== 0) return generations;
  return a.type < b.type ? -1 : a.type > b.type ? 1 : 0;
}
