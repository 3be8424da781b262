import type { Group } from '../../lib/case.ts';
import { kubectl, run, type Step, words } from '../../lib/kubectl.ts';
import { settings, web } from '../kubectl/manifests.ts';
import { withWidgets } from './crd.ts';

/** What a terminal takes as a change of color. */
const color = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

const widget = `apiVersion: g{id}.example.com/v1
kind: Widget
metadata: {name: w}
spec: {size: 3, color: red, replicas: 2}
`;

const make: Step = ['apply -f -', settings];

/** Sessions with the real kubectl. */
export const kubectlSessions: Group = {
  name: 'kubectl',
  cases: [
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
      'create token',
      ['create token none'],
      ['create token default --duration=1m'],
      ['create token default --bound-object-kind=Pod --bound-object-name=none'],
    ),
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
  ],
};
