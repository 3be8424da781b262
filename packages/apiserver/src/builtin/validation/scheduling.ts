import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import { checkSelector, each } from './rules.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const OPERATORS = ['Equal', 'Exists'];

export function checkTolerations(tolerations: unknown, path: string): FieldError[] {
  return asArray(tolerations).flatMap((entry, i) => {
    const { key, operator, value, effect, tolerationSeconds } = asObject(entry);
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (asString(key) !== '') errors.push(...each(`${at}.key`, key, checkQualifiedName(asString(key))));
    if (asString(key) === '' && operator !== 'Exists')
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(
        invalidValue(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    if (operator === 'Exists' && asString(value) !== '')
      errors.push(invalidValue(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    else if (operator !== undefined && !['Exists', 'Equal', 'Lt', 'Gt'].includes(asString(operator)))
      errors.push(notSupported(`${at}.operator`, operator, OPERATORS));
    if (asString(effect) !== '' && !EFFECTS.includes(asString(effect)))
      errors.push(notSupported(`${at}.effect`, effect, EFFECTS));
    return errors;
  });
}

export function checkSpreading(constraints: unknown, path: string): FieldError[] {
  return asArray(constraints).flatMap((entry, i) => {
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = asObject(entry);
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (asNumber(maxSkew) <= 0) errors.push(invalidValue(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (asString(topologyKey) === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(asString(whenUnsatisfiable)))
      errors.push(
        notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway']),
      );
    if (isObject(labelSelector)) errors.push(...checkSelector(labelSelector, `${at}.labelSelector`));
    return errors;
  });
}

export function checkAffinity(affinity: { [field: string]: unknown }, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const node = asObject(affinity['nodeAffinity'])['requiredDuringSchedulingIgnoredDuringExecution'];
  if (isObject(node) && asArray(node['nodeSelectorTerms']).length === 0)
    errors.push(
      required(
        `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
        'must have at least one node selector term',
      ),
    );
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const rules = asObject(affinity[kind]);
    const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
    const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
    asArray(rules[hard]).forEach((term, i) => {
      errors.push(...checkTerm(asObject(term), `${path}.${kind}.${hard}[${i}]`));
    });
    asArray(rules[soft]).forEach((entry, i) => {
      const { weight, podAffinityTerm } = asObject(entry);
      const at = `${path}.${kind}.${soft}[${i}]`;
      if (asNumber(weight) < 1 || asNumber(weight) > 100)
        errors.push(invalidValue(`${at}.weight`, weight, 'must be in the range 1-100'));
      errors.push(...checkTerm(asObject(podAffinityTerm), `${at}.podAffinityTerm`));
    });
  }
  return errors;
}

function checkTerm(term: { [field: string]: unknown }, path: string): FieldError[] {
  const errors = isObject(term['labelSelector']) ? checkSelector(term['labelSelector'], `${path}.labelSelector`) : [];
  const key = asString(term['topologyKey']);
  if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  return [...errors, ...each(`${path}.topologyKey`, key, checkQualifiedName(key))];
}
