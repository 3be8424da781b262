import {
  type ConditionedObject,
  capMessage,
  compareConditions,
  readyType,
  reconcilingType,
  stalledType,
} from './condition.ts';
import { getCondition } from './set-condition.ts';

/**
 * Lints a status by the kstatus rules; each answer is one broken rule, [] when all hold. For tests.
 *
 * Rules: Ready exists; Reconciling and Stalled are either True or absent and never both; Ready is not True beside
 * them; Ready=True belongs to the newest observed generation; the list is sorted, without doubles; messages fit.
 */
export function checkConditions(object: ConditionedObject): string[] {
  const problems: string[] = [];
  const conditions = object.status?.conditions ?? [];
  const ready = getCondition(object, readyType);
  const reconciling = getCondition(object, reconcilingType);
  const stalled = getCondition(object, stalledType);
  const observed = object.status?.['observedGeneration'];

  if (ready === undefined) problems.push('Ready is missing');
  for (const condition of [reconciling, stalled]) {
    if (condition && condition.status !== 'True') {
      problems.push(`${condition.type} is ${condition.status}: it must be True or absent`);
    }
  }
  if (reconciling && stalled) problems.push('Reconciling and Stalled exclude each other');
  if (ready?.status === 'True' && reconciling?.status === 'True') problems.push('Ready is True while Reconciling');
  if (ready?.status === 'True' && stalled?.status === 'True') problems.push('Ready is True while Stalled');
  if (ready?.status === 'True' && typeof observed === 'number' && observed !== ready.observedGeneration) {
    problems.push(`Ready=True is of generation ${ready.observedGeneration}, status.observedGeneration is ${observed}`);
  }
  if (stalled && typeof observed === 'number' && observed !== stalled.observedGeneration) {
    problems.push(`Stalled is of generation ${stalled.observedGeneration}, status.observedGeneration is ${observed}`);
  }
  const seen = new Set<string>();
  for (const [index, condition] of conditions.entries()) {
    if (seen.has(condition.type)) problems.push(`${condition.type} is there twice`);
    seen.add(condition.type);
    if (condition.reason === '') problems.push(`${condition.type} has no reason`);
    if (condition.message !== capMessage(condition.message))
      problems.push(`${condition.type} has a message that is too long`);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(condition.lastTransitionTime)) {
      problems.push(`${condition.type} has the transition time ${condition.lastTransitionTime}`);
    }
    const before = conditions[index - 1];
    if (before && compareConditions(before, condition) > 0) {
      problems.push(`${before.type} stands before ${condition.type}`);
    }
  }
  return problems;
}
