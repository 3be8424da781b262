import { describe, expect, test } from 'vitest';
import { checkConditions } from './check-conditions.ts';
import { type ConditionedObject, capMessage, maxMessageLength } from './condition.ts';
import {
  deleteCondition,
  getCondition,
  markReady,
  markReconciling,
  markStalled,
  setCondition,
} from './set-condition.ts';
import { summarizeReady } from './summarize-ready.ts';

const at = (seconds: number) => Date.UTC(2026, 0, 2, 3, 4, seconds) + 789;

describe('setCondition', () => {
  test('keeps the transition time while nothing changes, stamps the generation always', () => {
    const object: ConditionedObject = { metadata: { generation: 1 } };
    markReady(object, 'Succeeded', 'done', at(1));
    object.metadata.generation = 2;
    markReady(object, 'Succeeded', 'done', at(2));
    expect(object.status?.conditions).toEqual([
      {
        type: 'Ready',
        status: 'True',
        reason: 'Succeeded',
        message: 'done',
        lastTransitionTime: '2026-01-02T03:04:01Z',
        observedGeneration: 2,
      },
    ]);
  });

  test.each([
    ['status', { type: 'Ready', status: 'False', reason: 'A', message: 'm' }],
    ['reason', { type: 'Ready', status: 'True', reason: 'B', message: 'm' }],
    ['message', { type: 'Ready', status: 'True', reason: 'A', message: 'n' }],
  ] as const)('moves the transition time when the %s changes', (_, next) => {
    const object: ConditionedObject = { metadata: {} };
    markReady(object, 'A', 'm', at(1));
    setCondition(object, next, at(2));
    expect(getCondition(object, 'Ready')?.lastTransitionTime).toBe('2026-01-02T03:04:02Z');
  });

  test('sorts Stalled, Reconciling, Ready, newest generation, name', () => {
    const object: ConditionedObject = { metadata: { generation: 1 } };
    for (const type of ['Zeta', 'Beta', 'Ready', 'Reconciling', 'Stalled']) {
      setCondition(object, { type, status: 'True', reason: 'R', message: '' }, at(1));
    }
    object.metadata.generation = 2;
    setCondition(object, { type: 'Zeta', status: 'True', reason: 'R', message: '' }, at(1));
    expect(object.status?.conditions?.map((condition) => condition.type)).toEqual([
      'Stalled',
      'Reconciling',
      'Ready',
      'Zeta',
      'Beta',
    ]);
  });

  test('Reconciling and Stalled exclude each other', () => {
    const object: ConditionedObject = { metadata: {} };
    markReconciling(object, 'Progressing', 'x', at(1));
    markStalled(object, 'Broken', 'x', at(1));
    expect(object.status?.conditions?.map((condition) => condition.type)).toEqual(['Stalled']);
    markReconciling(object, 'Progressing', 'x', at(1));
    expect(object.status?.conditions?.map((condition) => condition.type)).toEqual(['Reconciling']);
    deleteCondition(object, 'Reconciling');
    expect(object.status?.conditions).toEqual([]);
  });
});

describe('capMessage', () => {
  test('ends long messages in three dots', () => {
    expect(capMessage('a'.repeat(maxMessageLength))).toHaveLength(maxMessageLength);
    const capped = capMessage('a'.repeat(maxMessageLength + 1));
    expect(capped).toHaveLength(maxMessageLength);
    expect(capped.endsWith('a...')).toBe(true);
  });

  test('never keeps half a character', () => {
    const capped = capMessage(`${'a'.repeat(maxMessageLength - 4)}${'😀'.repeat(5)}`);
    expect(Buffer.from(capped).toString()).toBe(capped);
  });
});

describe('summarizeReady', () => {
  const options = {
    order: ['StorageOperationFailed', 'FetchFailed', 'ArtifactInStorage', 'SourceVerified', 'Stalled', 'Reconciling'],
    negative: ['StorageOperationFailed', 'FetchFailed', 'Stalled', 'Reconciling'],
  };
  test.each([
    ['a bad thing that is true', { ArtifactInStorage: 'True', FetchFailed: 'True' }, 'False', 'FetchFailed'],
    [
      'then a good thing that is false',
      { ArtifactInStorage: 'True', SourceVerified: 'False' },
      'False',
      'SourceVerified',
    ],
    [
      'then good things that are true',
      { SourceVerified: 'True', ArtifactInStorage: 'True' },
      'True',
      'ArtifactInStorage',
    ],
    ['then bad things that are false', { FetchFailed: 'False', ArtifactInStorage: 'Unknown' }, 'True', 'FetchFailed'],
    ['then unknown things', { ArtifactInStorage: 'Unknown' }, 'Unknown', 'ArtifactInStorage'],
    ['the first in the order wins inside a group', { Stalled: 'True', FetchFailed: 'True' }, 'False', 'FetchFailed'],
    ['nothing leaves Ready alone', {}, undefined, undefined],
  ] as const)('%s', (_, given, status, reason) => {
    const object: ConditionedObject = { metadata: {} };
    for (const [type, value] of Object.entries(given)) {
      setCondition(object, { type, status: value, reason: type, message: '' }, at(1));
    }
    summarizeReady(object, options, at(1));
    expect(getCondition(object, 'Ready')?.status).toBe(status);
    expect(getCondition(object, 'Ready')?.reason).toBe(reason);
  });
});

describe('checkConditions', () => {
  test('accepts a ready object and names what is wrong with another', () => {
    const object: ConditionedObject = { metadata: { generation: 2 }, status: { observedGeneration: 2 } };
    markReady(object, 'Succeeded', '', at(1));
    expect(checkConditions(object)).toEqual([]);
    setCondition(object, { type: 'Reconciling', status: 'True', reason: 'P', message: '' }, at(1));
    setCondition(object, { type: 'Stalled', status: 'True', reason: 'P', message: '' }, at(1));
    expect(checkConditions(object)).toEqual([
      'Reconciling and Stalled exclude each other',
      'Ready is True while Reconciling',
      'Ready is True while Stalled',
    ]);
  });
});
