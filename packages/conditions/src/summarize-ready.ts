import { type Condition, type ConditionedObject, readyType } from './condition.ts';
import { getCondition, setCondition } from './set-condition.ts';

/** How {@link summarizeReady} weighs the conditions of a kind. */
export interface ReadySummaryOptions {
  /** Types that take part, most important first; Ready itself is never among them. */
  readonly order: readonly string[];
  /** Types among them whose `True` is bad. */
  readonly negative: readonly string[];
}

/**
 * The condition that decides `Ready`, or undefined when none of the types is present.
 *
 * The first non-empty group wins, inside it the type that stands first in `order`: bad things that are true, good
 * things that are false, good things that are true, bad things that are false, unknown things.
 * Rule: Flux runtime/conditions, merge groups of the summary.
 */
export function planReadySummary(
  object: ConditionedObject,
  { order, negative }: ReadySummaryOptions,
): { readonly status: Condition['status']; readonly from: Condition } | undefined {
  let best: { group: number; status: Condition['status']; from: Condition } | undefined;
  for (const type of order) {
    const condition = getCondition(object, type);
    if (condition === undefined || type === readyType) continue;
    const { group, status } = judge(condition, negative.includes(type));
    if (best === undefined || group < best.group) best = { group, status, from: condition };
  }
  return best && { status: best.status, from: best.from };
}

function judge(condition: Condition, negative: boolean): { group: number; status: Condition['status'] } {
  if (condition.status === 'Unknown') return { group: 4, status: 'Unknown' };
  const isTrue = condition.status === 'True';
  if (negative) return isTrue ? { group: 0, status: 'False' } : { group: 3, status: 'True' };
  return isTrue ? { group: 2, status: 'True' } : { group: 1, status: 'False' };
}

/** Sets `Ready` from the kind's other conditions; without any of them Ready stays as it is. */
export function summarizeReady(object: ConditionedObject, options: ReadySummaryOptions, nowMs: number): void {
  const summary = planReadySummary(object, options);
  if (summary === undefined) return;
  const { reason, message } = summary.from;
  setCondition(object, { type: readyType, status: summary.status, reason, message }, nowMs);
}
