import { exchange, type Group, MERGE_PATCH } from '../lib/case.ts';
import { configMap, configMaps, deployment, deployments } from './objects.ts';

const merge = { type: MERGE_PATCH };

/** Deletion: preconditions, dry run, finalizers, whole collections. */
export const deleting: Group = {
  name: 'deleting',
  cases: [
    exchange('finalizers hold an object', [
      ['POST', configMaps, configMap('f', { a: '1' }, { finalizers: ['a.b/c', 'd.e/f'] })],
      ['DELETE', `${configMaps}/f`],
      ['DELETE', `${configMaps}/f`],
      ['PATCH', `${configMaps}/f`, { metadata: { finalizers: ['a.b/c', 'd.e/f', 'x.y/z'] } }, merge],
      ['PATCH', `${configMaps}/f`, { data: { a: '2' } }, merge],
      ['POST', configMaps, configMap('f')],
      ['PATCH', `${configMaps}/f`, { metadata: { finalizers: ['d.e/f'] } }, merge],
      ['PATCH', `${configMaps}/f`, { metadata: { finalizers: null } }, merge],
      ['GET', `${configMaps}/f`],
    ]),
    exchange('finalizers: generation', [
      ['POST', deployments, { ...deployment('d'), metadata: { name: 'd', finalizers: ['a.b/c'] } }],
      ['DELETE', `${deployments}/d`],
      ['PATCH', `${deployments}/d`, { spec: { replicas: 2 } }, merge],
      ['PUT', `${deployments}/d`, deployment('d')],
      ['GET', `${deployments}/d`],
    ]),
    exchange('finalizers: bad ones', [
      ['POST', configMaps, configMap('f', {}, { finalizers: ['bad'] })],
      ['POST', configMaps, configMap('f', {}, { finalizers: ['a b/c'] })],
      ['POST', configMaps, configMap('f', {}, { finalizers: ['orphan', 'foregroundDeletion'] })],
      ['POST', configMaps, configMap('g', {}, { finalizers: ['kubernetes'] })],
    ]),
    exchange('preconditions', [
      ['POST', configMaps, configMap('a')],
      ['DELETE', `${configMaps}/a`, { preconditions: { uid: 'other' } }],
      ['DELETE', `${configMaps}/a`, { preconditions: { resourceVersion: '1' } }],
      ['DELETE', `${configMaps}/a`, { propagationPolicy: 'Nonsense' }],
      ['DELETE', `${configMaps}/a`, { propagationPolicy: 'Orphan', orphanDependents: true }],
      ['DELETE', `${configMaps}/a?propagationPolicy=Nonsense`],
      ['DELETE', `${configMaps}/a`, { gracePeriodSeconds: -1 }],
      ['DELETE', `${configMaps}/a`, { kind: 'Nonsense', apiVersion: 'v1' }],
      ['DELETE', `${configMaps}/a`, 'x'],
      ['DELETE', `${configMaps}/a`, { kind: 'DeleteOptions', apiVersion: 'v1' }],
    ]),
    exchange('dry run', [
      ['POST', `${configMaps}?dryRun=All`, configMap('a')],
      ['GET', `${configMaps}/a`],
      ['POST', configMaps, configMap('a', { x: '1' })],
      ['PUT', `${configMaps}/a?dryRun=All`, configMap('a', { x: '2' })],
      ['PATCH', `${configMaps}/a?dryRun=All`, { data: { x: '3' } }, merge],
      ['DELETE', `${configMaps}/a?dryRun=All`],
      ['DELETE', `${configMaps}/a`, { dryRun: ['All'] }],
      ['DELETE', `${configMaps}/a?dryRun=Some`],
      ['DELETE', `${configMaps}/a`, { dryRun: ['Some'] }],
      ['DELETE', `${configMaps}?dryRun=All&labelSelector=none`],
      ['GET', `${configMaps}/a`],
    ]),
    exchange('a collection', [
      ['POST', configMaps, configMap('a', {}, { labels: { x: '1' } })],
      ['POST', configMaps, configMap('b', {}, { labels: { x: '1' }, finalizers: ['a.b/c'] })],
      ['POST', configMaps, configMap('c', {}, { labels: { x: '2' } })],
      ['DELETE', `${configMaps}?labelSelector=x=1`],
      ['GET', `${configMaps}/a`],
      ['GET', `${configMaps}/b`],
      ['GET', `${configMaps}/c`],
      ['DELETE', `${configMaps}?fieldSelector=metadata.name=c`],
      ['GET', `${configMaps}/c`],
      ['DELETE', `${configMaps}?labelSelector=a+b`],
      ['DELETE', `${configMaps}?fieldSelector=foo=bar`],
    ]),
  ],
};
