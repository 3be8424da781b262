import { exchange, type Group, MERGE_PATCH } from '../lib/case.ts';
import type { Json } from '../lib/session.ts';
import { configMap, configMaps } from './objects.ts';

const namespaces = '/api/v1/namespaces';
const own = `${namespaces}/{ns}`;
const isGone = (_: Json, status: number) => status === 404;

/** The life of a namespace. */
export const namespaceLife: Group = {
  name: 'namespaces',
  cases: [
    exchange('create', [
      [
        'POST',
        namespaces,
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made-{id}', labels: { a: 'b' } } },
      ],
      ['GET', `${namespaces}/made-{id}`],
      ['POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made.{id}' } }],
      ['POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made-{id}' } }],
    ]),
    exchange('its own label', [
      ['PATCH', own, { metadata: { labels: { 'kubernetes.io/metadata.name': 'other' } } }, { type: MERGE_PATCH }],
      ['PATCH', own, { metadata: { labels: null } }, { type: MERGE_PATCH }],
      ['GET', own],
    ]),
    exchange('that live for ever', [
      ['DELETE', `${namespaces}/default`],
      ['DELETE', `${namespaces}/kube-system`],
      ['DELETE', `${namespaces}/kube-public`],
    ]),
    exchange('finalizers in its spec', [
      ['PATCH', own, { spec: { finalizers: [] } }, { type: MERGE_PATCH }],
      ['GET', own],
      [
        'PUT',
        `${own}/finalize`,
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: '{ns}' },
          spec: { finalizers: ['example.com/mine', 'kubernetes'] },
        },
      ],
      [
        'PUT',
        `${own}/finalize`,
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{ns}' }, spec: { finalizers: ['mine'] } },
      ],
      ['GET', `${own}/finalize`],
    ]),
    exchange('status', [
      ['PATCH', `${own}/status`, { status: { phase: 'Terminating' } }, { type: MERGE_PATCH }],
      ['GET', `${own}/status`],
      ['PATCH', own, { status: { phase: 'Terminating' } }, { type: MERGE_PATCH }],
    ]),
    {
      name: 'the API as a Service',
      async run(session) {
        const path = '/api/v1/namespaces/default/services/kubernetes';
        const { status, body } = await session.http('GET', path, { unrecorded: true });
        for (const port of body.spec.ports) port.targetPort = typeof port.targetPort;
        session.record(path, { status, body });
      },
    },
    exchange('no collection of them is deleted', [['DELETE', namespaces]]),
    {
      name: 'delete with what is inside',
      async run(session) {
        await session.http('POST', configMaps, { body: configMap('inside') });
        await session.http('DELETE', own);
        await session.settle(own, isGone);
        await session.http('GET', `${configMaps}/inside`);
        await session.http('GET', configMaps);
      },
    },
    {
      name: 'nothing new while it goes',
      async run(session) {
        const held = configMap('held', {}, { finalizers: ['example.com/hold'] });
        await session.http('POST', configMaps, { body: held });
        await session.http('DELETE', own);
        await session.settle(`${configMaps}/held`, (body) => body.metadata.deletionTimestamp !== undefined);
        await session.http('POST', configMaps, { body: configMap('late') });
        await session.http('PATCH', `${configMaps}/late?fieldManager=me`, {
          type: 'application/apply-patch+yaml',
          body: configMap('late'),
        });
        await session.http('PATCH', `${configMaps}/held`, {
          type: MERGE_PATCH,
          body: { metadata: { labels: { still: 'possible' } } },
        });
        await session.settle(own, (body) => body.status?.conditions?.some((one: Json) => one.status === 'True'));
        await session.http('PATCH', `${configMaps}/held`, {
          type: MERGE_PATCH,
          body: { metadata: { finalizers: null } },
        });
        await session.settle(own, isGone);
      },
    },
    {
      name: 'delete twice',
      async run(session) {
        const held = configMap('held', {}, { finalizers: ['example.com/hold'] });
        await session.http('POST', configMaps, { body: held, unrecorded: true });
        await session.http('DELETE', own);
        const { status } = await session.http('DELETE', own, { unrecorded: true });
        session.record('status of the second', status);
      },
    },
    {
      name: 'what each has from the start',
      async run(session) {
        await session.http('GET', '/api/v1/namespaces/{ns}/serviceaccounts');
        await session.http('GET', configMaps);
        await session.http('GET', '/api/v1/namespaces/{ns}/secrets');
      },
    },
    {
      name: 'its default account comes back',
      async run(session) {
        const account = '/api/v1/namespaces/{ns}/serviceaccounts/default';
        const { body } = await session.http('GET', account, { unrecorded: true });
        await session.http('DELETE', account);
        await session.settle(
          account,
          (now) => now.metadata?.uid !== undefined && now.metadata.uid !== body.metadata.uid,
        );
      },
    },
  ],
};
