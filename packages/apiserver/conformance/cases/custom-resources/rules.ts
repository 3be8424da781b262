import { type Case, JSON_PATCH, MERGE_PATCH } from '../../lib/case.ts';
import { about, definition, each, install, object, thing, things, version } from './pieces.ts';

/** Rules when objects are validated. */
export const ruleCases: readonly Case[] = [
  about(
    'CEL: a rule',
    object(
      { min: { type: 'integer' }, max: { type: 'integer' } },
      { 'x-kubernetes-validations': [{ rule: 'self.min <= self.max' }] },
    ),
    each({ min: 1, max: 2 }, { min: 3, max: 2 }, { min: 3 }),
  ),
  about(
    'CEL: messages, reasons and places',
    object(
      { a: { type: 'string', maxLength: 10 }, b: { type: 'string', maxLength: 10 } },
      {
        'x-kubernetes-validations': [
          { rule: "self.a != 'bad'", message: 'a is bad', reason: 'FieldValueForbidden', fieldPath: '.a' },
          { rule: "self.b != 'bad'", messageExpression: "'b must not be ' + self.b", message: 'fallback' },
        ],
      },
    ),
    each({ a: 'bad', b: 'bad' }, { a: 'ok', b: 'ok' }, { a: 'ok' }),
  ),
  about(
    'CEL: transitions',
    object({
      a: {
        type: 'string',
        maxLength: 10,
        'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
      },
    }),
    [
      ['POST', things, thing('t', { a: 'x' })],
      ['PATCH', `${things}/t`, { spec: { a: 'y' } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { spec: { a: null } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { spec: { a: 'z' } }, { type: MERGE_PATCH }],
    ],
  ),
  about(
    'CEL: what fails when it runs',
    object(
      { port: { 'x-kubernetes-int-or-string': true }, a: { type: 'string', maxLength: 20 }, n: { type: 'integer' } },
      {
        'x-kubernetes-validations': [
          { rule: '!has(self.port) || self.port > 1' },
          { rule: "!has(self.a) || !self.a.startsWith('ip:') || ip(self.a.substring(3)).family() == 4" },
          { rule: "!has(self.a) || !self.a.startsWith('n:') || int(self.a.substring(2)) > 1" },
          { rule: "!has(self.a) || !self.a.startsWith('f:') || !format.uuid().validate(self.a).hasValue()" },
          { rule: '!has(self.n) || 6 / self.n > 1' },
        ],
      },
    ),
    each({ port: 'x' }, { port: 2 }, { a: 'ip:1.2.3' }, { a: 'ip:1.2.3.4' }, { a: 'n:x' }, { a: 'f:x' }, { n: 0 }),
  ),
  about(
    'CEL: fields of an optional old value',
    object({
      o: object(
        { n: { type: 'integer' } },
        { 'x-kubernetes-validations': [{ rule: 'oldSelf.n.orValue(0) <= self.n', optionalOldSelf: true }] },
      ),
    }),
    [
      ['POST', things, thing('t', { o: { n: 1 } })],
      ['POST', things, thing('u', { o: { n: -1 } })],
      ['PATCH', `${things}/t`, { spec: { o: { n: 0 } } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { spec: { o: { n: 2 } } }, { type: MERGE_PATCH }],
    ],
  ),
  about(
    'CEL: optional old value',
    object({
      a: {
        type: 'string',
        maxLength: 10,
        'x-kubernetes-validations': [{ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }],
      },
    }),
    [
      ['POST', things, thing('t', { a: 'x' })],
      ['POST', things, thing('u', { a: 'first' })],
      ['PATCH', `${things}/u`, { spec: { a: 'then' } }, { type: MERGE_PATCH }],
    ],
  ),
  about(
    'CEL: lists and maps',
    object({
      l: {
        type: 'array',
        maxItems: 5,
        items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] },
        'x-kubernetes-validations': [{ rule: 'self.all(x, self.exists_one(y, x == y))', message: 'unique' }],
      },
      m: {
        type: 'object',
        maxProperties: 5,
        additionalProperties: { type: 'string', maxLength: 10 },
        'x-kubernetes-validations': [{ rule: "self.all(k, self[k].startsWith('v'))" }],
      },
    }),
    each({ l: [1, 1, -1] }, { m: { a: 'x' } }, { l: [1, 2], m: { a: 'v' } }),
  ),
  {
    name: 'a value that a stricter schema refuses may stay',
    async run(session) {
      await install(session, [version('v1', object({ a: { type: 'string' }, b: { type: 'string' } }))]);
      await session.http('POST', things, { body: thing('t', { a: 'long text', b: 'x' }) });
      const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/enum';
      await session.http('PATCH', definition, {
        body: [{ op: 'add', path, value: ['short'] }],
        type: JSON_PATCH,
        unrecorded: true,
      });
      for (let tries = 0; tries < 100; tries++) {
        const probe = await session.http('POST', `${things}?dryRun=All`, {
          body: thing('u', { a: 'no' }),
          unrecorded: true,
        });
        if (probe.status === 422) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await session.http('PATCH', `${things}/t`, { body: { spec: { b: 'y' } }, type: MERGE_PATCH });
      await session.http('PATCH', `${things}/t`, { body: { spec: { a: 'other' } }, type: MERGE_PATCH });
    },
  },
];
