import { type Exchange, exchange, type Group, MERGE_PATCH } from '../lib/case.ts';

const events = '/api/v1/namespaces/{ns}/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/{ns}/events';
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';
const time = '2026-01-01T00:00:00Z';
const micro = '2026-01-01T00:00:00.123456Z';

const event = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: '{ns}' },
  reason: 'Happened',
  message: 'something did',
  type: 'Normal',
  source: { component: 'conformance' },
  firstTimestamp: time,
  lastTimestamp: time,
  count: 1,
  ...more,
});
const newEvent = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name },
  regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: '{ns}' },
  reason: 'Happened',
  action: 'Doing',
  note: 'something did',
  type: 'Normal',
  eventTime: micro,
  reportingController: 'example.com/conformance',
  reportingInstance: 'one',
  ...more,
});
const lease = (spec: Record<string, unknown>, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'lock', ...metadata },
  spec,
});

/** What controllers report, and what they hold to be the only one. */
export const eventsAndLeases: Group = {
  name: 'events-and-leases',
  cases: [
    exchange('an event, read as both kinds', [
      ['POST', events, event('e')],
      ['GET', `${events}/e`],
      ['GET', `${newEvents}/e`],
    ]),
    exchange('a new event, read as both kinds', [
      ['POST', newEvents, newEvent('e')],
      ['GET', `${newEvents}/e`],
      ['GET', `${events}/e`],
    ]),
    exchange('a new event that is none', [
      ['POST', newEvents, newEvent('e', { eventTime: null })],
      ['POST', newEvents, newEvent('e', { reportingController: '' })],
      ['POST', newEvents, newEvent('e', { reportingController: 'a b' })],
      ['POST', newEvents, newEvent('e', { reportingInstance: '' })],
      ['POST', newEvents, newEvent('e', { action: '' })],
      ['POST', newEvents, newEvent('e', { reason: '' })],
      ['POST', newEvents, newEvent('e', { type: 'Odd' })],
      ['POST', newEvents, newEvent('e', { note: 'x'.repeat(1025) })],
      ['POST', newEvents, newEvent('e', { series: { count: 1, lastObservedTime: micro } })],
    ]),
    exchange('an event of another namespace', [
      ['POST', events, event('e', { involvedObject: { kind: 'Node', name: 'n' } })],
      ['POST', events, event('f', { involvedObject: { kind: 'ConfigMap', name: 'n', namespace: 'other' } })],
    ]),
    exchange('the count goes up', [
      ['POST', events, event('e')],
      ['PATCH', `${events}/e`, { count: 2, lastTimestamp: '2026-01-01T00:01:00Z' }, { type: MERGE_PATCH }],
      ['PATCH', `${events}/e`, { type: 'Odd', message: 'another' }, { type: MERGE_PATCH }],
    ]),
    exchange('a series', [
      ['POST', newEvents, newEvent('e')],
      ['PATCH', `${newEvents}/e`, { series: { count: 2, lastObservedTime: micro } }, { type: MERGE_PATCH }],
      ['PATCH', `${newEvents}/e`, { note: 'another' }, { type: MERGE_PATCH }],
    ]),
    exchange('field selectors', [
      ['POST', events, event('e')],
      ['POST', events, event('f', { type: 'Warning', reason: 'Broken' })],
      ['GET', `${events}?fieldSelector=type%3DWarning`],
      ['GET', `${events}?fieldSelector=reason%21%3DBroken`],
      ['GET', `${events}?fieldSelector=involvedObject.kind%3DConfigMap,involvedObject.name%3Da,reason%3DBroken`],
      ['GET', `${events}?fieldSelector=source%3Dconformance,metadata.name%3De`],
      ['GET', `${events}?fieldSelector=message%3Dx`],
    ]),
    exchange('generateName', [['POST', events, { ...event(''), metadata: { generateName: 'e-' } }]]),
    exchange('delete all of one kind', [
      ['POST', events, event('e')],
      ['POST', events, event('f', { type: 'Warning' })],
      ['DELETE', `${events}?fieldSelector=type%3DWarning`],
      ['GET', `${events}?fieldSelector=involvedObject.name%3Da`],
    ]),
    exchange('a lease', [
      ['POST', leases, lease({ holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: micro, renewTime: micro })],
      ['PUT', `${leases}/lock`, lease({ holderIdentity: 'me' })],
      ['PUT', `${leases}/lock`, lease({ holderIdentity: 'me' }, { resourceVersion: '1' })],
      ['GET', `${leases}/lock`],
    ]),
    {
      name: 'a lease is renewed, and taken from who is late',
      async run(session) {
        const { body } = await session.http('POST', leases, {
          body: lease({ holderIdentity: 'me', leaseTransitions: 0 }),
        });
        const renewed = await session.http('PUT', `${leases}/lock`, {
          body: { ...body, spec: { ...body.spec, renewTime: micro } },
        });
        await session.http('PUT', `${leases}/lock`, { body: { ...body, spec: { holderIdentity: 'other' } } });
        await session.http('PUT', `${leases}/lock`, {
          body: { ...renewed.body, spec: { holderIdentity: 'other', leaseTransitions: 1 } },
        });
      },
    },
    exchange(
      'events that say too little',
      [{}, { eventTime: micro }].flatMap((more): Exchange[] => [
        ['POST', events, { metadata: { name: 'bare' }, ...more }],
        ['POST', newEvents, { metadata: { name: 'bare' }, ...more }],
      ]),
    ),
    exchange('a lease that is none', [
      ['POST', leases, lease({ leaseDurationSeconds: 0 })],
      ['POST', leases, lease({ leaseTransitions: -1 })],
      ['POST', leases, lease({ renewTime: 'x' })],
      ['POST', leases, lease({ holderIdentity: '' })],
      ['POST', leases, lease({ strategy: 'OldestEmulationVersion' })],
      ['POST', leases, lease({ preferredHolder: 'me' })],
    ]),
    exchange('times of a lease in other forms', [
      ['POST', leases, lease({ renewTime: time })],
      ['PATCH', `${leases}/lock`, { spec: { renewTime: '2026-01-01T01:00:00.5+01:00' } }, { type: MERGE_PATCH }],
    ]),
    exchange('a lease is made by a PUT', [
      ['PUT', `${leases}/lock`, lease({ holderIdentity: 'me' })],
      ['PUT', `${leases}/lock`, lease({ holderIdentity: 'me' }, { resourceVersion: '5' })],
    ]),
  ],
};
