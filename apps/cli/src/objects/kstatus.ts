import { conditionOf, type ToolkitObject } from './toolkit-object.ts';

/** How an object is getting on. */
export type ObjectState =
  | { readonly is: 'current' }
  | { readonly is: 'in-progress' }
  | { readonly is: 'failed'; readonly message: string };

/**
 * The state of a toolkit object by the general rules for custom resources: deletion, generation, then the conditions
 * Reconciling, Stalled and Ready.
 */
export function stateOf(object: ToolkitObject): ObjectState {
  if (object.metadata.deletionTimestamp) return { is: 'failed', message: 'Resource scheduled for deletion' };
  const observed = object.status?.observedGeneration;
  if (observed !== undefined && observed !== object.metadata.generation) return { is: 'in-progress' };
  for (const condition of object.status?.conditions ?? []) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Reconciling') return { is: 'in-progress' };
    if (condition.type === 'Stalled') return { is: 'failed', message: condition.message };
  }
  const ready = conditionOf(object, 'Ready');
  return ready === undefined || ready.status === 'True' ? { is: 'current' } : { is: 'in-progress' };
}

/** The state of an object that a controller must have seen in its present generation to count as current. */
export function reconciledStateOf(object: ToolkitObject): ObjectState {
  const ready = conditionOf(object, 'Ready');
  const observed = object.status?.observedGeneration ?? 0;
  if (observed < 1 || ready === undefined) return { is: 'in-progress' };
  if ((ready.observedGeneration ?? observed) !== object.metadata.generation) return { is: 'in-progress' };
  return stateOf(object);
}
