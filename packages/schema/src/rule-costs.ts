import { CelError, type CheckedExpression, estimateCost } from '@fluvial/cel';
import { forbidden } from './field-error.ts';
import { maxRequest, type RuleType } from './rule-types.ts';
import type { FieldError, JsonSchema } from './types.ts';

// What rules may cost at most, by the bounds of the schema. Source: "resource use by validation functions" in the
// CustomResourceDefinition documentation.

const expressionLimit = 10_000_000;
const definitionLimit = 100_000_000;
const shownExpressions = 4;
const most = 2 ** 64;

/** The cost of an expression on one value of a place. */
export function costOf(expression: CheckedExpression, self: RuleType): number {
  try {
    return estimateCost(expression, (path) => typeAt(self, path.slice(1))?.maxElements);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    // What cannot be estimated costs too much.
    return most;
  }
}

/** Keys have no bound of their own. */
const key: Pick<RuleType, 'maxElements'> = { maxElements: 0 };

function typeAt(root: RuleType, path: readonly string[]): Pick<RuleType, 'maxElements'> | undefined {
  let current: RuleType | undefined = root;
  for (const [i, name] of path.entries()) {
    if (current === undefined) return undefined;
    if (name === '@keys') return current.type.kind === 'map' && i === path.length - 1 ? key : undefined;
    current = name === '@items' || name === '@values' ? current.item : current.fields?.get(name);
  }
  return current;
}

/** How often values of a place below may stand in one object of a place; undefined when there is no bound. */
export function timesBelow(schema: JsonSchema): number | undefined {
  switch (schema.type) {
    case 'object':
      return schema.additionalProperties === undefined ? 1 : bound(schema.maxProperties);
    case 'array':
      return bound(schema.maxItems);
    default:
      return 1;
  }
}

function bound(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.max(0, value);
}

/** What all rules of a definition cost together. */
export class CostBudget {
  #total = 0;
  readonly #expensive: { path: string; cost: number }[] = [];

  /** Counts one expression; an error when it costs too much by itself. */
  spend(path: string, what: string, cost: number): FieldError | undefined {
    this.#total = Math.min(this.#total + cost, most);
    if (cost >= definitionLimit / 100) this.#expensive.push({ path, cost });
    return cost > expressionLimit ? forbidden(path, complaint(what, cost, expressionLimit)) : undefined;
  }

  /** Errors when all together cost too much: the most expensive ones, and the schema. */
  finish(schemaPath: string): FieldError[] {
    if (this.#total <= definitionLimit) return [];
    const worst = this.#expensive.sort((a, b) => b.cost - a.cost).slice(0, shownExpressions);
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    const share = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    return [
      ...worst.map(({ path }) => forbidden(path, share)),
      forbidden(schemaPath, complaint(what, this.#total, definitionLimit)),
    ];
  }
}

/** The cost of a rule on all values that one request can hold. */
export function costOfAll(cost: number, times: number | undefined, self: RuleType): number {
  return Math.min(cost * (times ?? Math.floor(maxRequest / (self.minLength + 1))), most);
}

function complaint(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
  return `${what} exceeds budget by factor of ${shown} (${advice})`;
}
