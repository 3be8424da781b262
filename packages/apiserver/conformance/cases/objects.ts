/** Small objects that cases of many groups use. */

type Fields = Readonly<Record<string, unknown>>;

/** The ConfigMaps of the case's namespace. */
export const configMaps = '/api/v1/namespaces/{ns}/configmaps';
export const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
export const services = '/api/v1/namespaces/{ns}/services';
export const pods = '/api/v1/namespaces/{ns}/pods';

export function configMap(name: string, data?: Fields, metadata: Fields = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    ...(data === undefined ? {} : { data }),
  };
}

/** A Deployment without replicas, so that no pod comes of it. */
export function deployment(name: string, spec: Fields = {}, pod: Fields = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'example.com/main:1' }], ...pod },
      },
      ...spec,
    },
  };
}

export function service(name: string, spec: Fields = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  };
}
