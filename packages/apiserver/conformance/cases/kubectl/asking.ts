import type { Case } from '../../lib/case.ts';
import { kubectl, run, type Step, words } from '../../lib/kubectl.ts';
import { withWidgets } from '../reading/crd.ts';
import { settings } from './manifests.ts';

/** What a terminal takes as a change of color. */
const color = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

const make: Step = ['apply -f -', settings];

/** Who may do what, what is served, what happens. */
export const askingCases: readonly Case[] = [
  kubectl(
    'auth can-i',
    ['auth can-i create pods'],
    ['auth can-i create pods --as=nobody'],
    ['auth can-i get /version --as=nobody'],
    ['auth can-i "*" "*"'],
    ['auth whoami --as=nobody --as-group=a'],
    ['auth can-i list secrets --as=system:serviceaccount:{ns}:default'],
  ),
  {
    name: 'auth can-i --list of a user',
    async run(session) {
      await run(session, 'auth can-i --list --as=nobody', '', (lines) => lines.sort());
    },
  },
  kubectl(
    'auth reconcile',
    [
      'auth reconcile -f -',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}\n',
    ],
    [
      'auth reconcile -f -',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [list]}\n',
    ],
  ),
  kubectl(
    'without permission',
    ['get cm --as=nobody'],
    ['get cm x --as=nobody'],
    ['delete cm x --as=nobody'],
    ['apply -f - --as=nobody', settings],
    ['get nodes --as=nobody'],
  ),
  {
    name: 'api-resources and api-versions',
    async run(session) {
      const own = (lines: string[]) => lines.filter((line) => !line.includes('example.com')).sort();
      await run(session, 'api-resources', '', own);
      await run(session, 'api-resources --namespaced=false -o name', '', own);
      await run(session, 'api-resources --verbs=deletecollection --api-group=apps -o wide', '', own);
      await run(session, 'api-resources --categories=all -o name', '', own);
      await run(session, 'api-versions', '', own);
    },
  },
  {
    name: 'explain',
    async run(session) {
      const shape = (lines: string[]) =>
        lines
          .filter((line) => /^[A-Z]+:|<.*>/.test(line) && !/<(empty|no description)>/.test(line))
          .map((line) => line.trim());
      await run(session, 'explain deployment.spec.strategy', '', shape);
      await run(session, 'explain pod.spec.containers.livenessProbe', '', shape);
      await run(session, 'explain cm --recursive', '', shape);
      await run(session, 'explain deployment.spec.none', '', shape);
      await run(session, 'explain nothing', '', shape);
    },
  },
  {
    name: 'explain a custom kind',
    async run(session) {
      await withWidgets(session);
      // The real one publishes the schema of a new kind a while after the kind itself.
      const explain = ['explain', 'widgets.g{id}.example.com'];
      for (let tries = 0; tries < 60; tries++) {
        if ((await session.kubectl(explain, { unrecorded: true })).exitCode === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await run(session, 'explain widgets.g{id}.example.com.spec');
      await run(session, 'explain widgets.g{id}.example.com.spec.color');
    },
  },
  {
    name: 'describe',
    async run(session) {
      const drop = (lines: string[]) =>
        lines.filter((line) => !/^(CreationTimestamp|Tokens|Events|IPs?|Endpoints):|Last Update|uid/i.test(line));
      await run(session, ...make);
      await run(session, 'describe cm settings', '', drop);
      await run(session, 'create secret generic s --from-literal=p=q');
      await run(session, 'describe secret s', '', drop);
      await run(session, 'create role r --verb=get --resource=pods');
      await run(session, 'describe role r', '', drop);
      await run(session, 'describe ns {ns}', '', drop);
      await run(session, 'describe cm none', '', drop);
    },
  },
  {
    name: 'get --watch-only sees changes',
    async run(session) {
      await run(session, ...make);
      const watching = session.kubectl(
        ['get', 'cm', '-l', 'app=web', '-w', '--request-timeout=9s', '--output-watch-events'],
        { unrecorded: true },
      );
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await session.kubectl(['label', 'cm', 'settings', 'x=y'], { unrecorded: true });
      await session.kubectl(['label', 'cm', 'settings', 'app=other', '--overwrite'], { unrecorded: true });
      const { exitCode, stdout } = await watching;
      session.record('watch', { exitCode, stdout: words(stdout) });
    },
  },
  kubectl(
    'get --raw',
    ['get --raw /healthz'],
    ['get --raw /api/v1/namespaces/{ns}/configmaps/none'],
    ['get --raw /none'],
    ['get --raw /apis/apps/none'],
    ['delete --raw /api/v1/namespaces/{ns}/configmaps/none'],
  ),
  kubectl(
    'nodes that are not there',
    ['taint node none a=b:NoSchedule'],
    ['cordon none'],
    ['drain none'],
    ['uncordon none'],
  ),
  kubectl(
    'what needs a node',
    ['logs none'],
    ['exec none -- true'],
    ['port-forward pod/none 1:1'],
    ['attach none'],
    ['top pod'],
  ),
  {
    name: 'events',
    async run(session) {
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'e', namespace: '{ns}' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        reason: 'Why',
        message: 'What happened',
        type: 'Warning',
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 2,
        source: { component: 'c' },
      };
      await session.http('POST', '/api/v1/namespaces/{ns}/events', { body: event, unrecorded: true });
      const age = (lines: string[]) =>
        lines.map((line) =>
          line.replace(/^\d+d\S*( \(x2 over [^)]*\))?/, '<age>').replace(/<age> \(x\d+ over <age>\)/, '<age>'),
        );
      await run(session, 'get events', '', age);
      await run(session, 'events --for pod/p', '', age);
      await run(session, 'get events --field-selector reason=Why -o name', '', age);
      await run(session, 'get events.events.k8s.io -o name', '', age);
    },
  },
  {
    name: 'cluster-info and version',
    async run(session) {
      const plain = (lines: string[]) => lines.map((line) => line.replace(color, ''));
      await run(session, 'cluster-info', '', plain);
      await run(session, 'version', '', plain);
    },
  },
  kubectl(
    'create token',
    ['create token none'],
    ['create token default --duration=1m'],
    ['create token default --bound-object-kind=Pod --bound-object-name=none'],
  ),
];
