import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required, tooLong, tooMany } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkChoice, each, notNegative } from './rules.ts';

const MOST_RULES = 20;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

/** An error about a place, not about a value. */
function wrongPlace(field: string, text: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${text}` };
}

/** A choice whose absence is told with all that may be chosen. */
function checkToldChoice(value: unknown, path: string, supported: readonly string[]): FieldError[] {
  const list = supported.map((text) => JSON.stringify(text)).join(' ');
  return asString(value) === '' ? [required(path, `valid values: [${list}]`)] : checkChoice(value, path, supported);
}

/** `podFailurePolicy` of a Job. */
export function checkFailurePolicy(spec: JsonObject, path: string): FieldError[] {
  const rules = asArray(asObject(spec['podFailurePolicy'])['rules']).map(asObject);
  const pod = asObject(asObject(spec['template'])['spec']);
  const names = ['containers', 'initContainers'].flatMap((list) =>
    asArray(pod[list]).map((container) => asString(asObject(container)['name'])),
  );
  const errors = rules.length > MOST_RULES ? [tooMany(`${path}.rules`, rules.length, MOST_RULES)] : [];
  rules.forEach((rule, i) => {
    const at = `${path}.rules[${i}]`;
    const { action, onExitCodes } = rule;
    const conditions = asArray(rule['onPodConditions']);
    if (action !== 'FailIndex') errors.push(...checkToldChoice(action, `${at}.action`, ACTIONS));
    else if (spec['backoffLimitPerIndex'] === undefined)
      errors.push(invalidValue(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'));
    if (isObject(onExitCodes)) errors.push(...checkExitCodes(onExitCodes, `${at}.onExitCodes`, names));
    errors.push(...checkConditions(conditions, `${at}.onPodConditions`));
    if (isObject(onExitCodes) && conditions.length > 0)
      errors.push(wrongPlace(at, 'specifying both OnExitCodes and OnPodConditions is not supported'));
    if (!isObject(onExitCodes) && conditions.length === 0)
      errors.push(wrongPlace(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  });
  return errors;
}

function checkConditions(conditions: readonly unknown[], path: string): FieldError[] {
  return [
    ...(conditions.length > MOST_RULES ? [tooMany(path, conditions.length, MOST_RULES)] : []),
    ...conditions.flatMap((entry, i) => {
      const { type, status } = asObject(entry);
      return [
        ...each(`${path}[${i}].type`, asString(type), checkQualifiedName(asString(type))),
        ...checkToldChoice(status, `${path}[${i}].status`, ['False', 'True', 'Unknown']),
      ];
    }),
  ];
}

const MOST_CODES = 255;

function checkExitCodes(codes: JsonObject, path: string, names: readonly string[]): FieldError[] {
  const { operator, containerName } = codes;
  const values = asArray(codes['values']).map((value) => asNumber(value));
  const at = `${path}.values`;
  const errors = checkToldChoice(operator, `${path}.operator`, ['In', 'NotIn']);
  if (containerName !== undefined && !names.includes(asString(containerName)))
    errors.push(
      invalidValue(
        `${path}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  if (values.length === 0) errors.push(invalidValue(at, codes['values'] ?? null, 'at least one value is required'));
  else if (values.length > MOST_CODES) errors.push(tooMany(at, values.length, MOST_CODES));
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0)
      errors.push(invalidValue(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < i) errors.push(duplicate(`${at}[${i}]`, value));
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value))
    errors.push(invalidValue(at, values, 'must be ordered'));
  return errors;
}

/** `successPolicy` of a Job. */
export function checkSuccessPolicy(spec: JsonObject, path: string): FieldError[] {
  const policy = asObject(spec['successPolicy']);
  if (spec['completionMode'] !== 'Indexed')
    return [invalidValue(path, internalStruct('SuccessPolicy', policy), 'requires indexed completion mode')];
  const rules = asArray(policy['rules']).map(asObject);
  const completions = asNumber(spec['completions']);
  const errors: FieldError[] = [];
  if (rules.length === 0)
    errors.push(required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > MOST_RULES) errors.push(tooMany(`${path}.rules`, rules.length, MOST_RULES));
  rules.forEach((rule, i) => {
    errors.push(...checkSuccessRule(rule, `${path}.rules[${i}]`, completions));
  });
  return errors;
}

const MOST_INDEXES = 64 * 1024;

function checkSuccessRule(rule: JsonObject, path: string, completions: number): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  const errors: FieldError[] = [];
  let total = 0;
  if (count === undefined && indexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  if (typeof indexes === 'string') {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > MOST_INDEXES) errors.push(tooLong(at, MOST_INDEXES));
    const found = countIndexes(indexes, completions);
    if (typeof found === 'number') total = found;
    else errors.push(invalidValue(at, indexes, `error parsing succeededIndexes: ${found}`));
  }
  if (typeof count !== 'number') return errors;
  const at = `${path}.succeededCount`;
  const most = (limit: number, what: string) =>
    errors.push(invalidValue(at, count, `must be less than or equal to ${limit} (${what})`));
  errors.push(...notNegative(rule, path, ['succeededCount']));
  if (count > completions) most(completions, 'the number of specified completions');
  if (indexes !== undefined && count > total)
    most(total, 'the number of indexes in the specified succeededIndexes field');
  return errors;
}

/** How many indexes `0,2-4` are, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const parts = interval.split('-');
    if (parts.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const ends: number[] = [];
    for (const part of parts) {
      if (!/^[+-]?\d+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
      if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`;
      ends.push(Number(part));
    }
    const [from = 0, to] = ends;
    if (to !== undefined && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`;
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += (to ?? from) - from + 1;
    last = to ?? from;
  }
  return total;
}

/** `podReplacementPolicy` of a Job. */
export function checkReplacement(spec: JsonObject, path: string): FieldError[] {
  const policy = spec['podReplacementPolicy'];
  if (policy === undefined) return [];
  const supported = spec['podFailurePolicy'] === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return supported.includes(asString(policy)) ? [] : [notSupported(path, policy, supported)];
}
