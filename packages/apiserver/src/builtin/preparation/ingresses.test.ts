import { expect, test } from 'vitest';
import { startApiServer } from '../../start-api-server.ts';
import { createTestClient, TABLE } from '../../testing/test-client.ts';

test('an Ingress that names no class gets the default one', async () => {
  const server = await startApiServer({ simulator: false });
  try {
    const api = createTestClient(server);
    const group = '/apis/networking.k8s.io/v1';
    const ingress = (name: string, more: object = {}) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...more },
    });
    const path = `${group}/namespaces/default/ingresses`;
    expect((await api.ok('POST', path, ingress('early'))).spec.ingressClassName).toBeUndefined();
    await api.ok('POST', `${group}/ingressclasses`, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'front', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'example.com/front' },
    });
    expect((await api.ok('POST', path, ingress('late'))).spec.ingressClassName).toBe('front');
    expect((await api.ok('POST', path, ingress('own', { ingressClassName: 'x' }))).spec.ingressClassName).toBe('x');
    const table = await api.ok('GET', `${group}/ingressclasses`, undefined, { accept: TABLE });
    expect(table.rows[0].cells[0]).toBe('front (default)');
  } finally {
    await server.close();
  }
});
