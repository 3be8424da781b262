import {
  CelError,
  type CelType,
  type CheckedExpression,
  checkExpression,
  instantiationProblem,
  optionalOf,
  printType,
} from '@fluvial/cel';
import { goJsonString } from '@fluvial/go-text';
import { internalError, invalid } from './field-error.ts';
import { CostBudget, costOf, costOfAll, timesBelow } from './rule-costs.ts';
import { type RuleType, ruleType } from './rule-types.ts';
import type { FieldError, JsonSchema, ValidationRule } from './types.ts';

/**
 * Checks the rules of a structural schema against the types that it gives them, those of what an object holds before its
 * own. Source: "validation rules" in the CustomResourceDefinition documentation; `apiextensions/validation`.
 */
export function checkRuleTypes(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const budget = new CostBudget();
  walk(schema, { path, isRoot: true, uncorrelated: undefined, times: 1, budget }, errors);
  return [...errors, ...budget.finish(path)];
}

interface Place {
  readonly path: string;
  readonly isRoot: boolean;
  /** The list whose items have no old value of their own. */
  readonly uncorrelated: string | undefined;
  /** How often it may stand in one object; undefined when there is no bound. */
  readonly times: number | undefined;
  readonly budget: CostBudget;
}

function walk(schema: JsonSchema, place: Place, errors: FieldError[]): void {
  const { budget, path } = place;
  const factor = timesBelow(schema);
  const times = place.times === undefined || factor === undefined ? undefined : place.times * factor;
  const below = (name: string, uncorrelated = place.uncorrelated): Place => ({
    path: `${path}.${name}`,
    isRoot: false,
    uncorrelated,
    times,
    budget,
  });
  if (typeof schema.additionalProperties === 'object') {
    walk(schema.additionalProperties, below('additionalProperties'), errors);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    walk(property, below(`properties[${name}]`), errors);
  }
  if (schema.items !== undefined) {
    const isMatched = schema['x-kubernetes-list-type'] === 'map';
    walk(schema.items, below('items', isMatched ? place.uncorrelated : (place.uncorrelated ?? path)), errors);
  }
  checkOwn(schema, place, errors);
}

function checkOwn(schema: JsonSchema, place: Place, errors: FieldError[]): void {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return;
  const at = `${place.path}.x-kubernetes-validations`;
  const self = ruleType(schema, place.isRoot || schema['x-kubernetes-embedded-resource'] === true);
  if (self === undefined) {
    const why = 'unable to convert structural schema to CEL declarations';
    const what = 'internal error: failed to construct type information for x-kubernetes-validations rules';
    errors.push(internalError(at, `${what}: ${why}`));
    return;
  }
  rules.forEach((rule, i) => {
    if (rule.rule.trim() !== '') checkRule(rule, self, { ...place, path: `${at}[${i}]` }, errors);
  });
}

function checkRule(rule: ValidationRule, self: RuleType, place: Place, errors: FieldError[]): void {
  const at = `${place.path}.rule`;
  const variables = new Map([
    ['self', self.type],
    ['oldSelf', rule.optionalOldSelf === true ? optionalOf(self.type) : self.type],
  ]);
  const spend = (path: string, what: string, cost: number): void => {
    const error = place.budget.spend(path, what, cost);
    if (error !== undefined) errors.push(error);
  };
  const compiled = compile(rule.rule, variables, 'bool');
  if (typeof compiled === 'string') errors.push(invalidRule(at, rule, compiled));
  else {
    spend(at, 'estimated rule cost', costOfAll(costOf(compiled, self), place.times, self));
    const messageAt = `${place.path}.messageExpression`;
    const text = rule.messageExpression ?? '';
    const message = text === '' ? undefined : compile(text, variables, 'string');
    if (typeof message === 'string') errors.push(invalidRule(messageAt, rule, message));
    else if (message !== undefined) spend(messageAt, 'estimated messageExpression cost', costOf(message, self));
  }
  const usesOld = typeof compiled !== 'string' && compiled.uses.has('oldSelf');
  if (usesOld && place.uncorrelated !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelated}`;
    errors.push(invalid(at, rule.rule, why));
  } else if (!usesOld && rule.optionalOldSelf !== undefined) {
    const why = 'may not be set if oldSelf is not used in rule';
    errors.push(invalid(`${place.path}.optionalOldSelf`, rule.optionalOldSelf, why));
  }
}

const wording = {
  bool: { prefix: '', type: 'cel expression must evaluate to a bool', program: 'program instantiation failed' },
  string: {
    prefix: 'messageExpression ',
    type: 'messageExpression must evaluate to a string',
    program: 'messageExpression instantiation failed',
  },
} as const;

/** The checked expression, or what is wrong with it. */
function compile(
  text: string,
  variables: ReadonlyMap<string, CelType>,
  wanted: 'bool' | 'string',
): CheckedExpression | string {
  const words = wording[wanted];
  let checked: CheckedExpression;
  try {
    checked = checkExpression(text, variables);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return `${words.prefix}compilation failed: ${error.message}`;
  }
  if (printType(checked.type) !== wanted) return words.type;
  const problem = instantiationProblem(checked);
  return problem === undefined ? checked : `${words.program}: ${problem}`;
}

/** An error that shows the rule, in the order of its fields in Go. */
function invalidRule(field: string, rule: ValidationRule, detail: string): FieldError {
  const shown = [
    `"Rule":${goJsonString(rule.rule)}`,
    `"Message":${goJsonString(rule.message ?? '')}`,
    `"MessageExpression":${goJsonString(rule.messageExpression ?? '')}`,
    `"Reason":${rule.reason === undefined ? 'null' : goJsonString(rule.reason)}`,
    `"FieldPath":${goJsonString(rule.fieldPath ?? '')}`,
    `"OptionalOldSelf":${rule.optionalOldSelf ?? 'null'}`,
  ];
  return { ...invalid(field, '', ''), message: `Invalid value: {${shown.join(',')}}: ${detail}` };
}
