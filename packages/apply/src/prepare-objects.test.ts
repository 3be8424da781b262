import { describe, expect, test } from 'vitest';
import { normalizeObject, prepareObjects } from './prepare-objects.ts';

const meta = { name: 'x', namespace: 'apps' };

describe('normalizeObject', () => {
  test('drops unknown fields and nulls of built-in kinds, at any depth', () => {
    const before = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta, creationTimestamp: null, labls: {} },
      spec: {
        replicas: null,
        selektor: { a: 'b' },
        template: { spec: { containers: [{ name: 'c', imagee: 'typo', ports: [{ containerPort: 80, prot: 'x' }] }] } },
      },
      status: {},
    };
    const copy = structuredClone(before);
    expect(normalizeObject(before)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta,
      spec: { template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }] }] } } },
    });
    expect(before).toEqual(copy);
  });

  test('leaves an object with a value of the wrong type to the server, unknown fields included', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { a: 1 }, unknown: true };
    expect(normalizeObject(object)).toEqual(object);
  });

  test('leaves custom resources, Roles and ClusterRoles alone', () => {
    for (const object of [
      { apiVersion: 'example.com/v1', kind: 'Thing', metadata: meta, anything: null, status: { a: 1 } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'x' }, rules: [{ odd: 1 }] },
    ]) {
      expect(normalizeObject(object)).toEqual(object);
    }
  });

  test('keeps free-form parts, quantities and int-or-string', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...meta, annotations: { a: 'b' } },
      spec: {
        containers: [
          {
            name: 'c',
            resources: { limits: { cpu: 1, memory: '1Gi' } },
            livenessProbe: { httpGet: { port: 'http', path: '/' } },
          },
        ],
      },
    };
    expect(normalizeObject(object)).toEqual(object);
  });

  test('folds stringData into data', () => {
    expect(
      normalizeObject({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: meta,
        data: { a: 'eA==', b: 'eQ==' },
        stringData: { a: 'z' },
      }),
    ).toEqual({ apiVersion: 'v1', kind: 'Secret', metadata: meta, data: { a: 'eg==', b: 'eQ==' } });
  });

  test.each([
    ['Service', 'v1', { ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] }],
    [
      'CronJob',
      'batch/v1',
      { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] } } } } },
    ],
  ])('gives ports of a %s their protocol', (kind, apiVersion, spec) => {
    const text = JSON.stringify(normalizeObject({ apiVersion, kind, metadata: meta, spec }));
    expect(text).toContain('"protocol":"TCP"');
  });

  test('drops a broken caBundle of a definition, keeps status', () => {
    const crd = (caBundle: string) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        conversion: { strategy: 'Webhook', webhook: { clientConfig: { caBundle }, conversionReviewVersions: ['v1'] } },
      },
    });
    expect(JSON.stringify(normalizeObject(crd('Cg==')))).not.toContain('caBundle');
    const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n').toString('base64');
    expect(JSON.stringify(normalizeObject(crd(pem)))).toContain('caBundle');
  });
});

describe('prepareObjects', () => {
  test('puts owner labels, then common metadata over everything', () => {
    const [object] = prepareObjects(
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...meta, labels: { a: 'own' } } }],
      {
        owner: { name: 'app', namespace: 'flux-system' },
        commonMetadata: {
          labels: { a: 'common', 'kustomize.toolkit.fluxcd.io/name': 'mine' },
          annotations: { b: 'c' },
        },
      },
    );
    expect(object?.metadata).toEqual({
      ...meta,
      labels: {
        a: 'common',
        'kustomize.toolkit.fluxcd.io/name': 'mine',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
      annotations: { b: 'c' },
    });
  });
});
