import type { Session } from './session.ts';

/** Makes a session's own namespace, with what the cluster puts into each. */
export async function makeNamespace(session: Session): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: session.ns } };
  const { status, body } = await session.http('POST', '/api/v1/namespaces', { body: namespace, unrecorded: true });
  if (status !== 201) throw new Error(`cannot make the namespace: ${JSON.stringify(body)}`);
  for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'])
    await session.settle(`/api/v1/namespaces/{ns}/${path}`, (_, code) => code === 200, { unrecorded: true });
}
