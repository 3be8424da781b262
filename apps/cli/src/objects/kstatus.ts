import { computeStatus } from '@fluvial/conditions';
import { conditionOf, type ToolkitObject } from './toolkit-object.ts';

/** How an object is getting on. */
export type ObjectState =
  | { readonly is: 'current' }
  | { readonly is: 'in-progress' }
  | { readonly is: 'failed'; readonly message: string };

/** The state of a toolkit object by kstatus; deletion counts as failure, since nobody need wait any longer. */
export function stateOf(object: ToolkitObject): ObjectState {
  const { status, message } = computeStatus(object);
  if (status === 'Current') return { is: 'current' };
  if (status === 'InProgress') return { is: 'in-progress' };
  return { is: 'failed', message };
}

/** The state of an object that a controller must have seen in its present generation to count as current. */
export function reconciledStateOf(object: ToolkitObject): ObjectState {
  const ready = conditionOf(object, 'Ready');
  const observed = object.status?.observedGeneration ?? 0;
  if (observed < 1 || ready === undefined) return { is: 'in-progress' };
  if ((ready.observedGeneration ?? observed) !== object.metadata.generation) return { is: 'in-progress' };
  return stateOf(object);
}
