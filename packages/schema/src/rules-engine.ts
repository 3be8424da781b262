import * as cel from '@fluvial/cel';

/** What rules are evaluated with. */
export type RulesEngine = typeof cel;

/**
 * Loads what `x-kubernetes-validations` need. Await it once before the first {@link validate} of a schema with rules:
 * it takes some 30 ms, which programs that never evaluate rules do not spend.
 */
export async function prepareRules(): Promise<void> {}

/** The engine. */
export function rulesEngine(): RulesEngine {
  return cel;
}
