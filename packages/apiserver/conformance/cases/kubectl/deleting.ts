import type { Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';
import { everything, pod, settings, web } from './manifests.ts';

const finalized = `apiVersion: v1
kind: ConfigMap
metadata: {name: held, finalizers: [example.com/hold]}
`;
const child = (uid: string, block = false) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: child
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: settings, uid: ${uid}, blockOwnerDeletion: ${block}}]
`;

/** Deletion, and waiting. */
export const kubectlDeleting: Group = {
  name: 'kubectl-deleting',
  cases: [
    kubectl(
      'by name, label, file and all',
      ['apply -f -', everything],
      ['delete cm settings --dry-run=client'],
      ['delete cm settings --dry-run=server'],
      ['delete cm/settings secret/token'],
      ['delete cm,secret -l app=web'],
      ['delete deploy,sts --all'],
      ['delete all --all'],
      ['delete -f -', everything],
      ['delete -f - --ignore-not-found', everything],
      ['delete cm'],
      ['delete cm settings --all'],
      ['delete cm --all -l app=web'],
      ['delete cm --field-selector metadata.name=none'],
      ['delete nothing x'],
      ['delete'],
      ['delete cm none --ignore-not-found'],
      ['delete cm none other'],
      ['delete ns default'],
      ['delete ns kube-system'],
      ['delete pods --all --grace-period=0 --force'],
      ['delete cm settings -o name'],
      ['delete cm settings --cascade=never'],
      ['delete pvc --all'],
    ),
    kubectl(
      'pods',
      ['apply -f -', pod],
      ['delete pod pod --grace-period=0 --force'],
      ['apply -f -', pod],
      ['delete pod pod --now'],
      ['apply -f -', pod],
      ['delete pod pod --grace-period=5'],
      ['get pods'],
      ['delete pod pod --grace-period=0'],
      ['delete pod pod --grace-period=-5'],
    ),
    kubectl(
      'finalizers',
      ['apply -f -', finalized],
      ['delete cm held --timeout=1s'],
      ['delete cm held --wait=false'],
      ['get cm held -o name'],
      ['wait cm/held --for=delete --timeout=1s'],
      ['patch cm held --type=merge -p \'{"metadata":{"finalizers":["example.com/hold","example.com/new"]}}\''],
      ['apply -f -', finalized.replace('example.com/hold', 'example.com/other')],
      ['patch cm held --type=json -p \'[{"op":"remove","path":"/metadata/finalizers"}]\''],
      ['get cm held'],
      ['apply -f -', finalized.replace('example.com/hold', 'nonsense')],
      ['apply -f -', finalized.replace('example.com/hold', 'a/b/c')],
    ),
    {
      name: 'what is owned',
      async run(session) {
        for (const how of ['background', 'foreground', 'orphan']) {
          await run(session, 'apply -f -', settings);
          const { stdout } = await session.kubectl(['get', 'cm', 'settings', '-o', 'jsonpath={.metadata.uid}'], {
            unrecorded: true,
          });
          await run(session, 'apply -f -', child(stdout, true));
          await run(session, `delete cm settings --cascade=${how}`);
          await run(session, how === 'orphan' ? 'get cm child -o name' : 'wait cm/child --for=delete --timeout=10s');
        }
        await run(session, "get cm child -o 'jsonpath={.metadata.ownerReferences}'");
      },
    },
    kubectl(
      'a namespace with all that is in it',
      ['create ns x{id}'],
      ['apply -n x{id} -f -', everything.replaceAll('"{ns}"', 'x{id}')],
      ['delete ns x{id} --timeout=30s'],
      ['get ns x{id}'],
      ['get all -n x{id}'],
      ['create cm a -n x{id}'],
    ),
    kubectl(
      'a namespace that is held up',
      ['create ns y{id}'],
      ['apply -n y{id} -f -', finalized],
      ['delete ns y{id} --wait=false'],
      ['create cm late -n y{id}'],
      ['get ns y{id}'],
      ['wait ns/y{id} --for=jsonpath={.status.phase}=Terminating --timeout=10s'],
      ['wait ns/y{id} --for=condition=NamespaceContentRemaining --timeout=15s'],
      ["get ns y{id} -o 'jsonpath={.status.conditions[*].message}'"],
      ['describe ns y{id}'],
      ['patch cm held -n y{id} --type=json -p \'[{"op":"remove","path":"/metadata/finalizers"}]\''],
    ),
    {
      name: 'wait',
      async run(session) {
        await run(session, 'apply -f -', `${settings}---\n${web}`);
        const ready = (status: string) =>
          `patch deploy web --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Available","status":"${status}","reason":"Test"}]}}'`;
        await run(session, 'wait deploy/web --for=condition=Available --timeout=1s');
        await run(session, ready('False'));
        await run(session, 'wait deploy/web --for=condition=Available=false --timeout=5s');
        const waiting = run(session, 'wait deploy/web --for=condition=available --timeout=20s');
        await new Promise((resolve) => setTimeout(resolve, 800));
        await session.kubectl(
          [
            'patch',
            'deploy',
            'web',
            '--subresource=status',
            '--type=merge',
            '-p',
            '{"status":{"conditions":[{"type":"Available","status":"True"}]}}',
          ],
          { unrecorded: true },
        );
        await waiting;
        await run(session, 'wait deploy,cm --all --for=jsonpath={.metadata.name} --timeout=2s');
        await run(session, 'wait deploy/web --for=jsonpath={.spec.replicas}=0 --timeout=2s');
        await run(session, 'wait deploy/web --for=jsonpath={.spec.none}=0 --timeout=1s');
        await run(session, 'wait deploy/web --for=create --timeout=2s');
        await run(session, 'wait deploy/none --for=create --timeout=1s');
        await run(session, 'wait deploy -l app=web --for=condition=Available --timeout=2s');
        await run(session, 'wait deploy -l app=none --for=condition=Available --timeout=2s');
        await run(session, 'wait deploy -l app=none --for=delete --timeout=2s');
        await run(session, 'wait deploy/web --for=nonsense');
        await run(session, 'wait deploy/web');
        const made = run(session, 'wait cm/later --for=create --timeout=20s');
        await new Promise((resolve) => setTimeout(resolve, 800));
        await session.kubectl(['create', 'cm', 'later'], { unrecorded: true });
        await made;
        const gone = run(session, 'wait cm/later --for=delete --timeout=20s');
        await new Promise((resolve) => setTimeout(resolve, 800));
        await session.kubectl(['delete', 'cm', 'later'], { unrecorded: true });
        await gone;
      },
    },
  ],
};
