import { describe, expect, test } from 'vitest';
import { diffInventory, inventoryEntry, inventoryId, parseInventoryEntry } from './inventory.ts';

describe('inventory', () => {
  test.each([
    [{ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system', namespace: '' }, '_kube-system__Namespace'],
    [{ apiVersion: 'v1', kind: 'Service', name: 'podinfo', namespace: 'default' }, 'default_podinfo__Service'],
    [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'system:a:b', namespace: '' },
      '_system__a__b_rbac.authorization.k8s.io_ClusterRole',
    ],
    [{ apiVersion: 'example.com/v1beta1', kind: 'Thing', name: 'a.b-c', namespace: 'n' }, 'n_a.b-c_example.com_Thing'],
  ])('%o ↔ %s', (ref, id) => {
    expect(inventoryId(ref)).toBe(id);
    expect(parseInventoryEntry(inventoryEntry(ref))).toEqual(ref);
  });

  test.each(['', 'a', 'a_b', 'a_b_c', '___', 'a___Kind'])('%j is no id', (id) => {
    expect(parseInventoryEntry({ id, v: 'v1' })).toBeUndefined();
  });

  test('the version does not matter for what is stale', () => {
    expect(
      diffInventory(
        [
          { id: 'a', v: 'v1' },
          { id: 'b', v: 'v1' },
        ],
        [{ id: 'a', v: 'v2' }],
      ),
    ).toEqual([{ id: 'b', v: 'v1' }]);
  });
});
