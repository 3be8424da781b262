import { describe, expect, test } from 'vitest';
import { checkDefinition } from './check-definition.ts';
import type { FieldError, JsonSchema, ValidationRule } from './types.ts';

const text: JsonSchema = { type: 'string', maxLength: 10 };

/** A schema whose `spec` has rules. */
function withRules(...rules: ValidationRule[]): JsonSchema {
  const properties: JsonSchema['properties'] = {
    x: { type: 'integer' },
    s: text,
    'a-b': text,
    namespace: text,
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    long: { type: 'array', items: { type: 'string' } },
    m: { type: 'object', additionalProperties: text },
  };
  return { type: 'object', properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': rules } } };
}

const at = 's.properties[spec].x-kubernetes-validations[0].';

/** Field and message of each error, without the rule that it shows. */
function told(errors: readonly FieldError[]): string[] {
  return errors.map(({ field, message }) => {
    const detail = message.replace(/\{"Rule".*?\}: /, '').replace(/\n \| .*/g, '');
    return `${field.replace(at, '')}: ${detail}`;
  });
}

const check = (...rules: ValidationRule[]): string[] => told(checkDefinition(withRules(...rules), 's'));

describe('rules that fit', () => {
  test.each([
    'self.x > 1 && self.s.startsWith("a")',
    'self.a__dash__b == self.__namespace__ && self.namespace == ""',
    'type(self.port) == int ? self.port > 1 : self.port.matches("a")',
    'self.pod.apiVersion == "v1" && self.pod.metadata.name != ""',
    'self.m.all(k, self.m[k] != "") && !has(self.any)',
    'oldSelf.x == self.x',
  ])('%s', (rule) => {
    expect(check({ rule })).toEqual([]);
  });
});

describe('rules that do not', () => {
  const failed = 'rule: Invalid value: compilation failed: ERROR: <input>:';
  test.each<[ValidationRule, string[]]>([
    [{ rule: 'self.y == 1' }, [`${failed}1:5: undefined field 'y'`]],
    [{ rule: 'self.any.y == 1' }, [`${failed}1:9: undefined field 'y'`]],
    [{ rule: 'self.pod.spec == 1' }, [`${failed}1:9: undefined field 'spec'`]],
    [{ rule: 'self.x' }, ['rule: Invalid value: cel expression must evaluate to a bool']],
    [{ rule: 'self.port' }, ['rule: Invalid value: cel expression must evaluate to a bool']],
    [
      { rule: 'matches(self.s, "[")' },
      ['rule: Invalid value: program instantiation failed: error parsing regexp: missing closing ]: `[`'],
    ],
    [
      { rule: 'true', messageExpression: 'self.x' },
      ['messageExpression: Invalid value: messageExpression must evaluate to a string'],
    ],
    [
      { rule: 'true', optionalOldSelf: true },
      ['optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule'],
    ],
    [
      { rule: 'oldSelf.x == self.x', optionalOldSelf: true },
      [
        `${failed}1:11: found no matching overload for '_==_' applied to '(optional_type(int), int)'`,
        'optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
      ],
    ],
    [{ rule: 'true', fieldPath: '.y' }, ['fieldPath: Invalid value: ".y": must be a valid path']],
    [
      { rule: 'true', messageExpression: ' ' },
      ['messageExpression: Required value: messageExpression must be non-empty if specified'],
    ],
  ])('%o', (rule, errors) => {
    expect(check(rule)).toEqual(errors);
  });

  test('the rule is shown as Go prints it', () => {
    const [error] = checkDefinition(withRules({ rule: 'self.y > 1' }), 's');
    expect(error?.message).toContain(
      '{"Rule":"self.y \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}',
    );
  });
});

describe('costs', () => {
  const over = 'exceeds budget by factor of';
  const advice =
    '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

  test('of one rule and of all', () => {
    expect(check({ rule: 'self.long.all(a, self.long.all(b, a == b))' })).toEqual([
      `rule: Forbidden: estimated rule cost ${over} more than 100x ${advice}`,
      'rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      `s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${over} more than 100x ${advice}`,
    ]);
  });

  test.each([
    [1000, []],
    [1200, [`1.296600x ${advice}`]],
    [2000, [`3.6x ${advice}`]],
  ])('every pair of %i items', (maxItems, factors) => {
    const items = { type: 'string', maxLength: 10 };
    const list = {
      type: 'array',
      items,
      maxItems,
      'x-kubernetes-validations': [{ rule: 'self.all(a, self.all(b, a == b))' }],
    };
    const errors = checkDefinition({ type: 'object', properties: { l: list } }, 's');
    expect(errors.map(({ message }) => message.split(' factor of ')[1])).toEqual(factors);
  });
});

test('items of a list that is no map have no old value', () => {
  const items = { type: 'string', maxLength: 5, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
  const errors = checkDefinition({ type: 'object', properties: { l: { type: 'array', maxItems: 2, items } } }, 's');
  expect(told(errors)).toEqual([
    's.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]',
  ]);
});
