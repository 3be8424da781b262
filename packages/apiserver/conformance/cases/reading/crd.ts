import type { Session } from '../../lib/session.ts';

/** A definition of the case's own group `{id}.example.com`, kind Widget; waits until it is served. */
export async function withWidgets(session: Session, version: object = {}): Promise<string> {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.g{id}.example.com' },
    spec: {
      group: 'g{id}.example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['things'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'A widget of the test.',
              properties: {
                spec: {
                  type: 'object',
                  description: 'What is wanted.',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', description: 'How large.' },
                    color: { type: 'string', enum: ['red', 'blue'] },
                    replicas: { type: 'integer' },
                    at: { type: 'string', format: 'date-time' },
                    list: { type: 'array', items: { type: 'string' } },
                  },
                },
                status: {
                  type: 'object',
                  properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, ok: { type: 'boolean' } },
                },
              },
            },
          },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Color', type: 'string', jsonPath: '.spec.color', description: 'The color.' },
            { name: 'List', type: 'string', jsonPath: '.spec.list', priority: 1 },
            { name: 'Ok', type: 'boolean', jsonPath: '.status.ok' },
            { name: 'At', type: 'date', jsonPath: '.spec.at' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          selectableFields: [{ jsonPath: '.spec.color' }],
          ...version,
        },
      ],
    },
  };
  await session.http('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: definition,
    unrecorded: true,
  });
  const base = '/apis/g{id}.example.com/v1/namespaces/{ns}/widgets';
  await session.settle(base, (_body, status) => status === 200, { unrecorded: true });
  // Discovery of the real one follows a moment later.
  await session.settle('/apis/g{id}.example.com/v1', (_body, status) => status === 200, { unrecorded: true });
  return base;
}

export function widget(name: string, spec: object = { size: 1 }) {
  return { apiVersion: 'g{id}.example.com/v1', kind: 'Widget', metadata: { name }, spec };
}
