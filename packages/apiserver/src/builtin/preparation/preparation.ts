import { cloneJson } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** What the server fills in, resets or allocates, after defaults and before validation; throws what admission refuses. */
export interface Preparation {
  create?(object: KubeObject, context: StrategyContext): void;
  update?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
}

export function addFinalizer(object: KubeObject, name: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(name)) object.metadata.finalizers = [...finalizers, name];
}

/** A new object has this status, whatever the client sent. */
export function resetStatus(status: JsonObject): NonNullable<Preparation['create']> {
  return (object) => {
    object['status'] = cloneJson(status);
  };
}
