import { type Case, exchange, MERGE_PATCH } from '../../lib/case.ts';
import type { Json, Session } from '../../lib/session.ts';
import { ask, given } from '../reading/pieces.ts';
import {
  API_GROUP,
  allow,
  binding,
  bindings,
  clusterBinding,
  clusterBindings,
  clusterRole,
  clusterRoles,
  jane,
  role,
  roles,
  rule,
} from './pieces.ts';

const messageOf = ({ reason, message }: Json): unknown => ({ reason, message });

/** Writes of roles and bindings by somebody who may write them, but has little. */
function escalation(name: string, allowed: readonly object[], tell: (session: Session) => Promise<void>): Case {
  return {
    name,
    async run(session) {
      await allow(
        session,
        `${roles}/allowed`,
        rule(['get', 'create', 'update', 'patch'], ['roles', 'rolebindings'], [API_GROUP]),
        rule(['get'], ['configmaps']),
        ...allowed,
      );
      await tell(session);
    },
  };
}

/** Nobody gives more than they have. */
export const escalationCases: readonly Case[] = [
  escalation('a user may not make a role with more than it has', [], async (session) => {
    for (const [name, body] of Object.entries({
      more: role('a', rule(['get', 'list'], ['configmaps']), rule(['*'], ['secrets'])),
      everything: role('b', rule(['*'], ['*'], ['*'])),
      same: role('c', rule(['get'], ['configmaps'])),
    }))
      await ask(session, name, roles, (b) => b.kind, { method: 'POST', body, as: jane });
    await ask(session, 'change', `${roles}/c`, (b) => b.kind, {
      method: 'PUT',
      body: role('c', rule(['delete'], ['configmaps', 'secrets'])),
      as: jane,
    });
    await ask(session, 'patch', `${roles}/c`, (b) => b.kind, {
      method: 'PATCH',
      type: MERGE_PATCH,
      body: { rules: [rule(['get'], ['nodes'], [''], { resourceNames: ['n'] })] },
      as: jane,
    });
    await ask(session, 'label only', `${roles}/c`, (b) => b.kind, {
      method: 'PATCH',
      type: MERGE_PATCH,
      body: { metadata: { labels: { a: 'b' } } },
      as: jane,
    });
  }),
  escalation('nor bind one with more than it has', [], async (session) => {
    await given(session, roles, role('big', rule(['get'], ['secrets'])), role('small', rule(['get'], ['configmaps'])));
    await ask(session, 'small', bindings, (b) => b.kind, {
      method: 'POST',
      body: binding('s', 'Role', 'small'),
      as: jane,
    });
    await ask(session, 'big', bindings, (b) => b.kind, {
      method: 'POST',
      body: binding('b', 'Role', 'big'),
      as: jane,
    });
    await ask(session, 'admin', bindings, messageOf, {
      method: 'POST',
      body: binding('c', 'ClusterRole', 'cluster-admin'),
      as: jane,
    });
    await ask(session, 'none', bindings, (b) => b.kind, {
      method: 'POST',
      body: binding('d', 'Role', 'none'),
      as: jane,
    });
  }),
  escalation('with escalate and bind it may', [rule(['escalate', 'bind'], ['roles'], [API_GROUP])], async (session) => {
    await ask(session, 'role', roles, (b) => b.kind, {
      method: 'POST',
      body: role('a', rule(['*'], ['secrets'])),
      as: jane,
    });
    await ask(session, 'binding', bindings, (b) => b.kind, {
      method: 'POST',
      body: binding('a', 'Role', 'a'),
      as: jane,
    });
  }),
  escalation('cluster roles need a cluster role', [], async (session) => {
    await ask(session, 'cluster role', clusterRoles, (b) => b.kind, {
      method: 'POST',
      body: clusterRole('x', rule(['get'], ['configmaps'])),
      as: jane,
    });
    await ask(session, 'cluster binding', clusterBindings, (b) => b.kind, {
      method: 'POST',
      body: clusterBinding('x', 'view'),
      as: jane,
    });
  }),
  exchange('the role of a binding does not change', [
    ['POST', bindings, binding('x', 'Role', 'a'), { unrecorded: true }],
    ['PATCH', `${bindings}/x`, { roleRef: { name: 'b' } }, { type: MERGE_PATCH }],
    ['PATCH', `${bindings}/x`, { subjects: null }, { type: MERGE_PATCH, unrecorded: true }],
  ]),
];
