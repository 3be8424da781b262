import { expect, test } from 'vitest';
import { startApiServer } from './index.ts';

test("the README's example runs", async () => {
  const server = await startApiServer({ skipWorkloads: 'ci-*' });
  expect(server.kubeconfig()).toContain(`server: ${server.url}`);
  const response = await fetch(`${server.plainUrl}/api/v1/namespaces`, {
    headers: { Authorization: `Bearer ${server.token}` },
  });
  const { items } = (await response.json()) as { items: { metadata: { name: string } }[] };
  expect(items.map((item) => item.metadata.name)).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  await server.close();
});
