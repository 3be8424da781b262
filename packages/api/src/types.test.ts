import { checkStructural } from '@fluvial/schema';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { allCrds, findKind, type Kustomization, type OCIRepository } from './index.ts';
import { defaultObject, validateObject } from './validate.ts';

const podinfo = {
  apiVersion: 'source.toolkit.fluxcd.io/v1beta2',
  kind: 'OCIRepository' as const,
  metadata: { name: 'podinfo', namespace: 'flux-system' },
  spec: { interval: '10m', url: 'oci://127.0.0.1:5000/podinfo', ref: { tag: 'latest' } },
};

describe('types from schemas', () => {
  test('required, optional and literal fields', () => {
    expectTypeOf<OCIRepository['spec']['interval']>().toEqualTypeOf<string>();
    expectTypeOf<OCIRepository['spec']['provider']>().toEqualTypeOf<'generic' | 'aws' | 'azure' | 'gcp' | undefined>();
    expectTypeOf<Kustomization['spec']['prune']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<NonNullable<Kustomization['status']>['history']>().toExtend<{ digest: string }[] | undefined>();
    const typed: OCIRepository = podinfo;
    expect(typed.spec.url).toBe(podinfo.spec.url);
  });
});

describe('defaultObject', () => {
  test('fills in what the version says', () => {
    const object = defaultObject(structuredClone(podinfo));
    expect(object.spec).toEqual({ ...podinfo.spec, provider: 'generic', timeout: '60s' });
    expect(object).toHaveProperty('status', { observedGeneration: -1 });
  });

  test('writes no prune into a Kustomization', () => {
    const object = defaultObject({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1beta2',
      kind: 'Kustomization',
      spec: { interval: '10m', sourceRef: { kind: 'OCIRepository', name: 'podinfo' } },
    });
    expect(object.spec).toEqual({
      force: false,
      interval: '10m',
      sourceRef: { kind: 'OCIRepository', name: 'podinfo' },
    });
  });
});

describe('validateObject', () => {
  test('accepts a manifest of 2022', () => {
    expect(validateObject(podinfo)).toEqual([]);
  });

  test('names the field that is wrong', () => {
    const errors = validateObject({ ...podinfo, spec: { ...podinfo.spec, interval: 'often' } });
    expect(errors.map((each) => each.field)).toEqual(['spec.interval']);
  });

  test('leaves other kinds alone', () => {
    expect(validateObject({ apiVersion: 'v1', kind: 'ConfigMap' })).toEqual([]);
  });
});

describe('allCrds', () => {
  test('one stored version each, the newest; the others warn', () => {
    for (const crd of allCrds()) {
      expect(crd.spec.versions.filter((each) => each.storage)).toEqual([crd.spec.versions[0]]);
      for (const version of crd.spec.versions.slice(1))
        expect(version.deprecationWarning).toMatch(/is deprecated, upgrade to v/);
    }
  });

  test('every field below spec and status is described', () => {
    const bare: string[] = [];
    const walk = (schema: { [key: string]: unknown }, path: string): void => {
      if (typeof schema['description'] !== 'string' || schema['description'] === '') bare.push(path);
      for (const [name, field] of Object.entries(
        (schema['properties'] ?? {}) as Record<string, { [key: string]: unknown }>,
      )) {
        walk(field, `${path}.${name}`);
      }
      if (schema['items']) walk(schema['items'] as { [key: string]: unknown }, `${path}[]`);
    };
    for (const crd of allCrds()) {
      for (const version of crd.spec.versions) {
        const { spec, status } = version.schema.openAPIV3Schema.properties ?? {};
        if (spec) walk(spec, `${crd.metadata.name}/${version.name} spec`);
        if (status) walk(status, `${crd.metadata.name}/${version.name} status`);
      }
    }
    expect(bare).toEqual([]);
  });
});

describe('every schema', () => {
  test('is structural, and its rules compile', () => {
    for (const crd of allCrds()) {
      for (const version of crd.spec.versions) {
        expect(checkStructural(version.schema.openAPIV3Schema), `${crd.metadata.name}/${version.name}`).toEqual([]);
      }
    }
  });

  test('a rule answers with its own message', () => {
    const errors = validateObject({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'x' },
      spec: { interval: '1m', sourceRef: { kind: 'Bucket', name: 'x' }, kubeConfig: {} },
    });
    expect(errors.map((each) => each.message).join()).toContain(
      'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
    );
  });
});

describe('findKind', () => {
  test('by any served version', () => {
    expect(findKind('kustomize.toolkit.fluxcd.io/v1beta1', 'Kustomization')?.version.name).toBe('v1beta1');
    expect(findKind('kustomize.config.k8s.io/v1beta1', 'Kustomization')).toBeUndefined();
  });
});
