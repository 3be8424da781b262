import type { Case } from '../../lib/case.ts';
import { crd, defining, type Fields, object, version } from './pieces.ts';

const text = { type: 'string', maxLength: 10 };
const item = object({ k: text, n: { type: 'integer' } });

/** What rules of these cases speak of. */
const fields: Fields = {
  x: { type: 'integer' },
  d: { type: 'number' },
  s: text,
  t: { type: 'string' },
  at: { type: 'string', format: 'date-time' },
  raw: { type: 'string', format: 'byte' },
  l: { type: 'array', maxItems: 5, items: text },
  items: { type: 'array', maxItems: 5, items: item },
  m: { type: 'object', maxProperties: 5, additionalProperties: text },
  port: { 'x-kubernetes-int-or-string': true },
  any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  namespace: text,
  'a-b': text,
  'a.b/c__d': text,
};

const ruled = (rule: Fields | string): Fields => {
  const rules = [typeof rule === 'string' ? { rule } : rule];
  return crd([version('v1', object(fields, { 'x-kubernetes-validations': rules }))]);
};

/** Definitions with one rule each, on the fields above. */
const rules = (name: string, ...list: readonly (Fields | string)[]): Case =>
  defining(`rules: ${name}`, ...list.map(ruled));

const placed = (name: string, ...specs: readonly Fields[]): Case =>
  defining(`rules: ${name}`, ...specs.map((spec) => crd([version('v1', spec)])));

const holding = (rule: string, more: Fields): Fields => ({ ...more, 'x-kubernetes-validations': [{ rule }] });

/** Rules against the types of their schema, when a definition is made. */
export const ruleTypeCases: readonly Case[] = [
  rules(
    'that fit',
    'self.x > 1.5 && self.d >= 1 && self.s < "b"',
    'self.items.all(i, i.k.startsWith("a") || i.n in [1, 2])',
    'self.m.exists(k, v, k == v) && self.m.all(k, self.m[k].size() > 1)',
    'type(self.port) == string ? self.port.matches("^a") : self.port > 80',
    'self.pod.kind == "Pod" && self.pod.metadata.name.size() > 0',
    'self.namespace == self.__namespace__ && self.a__dash__b == self.a__dot__b__slash__c__underscores__d',
    'self.?items[0].k.orValue("") == "" && self.?x.optMap(v, v + 1).hasValue()',
    'self.at > timestamp("2020-01-01T00:00:00Z") && self.raw == b"a"',
    'quantity(self.s).isGreaterThan(quantity("1Gi")) && semver(self.s).major() == 1 && isURL(self.s)',
    'ip(self.s).family() == 4 && cidr(self.s).containsIP(self.s) && sets.contains(self.l, ["a"])',
    'self.l.sort().distinct().join(",") == "" && self.items.sortBy(i, i.n)[0].k == ""',
    '"%s: %d".format([self.s, self.x]) == "" && format.dns1123Label().validate(self.s).hasValue()',
    'self.m.transformMap(k, v, v.size()).all(k, v, v > 1) && self.l.transformList(i, v, i).sum() > 1',
    'oldSelf.x <= self.x',
    { rule: 'oldSelf.?x.orValue(0) < self.x', optionalOldSelf: true },
  ),
  rules(
    'with fields that are not there',
    'self.y == 1',
    'self.items[0].z == 1 || self.items.all(i, i.y)',
    'has(self.any.foo)',
    'self.pod.spec == 1',
    'self.pod.metadata.labels.size() > 1',
    'self.s.foo == 1',
    'has(self.l.foo)',
  ),
  rules(
    'with types that do not fit',
    'self.x + "a" == ""',
    'self.x + 1.5 > 2.0',
    'self.s == 1',
    'self.x in self.l',
    'self.l[0] > 1 && self.m[1] == ""',
    'self.s.startsWith(1)',
    'self.x.size() > 1',
    'self.x && !self.s',
    'self.x.all(i, i > 1)',
    'self.l.map(i, i.size()).join() == ""',
    'self.at == self.s',
    'quantity("1").add("1").sign() == 1',
    'self.?x == 1',
    'self.l.first() == "a"',
  ),
  rules(
    'with names that are not there',
    'x > 1',
    'foo(self.x)',
    'self.s.foo()',
    'request.name == ""',
    'math.greatest(1, 2) == 2',
    'self.l.all(i, j > 1)',
  ),
  rules(
    'with literals that are wrong',
    '[1, "a"].size() == 2',
    '{"a": 1, "b": dyn(2)}.size() == 2',
    'duration("1x") == duration("1h")',
    'timestamp("2020-13-01T00:00:00Z") < self.at',
    'self.s.matches("[")',
    'matches(self.s, "(")',
    'int("x") == 1',
    '"%d".format(["a"]) == ""',
    '"%s".format([]) == ""',
  ),
  rules(
    'whose syntax is wrong',
    'self.',
    'self.x >',
    '(self.x > 1',
    'self.x > 1)',
    'self.x = 1',
    'self.x > 1 and self.x < 2',
    'self.x === 1',
    'self.s == "a',
    'self.l[',
    '[1, 2',
    '{1, 2}',
    'self.x ? 1',
    'self.in == 1',
    'self.true == 1',
    'namespace == 1',
    'if (self.x) {1}',
    'has(self)',
    'self.l.all(1, true)',
    'self.l.all(i, i, true)',
    '9223372036854775808 > 1',
    '"é" == "a" @',
  ),
  rules('whose type is wrong', 'self.x', 'self.port', 'null', { rule: 'true', messageExpression: 'self.x' }),
  rules(
    'with messages, reasons and paths',
    { rule: 'self.x > 1', messageExpression: '"x is " + self.y' },
    { rule: 'self.x > 1', messageExpression: ' ' },
    { rule: 'self.x > 1', reason: 'Odd' },
    { rule: 'self.x > 1', fieldPath: '.y' },
    { rule: 'self.x > 1', fieldPath: 'x' },
    { rule: 'self.x > 1', fieldPath: ".m['a.b']" },
    { rule: 'self.x > 1', fieldPath: '.l[0]' },
    { rule: 'self.x > 1', optionalOldSelf: false },
    { rule: 'self.y > 1', message: 'm', reason: 'FieldValueForbidden', fieldPath: '.x', optionalOldSelf: true },
    { rule: 'true &&\n self.x' },
  ),
  placed(
    'old values of items',
    object({ l: { type: 'array', maxItems: 3, items: holding('self == oldSelf', text) } }),
    object({
      l: { type: 'array', maxItems: 3, items: object({ a: holding('self == oldSelf', text) }) },
    }),
    object({
      l: {
        type: 'array',
        maxItems: 3,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: holding('self.n == oldSelf.n', { ...item, required: ['k'] }),
      },
    }),
  ),
  placed('without a type', object({ a: holding('self == 1', { 'x-kubernetes-preserve-unknown-fields': true }) })),
  placed(
    'that cost too much',
    object({ l: holding('self.all(a, self.all(b, a == b))', { type: 'array', items: { type: 'string' } }) }),
    object({ l: holding('self.all(a, self.all(b, a == b))', { type: 'array', maxItems: 1200, items: text }) }),
    object({ l: holding('self.all(a, self.all(b, a == b))', { type: 'array', maxItems: 2000, items: text }) }),
    object({ l: { type: 'array', items: holding('self.contains("abc")', { type: 'string' }) } }),
    object({ s: holding('self.matches("^[a-z]+$")', { type: 'string' }) }),
    object({
      l: {
        type: 'array',
        maxItems: 1000,
        items: object(
          { s: { type: 'string', maxLength: 20_000 } },
          {
            'x-kubernetes-validations': Array.from({ length: 14 }, (_, i) => ({
              rule: `self.s.contains("${'a'.repeat(1 + (i % 9))}") || self.s.endsWith("${i}")`,
            })),
          },
        ),
      },
    }),
    holding('true', { ...object(fields), 'x-kubernetes-validations': [] }),
    object(fields, { 'x-kubernetes-validations': [{ rule: 'true', messageExpression: 'self.t.replace("", self.t)' }] }),
  ),
];
