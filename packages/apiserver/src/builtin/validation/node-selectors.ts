import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString } from '../../json.ts';
import { checkLabelValue, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import { each } from './rules.ts';

/** `nodeSelectorTerms` and what they hold. */
export function checkNodeSelector(selector: unknown, path: string): FieldError[] {
  const terms = asArray(asObject(selector)['nodeSelectorTerms']);
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => checkNodeTerm(term, `${at}[${i}]`, true));
}

/** Terms that only weigh: nobody looks at their values. */
export function checkPreferredTerms(terms: unknown, path: string): FieldError[] {
  return asArray(terms).flatMap((entry, i) => {
    const { weight, preference } = asObject(entry);
    return [
      ...checkWeight(weight, `${path}[${i}].weight`),
      ...checkNodeTerm(preference, `${path}[${i}].preference`, false),
    ];
  });
}

export function checkWeight(value: unknown, path: string): FieldError[] {
  const weight = asNumber(value);
  return weight < 1 || weight > 100 ? [invalidValue(path, weight, 'must be in the range 1-100')] : [];
}

function checkNodeTerm(term: unknown, path: string, looksAtValues: boolean): FieldError[] {
  const { matchExpressions, matchFields } = asObject(term);
  return [
    ...asArray(matchExpressions).flatMap((entry, i) =>
      checkExpression(entry, `${path}.matchExpressions[${i}]`, looksAtValues),
    ),
    ...asArray(matchFields).flatMap((entry, i) => checkField(entry, `${path}.matchFields[${i}]`)),
  ];
}

function checkExpression(entry: unknown, path: string, looksAtValues: boolean): FieldError[] {
  const { operator, key, values } = asObject(entry);
  const list = asArray(values).map(asString);
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (list.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (list.length > 0)
      errors.push(
        forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (list.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalidValue(`${path}.operator`, asString(operator), 'not a valid selector operator'));
  errors.push(...each(`${path}.key`, asString(key), checkQualifiedName(asString(key))));
  if (looksAtValues)
    list.forEach((value, i) => {
      errors.push(...each(`${path}.values[${i}]`, value, checkLabelValue(value)));
    });
  return errors;
}

function checkField(entry: unknown, path: string): FieldError[] {
  const { operator, key, values } = asObject(entry);
  const list = asArray(values).map(asString);
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalidValue(`${path}.operator`, asString(operator), 'not a valid selector operator'));
  else if (list.length !== 1)
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (key !== 'metadata.name')
    return [...errors, invalidValue(`${path}.key`, asString(key), 'not a valid field selector key')];
  return [...errors, ...list.flatMap((value, i) => each(`${path}.values[${i}]`, value, checkSubdomain(value)))];
}

/** `allowedTopologies` of a storage class. */
export function checkTopologyTerms(terms: unknown, path: string): FieldError[] {
  const shapes: string[] = [];
  return asArray(terms).flatMap((term, i, all) => {
    const at = `${path}[${i}].matchLabelExpressions`;
    const keys = new Set<string>();
    const parts: string[] = [];
    const errors = asArray(asObject(term)['matchLabelExpressions']).flatMap((entry, j) => {
      const [key, values] = [asString(asObject(entry)['key']), asArray(asObject(entry)['values']).map(asString)];
      const where = `${at}[${j}]`;
      const isKnown = keys.has(key);
      keys.add(key);
      parts.push(JSON.stringify([key, [...new Set(values)].sort()]));
      return [
        ...(values.length === 0 ? [required(`${where}.values`)] : []),
        ...values.flatMap((value, k) => (values.indexOf(value) < k ? [duplicate(`${where}.values[${k}]`, value)] : [])),
        ...each(`${where}.key`, key, checkQualifiedName(key)),
        ...(isKnown ? [duplicate(`${where}.key`, key)] : []),
      ];
    });
    const shape = parts.sort().join();
    // Told for each one that is the same; one without expressions is the same as as many as there are.
    const same = shapes.filter((other) => other === shape).length + (parts.length === 0 ? all.length : 0);
    shapes.push(shape);
    return [...errors, ...Array.from({ length: same }, () => duplicate(at, ''))];
  });
}
