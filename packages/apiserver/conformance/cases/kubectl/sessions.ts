import type { Case, Group } from '../../lib/case.ts';
import { kubectl, run, type Step } from '../../lib/kubectl.ts';
import { withWidgets } from '../reading/crd.ts';
import { askingCases } from './asking.ts';
import { settings, web } from './manifests.ts';

const widget = `apiVersion: g{id}.example.com/v1
kind: Widget
metadata: {name: w}
spec: {size: 3, color: red, replicas: 2}
`;

const make: Step = ['apply -f -', settings];

const writing: readonly Case[] = [
  kubectl(
    'create, get in every form',
    ['create -f -', settings],
    ['create -f -', settings],
    ['get cm settings'],
    ['get cm settings -o name'],
    ['get cm settings -o wide --show-labels'],
    ["get cm settings -o 'jsonpath={.data.color}{.metadata.labels}'"],
    ['get cm settings -o custom-columns=N:.metadata.name,C:.data.color,X:.none'],
    ["get cm settings -o 'go-template={{.data.size}}'"],
    ['get cm settings --no-headers'],
    ['get cm none'],
    ['get cm settings none'],
    ['get nothing'],
    ['get cm -l app=nobody'],
    ['get cm -l app=web -L app'],
    ['get secret,cm -l app=web -o name'],
  ),
  kubectl(
    'apply, change, apply again',
    make,
    make,
    ['apply -f -', settings.replace('red', 'blue')],
    ["get cm settings -o 'jsonpath={.data}'"],
    ['apply -f -', settings.replace('  size: "3"\n', '')],
    ["get cm settings -o 'jsonpath={.data}'"],
    ['apply -f - --dry-run=server', settings.replace('red', 'green')],
    ['apply -f - --dry-run=client', settings],
  ),
  kubectl('apply an object made without apply', ['create -f -', settings], make),
  kubectl(
    'server-side apply and its conflicts',
    ['apply --server-side -f -', settings],
    ['apply --server-side --field-manager=other -f -', settings.replace('red', 'blue')],
    ['apply --server-side --field-manager=other --force-conflicts -f -', settings.replace('red', 'blue')],
    ['apply --server-side -f -', settings],
    ["get cm settings -o 'jsonpath={.data}'"],
  ),
  kubectl(
    'apply what is wrong',
    ['apply -f -', settings.replace('data:', 'datum:')],
    ['apply -f - --validate=ignore', settings.replace('data:', 'datum:')],
    ['apply -f - --validate=warn', settings.replace('data:', 'datum:')],
    ['apply -f -', 'apiVersion: v9\nkind: Nothing\nmetadata: {name: x}\n'],
    ['apply -f -', web.replace('replicas: 0', 'replicas: many')],
    ['apply -f -', web.replace('{matchLabels: {app: web}}', '{matchLabels: {app: other}}')],
  ),
  kubectl('diff of nothing', make, ['diff -f -', settings]),
  {
    name: 'diff of a change',
    async run(session) {
      await run(session, ...make);
      await run(session, 'diff -f -', settings.replace('red', 'blue'), (lines) =>
        lines.filter((line) => /^[+-] /.test(line)),
      );
    },
  },
  kubectl(
    'label and annotate',
    make,
    ['label cm settings tier=front'],
    ['label cm settings tier=back'],
    ['label cm settings tier=back --overwrite'],
    ['label cm settings tier-'],
    ['label cm settings none-'],
    ['annotate cm settings note=x'],
    ['annotate cm settings note-'],
    ['label cm settings bad!=x'],
    ['label cm settings a=-x'],
  ),
  kubectl(
    'patch in every type',
    make,
    ['patch cm settings -p \'{"data":{"color":"a"}}\''],
    ['patch cm settings --type merge -p \'{"data":{"color":null}}\''],
    ['patch cm settings --type json -p \'[{"op":"add","path":"/data/x","value":"y"}]\''],
    ['patch cm settings --type json -p \'[{"op":"test","path":"/data/x","value":"z"}]\''],
    ['patch cm settings --type json -p \'[{"op":"remove","path":"/data/none"}]\''],
    ['patch cm settings -p \'{"data":{"x":"y"}}\''],
    ["get cm settings -o 'jsonpath={.data}'"],
  ),
  {
    name: 'replace with a stale version',
    async run(session) {
      await run(session, ...make);
      const { stdout } = await session.kubectl(['get', 'cm', 'settings', '-o', 'yaml'], { unrecorded: true });
      await run(session, 'patch cm settings -p \'{"data":{"color":"new"}}\'');
      await run(session, 'replace -f -', stdout.replace('color: red', 'color: stale'));
      await run(
        session,
        'replace -f -',
        stdout.replace('color: red', 'color: fresh').replace(/ {2}resourceVersion: .*\n/, ''),
      );
      await run(session, "get cm settings -o 'jsonpath={.data.color}'");
    },
  },
  kubectl('replace what is not there', ['replace -f -', settings], ['replace --force -f -', settings]),
  kubectl(
    'delete',
    make,
    ['delete cm settings'],
    ['delete cm settings'],
    ['delete cm settings --ignore-not-found'],
    ['delete cm -l app=none'],
    make,
    ['delete -f -', settings],
    make,
    ['delete cm -l app=web --wait=false'],
    ['delete cm settings none'],
  ),
  kubectl(
    'delete with every cascade',
    ['apply -f -', web],
    ['delete deployment web --cascade=orphan'],
    ['apply -f -', web],
    ['delete deployment web --cascade=foreground --timeout=30s'],
    ['apply -f -', web],
    ['delete deployment web --grace-period=0 --force'],
    ['get deployment web'],
  ),
  kubectl(
    'scale',
    ['apply -f -', web],
    ['scale deployment web --replicas=0'],
    ['scale deployment web --current-replicas=5 --replicas=0'],
    ['scale deployment none --replicas=1'],
    ['scale cm settings --replicas=1'],
  ),
  kubectl(
    'set image and env',
    ['apply -f -', web],
    ['set image deployment/web web=nginx:2'],
    ['set image deployment/web none=nginx:2'],
    ['set env deployment/web A=b'],
    ['set resources deployment/web --limits=cpu=1'],
    ["get deployment web -o 'jsonpath={.spec.template.spec.containers}'"],
  ),
  kubectl(
    'expose and autoscale',
    ['apply -f -', web],
    ['expose deployment web --port=80'],
    ["get service web -o 'jsonpath={.spec.selector}{.spec.ports}'"],
    ['autoscale deployment web --max=3'],
    ["get hpa web -o 'jsonpath={.spec}'"],
    ['expose deployment none --port=80'],
  ),
  kubectl(
    'create of single kinds',
    ['create configmap a --from-literal=x=y'],
    ['create secret generic s --from-literal=p=q'],
    ['create serviceaccount sa'],
    ['create role r --verb=get --resource=pods'],
    ['create rolebinding rb --role=r --serviceaccount={ns}:sa'],
    ['create deployment d --image=nginx --replicas=0'],
    ['create service clusterip svc --tcp=80:80'],
    ['create quota q --hard=pods=1'],
    ['create job j --image=busybox -- true'],
    ['create cronjob c --image=busybox --schedule=@daily'],
    ['create ingress i --rule=a.b/=svc:80'],
    ['create pdb p --selector=a=b --min-available=1'],
    ['create namespace {ns}'],
  ),
  kubectl(
    'wait',
    make,
    ['wait cm/settings --for=jsonpath={.data.color}=red --timeout=5s'],
    ['wait cm/settings --for=jsonpath={.data.color}=blue --timeout=1s'],
    ['wait cm/none --for=delete --timeout=5s'],
    ['wait deployment/none --for=condition=Available --timeout=1s'],
  ),
  {
    name: 'a custom kind from create to delete',
    async run(session) {
      await withWidgets(session);
      await run(session, 'apply -f -', widget);
      // The refusal quotes the object: here while one manager alone has written it.
      await run(session, 'apply -f -', widget.replace('size: 3', 'size: 3, none: 1'));
      await run(session, 'get widgets.g{id}.example.com');
      await run(session, 'get widgets.g{id}.example.com -o wide');
      await run(session, "get widgets.g{id}.example.com w -o 'jsonpath={.spec}'");
      await run(session, 'scale widgets.g{id}.example.com w --replicas=5');
      await run(session, "get widgets.g{id}.example.com w -o 'jsonpath={.spec.replicas}'");
      await run(session, 'patch widgets.g{id}.example.com w --type=merge -p \'{"spec":{"color":"green"}}\'');
      await run(session, 'patch widgets.g{id}.example.com w -p \'{"spec":{"color":"blue"}}\'');
      await run(
        session,
        'patch widgets.g{id}.example.com w --type=merge --subresource=status -p \'{"status":{"ok":true}}\'',
      );
      await run(session, 'get widgets.g{id}.example.com --field-selector spec.color=red');
      await run(session, 'apply -f -', widget.replace('size: 3, ', ''));
      await run(session, 'delete widgets.g{id}.example.com w');
      await run(session, 'get widgets.g{id}.example.com');
      await run(session, 'delete crd widgets.g{id}.example.com');
      await run(session, 'get widgets.g{id}.example.com');
    },
  },
  kubectl(
    'rollout of a deployment without pods',
    ['apply -f -', web],
    ['rollout pause deployment/web'],
    ['rollout pause deployment/web'],
    ['rollout resume deployment/web'],
    ['rollout history deployment/none'],
    ['rollout restart deployment/none'],
    ['rollout status deployment/none'],
  ),
  kubectl(
    'namespaces',
    ['create ns n-{id}'],
    ['get ns n-{id}'],
    ['delete ns n-{id}'],
    ['get ns n-{id}'],
    ['delete ns default'],
  ),
  {
    name: 'get all',
    async run(session) {
      await run(session, 'create service clusterip svc --tcp=80:80 --clusterip=None');
      await run(session, 'get all');
      await run(session, 'get cm,sa');
      await run(session, 'get all -l none=x');
    },
  },
  kubectl(
    'apply --prune',
    ['apply --prune -l app=web -f -', settings],
    ['apply --prune -l app=web -f -', settings.replace('name: settings', 'name: other')],
    ['get cm -l app=web -o name'],
  ),
  kubectl(
    'apply of a list',
    ['apply -f -', `${settings}---\n${settings.replace('name: settings', 'name: second')}`],
    ['delete cm settings second'],
    ['apply -f -', `apiVersion: v1\nkind: List\nitems:\n- ${settings.trimEnd().replaceAll('\n', '\n  ')}\n`],
  ),
];

/** Short sessions with the real kubectl, one for each of its commands. */
export const kubectlSessions: Group = { name: 'kubectl', cases: [...writing, ...askingCases] };
