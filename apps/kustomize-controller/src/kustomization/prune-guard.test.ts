import type { InventoryEntry } from '@fluvial/apply';
import type { KubeObject } from '@fluvial/kube';
import { describe, expect, test } from 'vitest';
import { confirmAnnotation, confirmToken, guardAnnotation, holdPrune } from './prune-guard.ts';

const owner = (annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'apps', annotations },
});
const maps = (count: number): InventoryEntry[] =>
  Array.from({ length: count }, (_, index) => ({ id: `apps_m${index}__ConfigMap`, v: 'v1' }));
const namespace: InventoryEntry = { id: '_apps__Namespace', v: 'v1' };
const claim: InventoryEntry = { id: 'apps_data__PersistentVolumeClaim', v: 'v1' };
const on = { enabled: true, maxShare: 50 };
const off = { enabled: false, maxShare: 50 };

describe('holdPrune', () => {
  test.each<[string, InventoryEntry[], number, number, RegExp | undefined]>([
    ['nothing to delete', [], 4, 0, undefined],
    ['a small share', maps(2), 4, 2, undefined],
    [
      'a large share',
      maps(3),
      4,
      1,
      /^prune held, it would delete 3 of 4 objects \(more than 50%\): \[ConfigMap\/apps\/m0, /,
    ],
    ['an empty render', maps(1), 1, 0, /^prune held, the render is empty: /],
    ['a namespace', [namespace], 9, 8, /it would delete a Namespace: \[Namespace\/apps\]/],
    ['a namespace and a claim', [namespace, claim], 9, 7, /a Namespace and a PersistentVolumeClaim:/],
    ['many', maps(12), 12, 0, /m9, and 2 more\];/],
  ])('%s', (_, stale, before, after, expected) => {
    const held = holdPrune(owner(), { stale, before, after }, on);
    if (expected === undefined) expect(held).toBeUndefined();
    else expect(held).toMatch(expected);
  });

  test('is off unless the operator or the owner asks for it', () => {
    const plan = { stale: [namespace], before: 2, after: 1 };
    expect(holdPrune(owner(), plan, off)).toBeUndefined();
    expect(holdPrune(owner({ [guardAnnotation]: 'Enabled' }), plan, off)).toBeDefined();
    expect(holdPrune(owner({ [guardAnnotation]: 'disabled' }), plan, on)).toBeUndefined();
  });

  test('a confirmation is good for the objects that it was given for', () => {
    const confirmed = owner({ [confirmAnnotation]: confirmToken([namespace]) });
    expect(holdPrune(confirmed, { stale: [namespace], before: 9, after: 8 }, on)).toBeUndefined();
    expect(holdPrune(confirmed, { stale: [namespace, claim], before: 9, after: 7 }, on)).toContain(
      `${confirmAnnotation} to ${confirmToken([claim, namespace])}`,
    );
  });
});
