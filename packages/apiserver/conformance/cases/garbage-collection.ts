import type { Case, Group } from '../lib/case.ts';
import type { Json, Session } from '../lib/session.ts';
import { configMap, configMaps } from './objects.ts';

type Policy = 'Background' | 'Foreground' | 'Orphan';

/** Makes `owner` and the objects that it owns. */
async function family(session: Session, owned: Readonly<Record<string, Record<string, unknown>>>): Promise<Json> {
  const { body: owner } = await session.http('POST', configMaps, { body: configMap('owner') });
  for (const [name, reference] of Object.entries(owned)) {
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, ...reference },
    ];
    await session.http('POST', configMaps, { body: configMap(name, {}, { ownerReferences }) });
  }
  return owner;
}

const isGone = (_: Json, status: number) => status === 404;

function cascade(policy: Policy, reference: Record<string, unknown>): Case {
  return {
    name: `${policy.toLowerCase()} with ${JSON.stringify(reference)}`,
    async run(session) {
      await family(session, { child: reference });
      await session.http('DELETE', `${configMaps}/owner`, {
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: policy },
      });
      await session.settle(`${configMaps}/owner`, isGone);
      if (policy === 'Orphan') await session.settle(`${configMaps}/child`, (body) => !body.metadata?.ownerReferences);
      else await session.settle(`${configMaps}/child`, isGone);
    },
  };
}

/** What becomes of the objects that an object owns. */
export const garbageCollection: Group = {
  name: 'garbage-collection',
  cases: [
    cascade('Background', {}),
    cascade('Background', { controller: true }),
    cascade('Foreground', {}),
    cascade('Foreground', { blockOwnerDeletion: true }),
    cascade('Orphan', {}),
    cascade('Orphan', { controller: true, blockOwnerDeletion: true }),
    {
      name: 'foreground waits for what blocks it',
      async run(session) {
        const owner = await family(session, {});
        const ownerReferences = [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, blockOwnerDeletion: true },
        ];
        const held = configMap('child', {}, { ownerReferences, finalizers: ['example.com/hold'] });
        await session.http('POST', configMaps, { body: held });
        await session.http('DELETE', `${configMaps}/owner?propagationPolicy=Foreground`);
        await session.settle(`${configMaps}/child`, (body) => body.metadata?.deletionTimestamp !== undefined);
        await session.http('GET', `${configMaps}/owner`);
        await session.http('PATCH', `${configMaps}/child`, {
          type: 'application/merge-patch+json',
          body: { metadata: { finalizers: null } },
        });
        await session.settle(`${configMaps}/owner`, isGone);
      },
    },
    {
      name: 'an owner that is not there',
      async run(session) {
        const ownerReferences = [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: '11111111-2222-3333-4444-555555555555' },
        ];
        await session.http('POST', configMaps, { body: configMap('orphan', {}, { ownerReferences }) });
        await session.settle(`${configMaps}/orphan`, isGone);
      },
    },
    {
      name: 'an owner of another uid',
      async run(session) {
        await session.http('POST', configMaps, { body: configMap('owner') });
        const ownerReferences = [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '11111111-2222-3333-4444-555555555555' },
        ];
        await session.http('POST', configMaps, { body: configMap('child', {}, { ownerReferences }) });
        await session.settle(`${configMaps}/child`, isGone);
        await session.http('GET', `${configMaps}/owner`);
      },
    },
    {
      name: 'one of two owners goes',
      async run(session) {
        const { body: first } = await session.http('POST', configMaps, { body: configMap('first') });
        const { body: second } = await session.http('POST', configMaps, { body: configMap('second') });
        const ownerReferences = [first, second].map(({ metadata }) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: metadata.name,
          uid: metadata.uid,
        }));
        await session.http('POST', configMaps, { body: configMap('child', {}, { ownerReferences }) });
        await session.http('DELETE', `${configMaps}/first?propagationPolicy=Background`);
        await session.settle(`${configMaps}/child`, (body) => body.metadata?.ownerReferences?.length === 1);
        await session.http('DELETE', `${configMaps}/second?propagationPolicy=Background`);
        await session.settle(`${configMaps}/child`, isGone);
      },
    },
    {
      name: 'grandchildren',
      async run(session) {
        const owner = await family(session, { child: {} });
        const { body: child } = await session.http('GET', `${configMaps}/child`, { unrecorded: true });
        const ownerReferences = [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'child', uid: child.metadata.uid, blockOwnerDeletion: true },
        ];
        await session.http('POST', configMaps, { body: configMap('grandchild', {}, { ownerReferences }) });
        session.record('owner', owner.metadata.name);
        await session.http('DELETE', `${configMaps}/owner?propagationPolicy=Background`);
        for (const name of ['child', 'grandchild']) await session.settle(`${configMaps}/${name}`, isGone);
      },
    },
    {
      name: 'the policy of each kind when none is asked for',
      async run(session) {
        await family(session, { child: {} });
        await session.http('DELETE', `${configMaps}/owner`);
        await session.settle(`${configMaps}/child`, isGone);
      },
    },
    {
      name: 'orphanDependents of old clients',
      async run(session) {
        await family(session, { child: {} });
        await session.http('DELETE', `${configMaps}/owner?orphanDependents=true`);
        await session.settle(`${configMaps}/owner`, isGone);
        await session.settle(`${configMaps}/child`, (body) => !body.metadata?.ownerReferences);
      },
    },
  ],
};
