import { afterAll, beforeAll, expect, test } from 'vitest';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { kustomizations, ociRepositories, waitForReady } from './lib/wait-for.ts';

const length = 50;
let sandbox: SandboxProcess;

beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.stop());

test('a chain of 50 Kustomizations runs through without a timer between its links', async () => {
  const { kube, registry } = sandbox;
  const name = (index: number) => `link-${String(index).padStart(2, '0')}`;
  await pushFiles(`${registry}/e2e/chain:1.0.0`, { 'one.yaml': configMap('one', 'x') });
  // The last link first: each waits for one that does not exist yet.
  for (let index = length - 1; index >= 0; index--) {
    await kube.apply(
      {
        ...kustomizations,
        metadata: { name: name(index), namespace: 'default' },
        spec: {
          interval: '1h',
          retryInterval: '1h',
          prune: true,
          path: './',
          namePrefix: `${name(index)}-`,
          targetNamespace: 'default',
          sourceRef: { kind: 'OCIRepository', name: 'chain' },
          ...(index === 0 ? {} : { dependsOn: [{ name: name(index - 1) }] }),
        },
      },
      { fieldManager: 'e2e' },
    );
  }
  await kube.apply(
    {
      ...ociRepositories,
      metadata: { name: 'chain', namespace: 'default' },
      spec: { interval: '1h', url: `oci://${registry}/e2e/chain`, ref: { tag: '1.0.0' } },
    },
    { fieldManager: 'e2e' },
  );
  const ready = [];
  for (let index = 0; index < length; index++)
    ready.push(await waitForReady(kube, kustomizations, 'default', name(index)));
  const [first, last] = [ready[0]!, ready[length - 1]!].map(readySince);
  // Transition times have whole seconds. A timer in the chain would cost at least 2 s a link.
  expect(last! - first!).toBeLessThan(length * 1000);
});

function readySince(object: Awaited<ReturnType<typeof waitForReady>>): number {
  const { conditions } = object['status'] as { conditions: { type: string; lastTransitionTime: string }[] };
  return Date.parse(conditions.find(({ type }) => type === 'Ready')!.lastTransitionTime);
}
