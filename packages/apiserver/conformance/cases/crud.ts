import { exchange, type Group } from '../lib/case.ts';

const configMaps = '/api/v1/namespaces/{ns}/configmaps';
const configMap = (name: string, data?: Record<string, unknown>, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...(data === undefined ? {} : { data }),
});

/** Creating, reading, replacing and deleting, with the answers to what cannot be done. */
export const crud: Group = {
  name: 'crud',
  cases: [
    exchange('create, get, replace, delete', [
      ['POST', configMaps, configMap('a', { x: '1' })],
      ['GET', `${configMaps}/a`],
      ['PUT', `${configMaps}/a`, configMap('a', { x: '2' })],
      ['PUT', `${configMaps}/a`, configMap('a', { x: '2' })],
      ['DELETE', `${configMaps}/a`],
      ['GET', `${configMaps}/a`],
    ]),
    exchange('create twice', [
      ['POST', configMaps, configMap('a')],
      ['POST', configMaps, configMap('a')],
    ]),
  ],
};
