import { describe, expect, test } from 'vitest';
import { compileHealthExprs, evaluateReadyExpr, InvalidExpressionError } from './health-exprs.ts';

const thing = (status?: Record<string, unknown>, generation = 1) => ({
  apiVersion: 'x.test/v1',
  kind: 'Thing',
  metadata: { name: 'a', generation },
  ...(status ? { status } : {}),
});
const rule = {
  apiVersion: 'x.test/v1beta1',
  kind: 'Thing',
  inProgress: "has(status.phase) && status.phase == 'Busy'",
  failed: "has(status.phase) && status.phase == 'Broken'",
  current: "has(status.phase) && status.phase == 'Done'",
};

describe('compileHealthExprs', () => {
  test.each([
    ['current', thing({ phase: 'Done' }), 'Current'],
    ['failed', thing({ phase: 'Broken' }), 'Failed'],
    ['in progress', thing({ phase: 'Busy' }), 'InProgress'],
    ['none holds', thing({}), 'InProgress'],
    ['an older generation', thing({ phase: 'Done', observedGeneration: 1 }, 2), 'InProgress'],
    ['no such field', thing(), 'Unknown'],
  ])('%s', (_, object, status) => {
    expect(compileHealthExprs([rule])?.(object)?.status).toBe(status);
  });

  test.each([
    ["data.none == 'x'", 'no such key: none'],
    ["nothing.phase == 'x'", 'no such attribute(s): nothing'],
  ])('says why %s has no answer', (current, why) => {
    const reader = compileHealthExprs([{ apiVersion: 'x.test/v1', kind: 'Thing', current }]);
    expect(reader?.({ ...thing(), data: {} })?.message).toBe(
      `failed to evaluate the CEL expression '${current}': ${why}`,
    );
  });

  test('an entry without a kind is for the rest of its group', () => {
    const reader = compileHealthExprs([rule, { apiVersion: 'x.test/v1', current: 'true' }]);
    expect(reader?.({ ...thing(), kind: 'Other' })?.status).toBe('Current');
    expect(reader?.(thing({}))?.status).toBe('InProgress');
    expect(reader?.({ ...thing(), apiVersion: 'y.test/v1' })).toBeUndefined();
  });

  test('what is no boolean is unknown', () => {
    expect(
      compileHealthExprs([{ ...rule, inProgress: undefined, failed: undefined, current: '1 + 1' }])?.(thing()),
    ).toEqual({
      status: 'Unknown',
      message: "failed to evaluate CEL expression as boolean: '1 + 1'",
    });
  });

  test.each([
    ['a syntax error', [{ ...rule, current: 'status.' }], /^failed to parse the CEL expression 'status\.': /],
    [
      'a kind that is there twice',
      [rule, { ...rule, apiVersion: 'x.test/v2' }],
      'duplicate custom health check for GroupKind Thing.x.test at healthchecks[1]',
    ],
  ])('%s', (_, rules, message) => {
    expect(() => compileHealthExprs(rules)).toThrow(message);
    expect(() => compileHealthExprs(rules)).toThrow(InvalidExpressionError);
  });
});

describe('evaluateReadyExpr', () => {
  const self = { spec: { version: 'v2' } };
  test.each([
    ['dep.status.version == self.spec.version', { status: { version: 'v2' } }, true],
    ['dep.status.version == self.spec.version', { status: { version: 'v1' } }, false],
    ['dep.status.version == self.spec.version', {}, false],
    ['dep.status.ready == true && !has(dep.status.gone)', { status: { ready: true } }, true],
  ])('%s of %j', (text, dep, expected) => {
    expect(evaluateReadyExpr(text, self, dep, 'a')).toBe(expected);
  });
  test('what can never be evaluated is a wrong configuration', () => {
    expect(() => evaluateReadyExpr('dep.status ==', self, {}, 'a')).toThrow(InvalidExpressionError);
    expect(() => evaluateReadyExpr('other.status', self, {}, 'a')).toThrow('failed to evaluate dependency a: ');
  });
  test.each([
    ['dep.status.ready', 'dyn'],
    ["dep['status']", 'dyn'],
    ['self', 'map(string, dyn)'],
    ['1', 'int'],
    ["'yes'", 'string'],
  ])('%s is surely no boolean', (text, type) => {
    expect(() => evaluateReadyExpr(text, self, {}, 'a')).toThrow(
      `failed to evaluate dependency a: CEL expression output type mismatch: expected bool, got ${type}`,
    );
  });
});
