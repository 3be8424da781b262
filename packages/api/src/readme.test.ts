import { expect, test } from 'vitest';
import { allCrds, type OCIRepository } from './index.ts';
import { defaultObject, validateObject } from './validate.ts';

test('the example of the README', () => {
  const podinfo: OCIRepository = defaultObject({
    apiVersion: 'source.toolkit.fluxcd.io/v1beta2',
    kind: 'OCIRepository',
    metadata: { name: 'podinfo', namespace: 'flux-system' },
    spec: { interval: '10m', url: 'oci://ghcr.io/stefanprodan/manifests/podinfo' },
  });
  expect(podinfo.spec.provider).toBe('generic');
  expect(validateObject(podinfo)).toEqual([]);
  expect(allCrds().length).toBe(15);
});
