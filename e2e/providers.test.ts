import { describe, expect, test } from 'vitest';
import { findProviders } from './lib/cluster.ts';

describe('stories run', () => {
  for (const { provider, missing } of findProviders()) {
    test.skipIf(missing !== undefined)(`on ${provider}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
      expect(missing).toBeUndefined();
    });
  }
});

describe('findProviders', () => {
  const nothing = { XDG_CACHE_HOME: '/nonexistent' };

  test('leaves the cluster of KUBECONFIG alone unless it is asked for by name', () => {
    const providers = (env: NodeJS.ProcessEnv) => findProviders({ ...nothing, ...env }).map(({ provider }) => provider);
    expect(providers({ KUBECONFIG: '/home/me/.kube/config' })).toEqual(['embedded', 'control-plane']);
    expect(providers({ KUBECONFIG: '/home/me/.kube/config', FLUVIAL_E2E_PROVIDER: 'kubeconfig' })).toEqual([
      'kubeconfig',
    ]);
  });

  test('goes on without a control plane, and says how to get one', () => {
    expect(findProviders(nothing).find(({ provider }) => provider === 'control-plane')?.missing).toContain(
      'KUBEBUILDER_ASSETS',
    );
  });

  test('insists on what was asked for', () => {
    expect(() => findProviders({ ...nothing, FLUVIAL_E2E_PROVIDER: 'control-plane' })).toThrow('KUBEBUILDER_ASSETS');
    expect(() => findProviders({ ...nothing, FLUVIAL_E2E_PROVIDER: 'kubeconfig' })).toThrow('KUBECONFIG');
    expect(() => findProviders({ ...nothing, FLUVIAL_E2E_PROVIDER: 'kind' })).toThrow("'kind' is none of");
  });
});
