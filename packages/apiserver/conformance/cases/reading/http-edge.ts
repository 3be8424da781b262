import { type Exchange, exchange, type Group, MERGE_PATCH, TABLE, YAML } from '../../lib/case.ts';
import { configMap, configMaps } from '../objects.ts';

const get = (path: string, accept?: string): Exchange => [
  'GET',
  path,
  undefined,
  accept === undefined ? {} : { accept },
];
const discovery = ['/api/v1', '/apis', '/apis/apps', '/apis/apps/v1'];
const manager = 'a'.repeat(129);

/** What a client meets before any resource is asked: types, methods, parameters and paths that are odd. */
export const httpEdge: Group = {
  name: 'http-edge',
  cases: [
    exchange('Accept', [
      ['POST', configMaps, configMap('a')],
      ...[
        'application/json; charset=UTF-8',
        'text/html, application/json',
        'text/*',
        '*/*;q=0.1',
        'application/json;q=0',
        `${TABLE.replace('v1', 'v2')},application/json`,
        TABLE.replace('v1', 'v2'),
        'application/json;as=Nothing;g=meta.k8s.io;v=v1',
        'application/json;as=Table',
        'application/yaml',
        'text/yaml',
        'garbage',
        ',',
      ].map((accept) => get(`${configMaps}/a`, accept)),
    ]),
    exchange(
      'Accept: documents',
      [
        ...[...discovery.slice(1), '/version'].flatMap((path) => [
          get(path, 'text/html'),
          get(path, 'application/yaml'),
        ]),
        get('/healthz', 'application/json'),
        get('/api/v1/nothing', 'application/yaml'),
        get('/openapi/v2', 'text/html'),
        get('/openapi/v3/apis/apps/v1', 'text/html'),
      ].filter(([, path, , options]) => path !== '/apis' || options?.accept === 'text/html'),
    ),
    exchange('Content-Type', [
      ...['text/plain', 'text/yaml', 'application/json; charset=latin1', '', 'application/cbor'].map(
        (type, index): Exchange => ['POST', configMaps, JSON.stringify(configMap(`c${index}`)), { type }],
      ),
      ['POST', configMaps, 'x', { type: 'application/vnd.kubernetes.protobuf' }],
      ...['application/json', 'text/plain', '', `${MERGE_PATCH}; x=y`].map(
        (type): Exchange => ['PATCH', `${configMaps}/c2`, '{}', { type }],
      ),
      ['PUT', `${configMaps}/c2`, JSON.stringify(configMap('c2')), { type: 'text/plain' }],
      ['DELETE', `${configMaps}/c2`, '{}', { type: 'text/plain' }],
      ['DELETE', `${configMaps}/c2`, 'dryRun: [All]', { type: YAML }],
    ]),
    exchange('methods', [
      ...['HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'].flatMap((method) =>
        [
          '/apis/apps',
          '/apis/apps/v1',
          '/version',
          '/healthz',
          '/nothing',
          '/apis/none/v1/x',
          '/apis/apps/v1/none',
        ].map((path): Exchange => [method, path, method === 'HEAD' ? undefined : {}]),
      ),
      ['OPTIONS', configMaps],
      ['PUT', configMaps, {}],
      ['POST', `${configMaps}/a`, {}],
    ]),
    exchange('parameters of lists', [
      ...[
        'limit=x',
        'limit=-1',
        'limit=99999999999999999999',
        'limit=',
        'timeoutSeconds=x',
        'watch=0',
        'labelSelector=a,,b',
        'labelSelector=a%20in%20(b',
        'labelSelector=a%3E1',
        'fieldSelector=metadata.name',
        'continue=x',
        'resourceVersion=-1',
        'pretty=maybe',
        'watch=1&timeoutSeconds=x',
        'watch=1&limit=x',
      ].map((query) => get(`${configMaps}?${query}`)),
      get(`${configMaps}?watch=1&timeoutSeconds=-1&resourceVersion=0&labelSelector=none`),
    ]),
    exchange('parameters of writes', [
      ['POST', configMaps, configMap('a')],
      ...[
        'dryRun=Bad&fieldManager=%01&fieldValidation=x',
        'dryRun=',
        'dryRun=All&dryRun=All',
        `fieldManager=${manager}`,
        `fieldManager=${encodeURIComponent('é'.repeat(65))}`,
        'force=true&dryRun=All',
      ].flatMap((query): Exchange[] => [
        ['POST', `${configMaps}?${query}`, configMap('b')],
        ['PUT', `${configMaps}/a?${query}`, configMap('a')],
        ['PATCH', `${configMaps}/a?${query}`, {}, { type: MERGE_PATCH }],
        ['PATCH', `${configMaps}/a?${query}`, configMap('a'), { type: 'application/apply-patch+yaml' }],
        ['DELETE', `${configMaps}/none?${query}`],
      ]),
    ]),
    exchange('parameters of deletions', [
      ['POST', configMaps, configMap('a')],
      ...[
        'propagationPolicy=Bad',
        'propagationPolicy=',
        'gracePeriodSeconds=x',
        'gracePeriodSeconds=',
        'gracePeriodSeconds=-1',
        'orphanDependents=maybe',
        'orphanDependents=true&propagationPolicy=Orphan',
      ].map((query): Exchange => ['DELETE', `${configMaps}/a?dryRun=All&${query}`]),
      ...[
        { propagationPolicy: 5 },
        { gracePeriodSeconds: 'x' },
        { dryRun: 'All' },
        { dryRun: ['Bad'] },
        { preconditions: 'x' },
        { orphanDependents: 'x' },
        { bogus: 1, dryRun: ['All'] },
      ].map((body): Exchange => ['DELETE', `${configMaps}/a`, body]),
      // A body is all that counts.
      ['DELETE', `${configMaps}/a?propagationPolicy=Bad`, { dryRun: ['All'] }],
      ['DELETE', `${configMaps}/a?dryRun=All`, {}],
      ['GET', `${configMaps}/a`],
    ]),
    exchange('paths', [
      ['POST', configMaps, configMap('a')],
      ...[
        '//api/v1/namespaces',
        '/api//v1/namespaces',
        '/api/v1//namespaces',
        `${configMaps}/a//`,
        `${configMaps}/a/b`,
        `${configMaps}/a%2Fb`,
        `${configMaps}/%61`,
        `${configMaps}/${'a'.repeat(300)}`,
        '/apis/none',
        '/apis/apps/v9',
        '/apis/apps/v9/x',
        '/api/v2',
        '/api/v1/none',
        '/API/v1',
        '/api/v1/Pods',
        '/healthz/',
        '/healthz/nothing',
        '/livez/ping',
        '/openapi',
        '/openapi/v2/',
        '/openapi/v3/',
        '/openapi/v3/apis/none/v1',
        '/metrics/cadvisor',
        '/favicon.ico',
        '/%zz',
      ].map((path) => get(path)),
    ]),
  ],
};
