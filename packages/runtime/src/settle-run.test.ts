import { describe, expect, test } from 'vitest';
import { StallingError, TerminalError, TransientError } from './errors.ts';
import { settleRun } from './settle-run.ts';

const now = Date.UTC(2026, 0, 1);
const object = (conditions: [type: string, status: string][] = []) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', generation: 2 },
  status: {
    observedGeneration: 1,
    conditions: conditions.map(([type, status]) => ({
      type,
      status,
      reason: 'R',
      message: 'm',
      lastTransitionTime: '2025-01-01T00:00:00Z',
    })),
  },
});
const source = {
  conditions: { owned: [], summary: ['FetchFailed', 'ArtifactInStorage'], negative: ['FetchFailed'] },
  observes: 'settled' as const,
};
const applier = { conditions: { owned: [] }, observes: 'ready' as const };
const show = (subject: ReturnType<typeof object>) =>
  Object.fromEntries(
    subject.status.conditions.map((condition) => [condition.type, `${condition.status} ${condition.reason}`]),
  );

describe('settleRun', () => {
  test('a source that has its artifact is ready', () => {
    const subject = object([
      ['Reconciling', 'True'],
      ['ArtifactInStorage', 'True'],
    ]);
    const { requeue } = settleRun(
      subject,
      { result: { next: 'interval', afterMs: 1 }, error: undefined, suspended: false },
      source,
      now,
    );
    expect(show(subject)).toEqual({ Ready: 'True R', ArtifactInStorage: 'True R' });
    expect(subject.status.observedGeneration).toBe(2);
    expect(requeue).toEqual({ action: 'after', afterMs: 1, jitter: true });
  });

  test('a source that claims success without being ready backs off', () => {
    const subject = object([['ArtifactInStorage', 'False']]);
    const { requeue, error } = settleRun(
      subject,
      { result: { next: 'interval', afterMs: 1 }, error: undefined, suspended: false },
      source,
      now,
    );
    expect(requeue).toEqual({ action: 'backoff' });
    expect(error).toBeInstanceOf(TransientError);
  });

  test.each([
    [true, 2],
    [false, 1],
  ])('an applier that stalls has observed its spec: %s', (observed, generation) => {
    const subject = object([]);
    const error = new TerminalError('denied', { reason: 'AccessDenied', observed });
    settleRun(subject, { result: undefined, error, suspended: false }, applier, now);
    expect(show(subject)).toEqual({ Stalled: 'True AccessDenied', Ready: 'False AccessDenied' });
    expect(subject.status.observedGeneration).toBe(generation);
  });

  test('a fetch error shows on Ready, keeps Reconciling and the old generation', () => {
    const subject = object([
      ['Reconciling', 'True'],
      ['ArtifactInStorage', 'True'],
    ]);
    const error = new TransientError('no', { reason: 'PullFailed', condition: 'FetchFailed' });
    const { requeue } = settleRun(subject, { result: undefined, error, suspended: false }, source, now);
    expect(show(subject)).toEqual({
      Reconciling: 'True ProgressingWithRetry',
      Ready: 'False PullFailed',
      FetchFailed: 'True PullFailed',
      ArtifactInStorage: 'True R',
    });
    expect(subject.status.observedGeneration).toBe(1);
    expect(requeue).toEqual({ action: 'backoff' });
  });

  test.each([
    ['stalling', new StallingError('no', { reason: 'URLInvalid' })],
    ['terminal', new TerminalError('no', { reason: 'URLInvalid' })],
  ])('a %s error is observed and not retried', (_, error) => {
    const subject = object([['Reconciling', 'True']]);
    const { requeue } = settleRun(subject, { result: undefined, error, suspended: false }, applier, now);
    expect(show(subject)).toEqual({ Stalled: 'True URLInvalid', Ready: 'False URLInvalid' });
    expect(subject.status.observedGeneration).toBe(2);
    expect(requeue).toEqual({ action: 'never' });
  });

  test('an applier that is not ready keeps its generation', () => {
    const subject = object([
      ['Reconciling', 'True'],
      ['Ready', 'False'],
    ]);
    const { requeue } = settleRun(
      subject,
      { result: { next: 'after', afterMs: 7 }, error: undefined, suspended: false },
      applier,
      now,
    );
    expect(show(subject)).toEqual({ Reconciling: 'True ProgressingWithRetry', Ready: 'False R' });
    expect(subject.status.observedGeneration).toBe(1);
    expect(requeue).toEqual({ action: 'after', afterMs: 7, jitter: false });
  });

  test('a suspended source loses Stalled and is observed', () => {
    const subject = object([
      ['Stalled', 'True'],
      ['ArtifactInStorage', 'True'],
    ]);
    const { requeue } = settleRun(subject, { result: undefined, error: undefined, suspended: true }, source, now);
    expect(show(subject)).toEqual({ Ready: 'True R', ArtifactInStorage: 'True R' });
    expect(subject.status.observedGeneration).toBe(2);
    expect(requeue).toEqual({ action: 'never' });
  });

  test('an error that nobody expected is shown', () => {
    const subject = object();
    settleRun(subject, { result: undefined, error: new Error('boom'), suspended: false }, source, now);
    expect(show(subject)).toEqual({ Reconciling: 'True ProgressingWithRetry', Ready: 'False ProgressingWithRetry' });
    expect(subject.status.conditions.find(({ type }) => type === 'Ready')?.message).toBe('boom');
  });
});
