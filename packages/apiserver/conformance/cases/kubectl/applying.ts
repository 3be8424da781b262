import type { Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';
import { everything, service, settings, web } from './manifests.ts';

const overlay = {
  'base/kustomization.yaml': 'resources: [settings.yaml, web.yaml]\n',
  'base/settings.yaml': settings,
  'base/web.yaml': web,
  'overlay/kustomization.yaml':
    'resources: [../base]\nnamePrefix: my-\ncommonAnnotations: {team: a}\nconfigMapGenerator:\n- {name: extra, literals: [a=b]}\n',
};
const files = {
  'all/a.yaml': settings,
  'all/b.yaml': service,
  'all/c.json': '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"sa"}}',
};

/** Declarative management. */
export const kubectlApplying: Group = {
  name: 'kubectl-applying',
  cases: [
    kubectl('all kinds, twice', ['apply -f -', everything], ['apply -f -', everything], ['diff -f -', everything]),
    kubectl(
      'all kinds, server-side, twice',
      ['apply --server-side -f -', everything],
      ['apply --server-side -f -', everything],
      ['diff --server-side -f -', everything],
      ['get deploy,sts,ds,job,cronjob,svc,ing,netpol,hpa,pdb,pvc,role,rolebinding,cm,secret'],
      ['get deploy,sts,ds,job,cronjob,svc,ing,netpol,hpa,pdb,pvc,role,rolebinding -o wide'],
    ),
    kubectl(
      'from client-side to server-side and back',
      ['apply -f -', web],
      ['apply --server-side -f -', web],
      ['apply -f -', web.replace('nginx:1', 'nginx:2')],
      ['apply --server-side -f -', web.replace('nginx:1', 'nginx:3')],
      ['apply --server-side --field-manager=other -f -', web.replace('nginx:1', 'nginx:4')],
      ["get deploy web -o 'jsonpath={.metadata.managedFields[*].manager}'"],
      ['get deploy web -o yaml --show-managed-fields'],
    ),
    kubectl(
      'a folder, and a kustomization',
      files,
      overlay,
      ['apply -f all'],
      ['apply -f all -R'],
      ['apply -k overlay'],
      ['apply -k overlay'],
      ['diff -k overlay'],
      ['get cm -o name'],
      ['delete -k overlay'],
      ['delete -f all'],
    ),
    kubectl(
      'prune by label',
      files,
      ['apply -f all'],
      ['label cm settings part=x'],
      ['apply -f - -l app=web', settings],
      ['apply -f - --prune -l app=web', settings.replace('name: settings', 'name: other')],
      ['get cm -l app=web -o name'],
      ['apply -f - --prune -l app=web --prune-allowlist=core/v1/ConfigMap', settings],
      ['apply -f - --prune', settings],
      ['apply -f - --prune --all --prune-allowlist=nothing', settings],
      [
        'apply -f - --prune -l app=web --prune-allowlist=core/v1/ConfigMap --dry-run=server',
        settings.replace('name: settings', 'name: third'),
      ],
    ),
    kubectl(
      'dry runs',
      ['apply -f - --dry-run=server', everything],
      ['apply -f - --dry-run=server --server-side', everything],
      ['apply -f - --dry-run=client', everything],
      ['get deploy,cm -l app=web'],
      ['apply -f - --dry-run=server -o yaml', settings],
      ['create -f - --dry-run=server -o name', web],
      ['apply -f - --dry-run=server -o json', service.replace('port: 80', 'port: 0')],
    ),
    kubectl(
      'validation of fields',
      ['apply -f - --validate=strict', web.replace('replicas: 0', 'replicas: 0\n  replica: 1\n  paus: true')],
      ['apply -f - --validate=warn', web.replace('replicas: 0', 'replicas: 0\n  replica: 1')],
      ['apply -f - --validate=ignore', web.replace('replicas: 0', 'replicas: 0\n  replica: 1')],
      ['apply -f - --validate=strict --server-side', web.replace('replicas: 0', 'replicas: 0\n  replica: 1')],
      ['apply -f - --validate=warn --server-side', web.replace('replicas: 0', 'replicas: 0\n  replica: 1')],
      ['apply -f - --validate=ignore --server-side', web.replace('replicas: 0', 'replicas: 0\n  replica: 1')],
      ['create -f - --validate=strict', `${settings}data: {color: blue}\n`],
      ['create -f - --validate=warn', settings.replace('color: red', 'color: red\n  color: blue')],
      ['apply -f - --validate=strict', settings.replace('color: red', 'color: red\n  color: blue')],
      ['apply -f - --server-side --validate=strict', settings.replace('color: red', 'color: red\n  color: blue')],
      ['apply -f - --validate=nonsense', settings],
      ['apply -f -', settings.replace('size: "3"', 'size: 3')],
      ['apply -f -', settings.replace('size: "3"', 'size: [a]')],
      ['apply -f - --server-side', settings.replace('size: "3"', 'size: 3')],
      ['apply -f - --server-side', settings.replace('data:', 'datum:')],
    ),
    kubectl(
      'what cannot be read',
      ['apply -f -', ''],
      ['apply -f -', 'a: b: c\n'],
      ['apply -f -', 'apiVersion: v1\nkind: ConfigMap\n'],
      ['apply -f -', 'apiVersion: v1\nmetadata: {name: a}\n'],
      ['apply -f -', 'kind: ConfigMap\nmetadata: {name: a}\n'],
      ['apply -f -', 'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n'],
      ['apply -f -', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n'],
      [
        'create -f - -o jsonpath={.metadata.generateName}',
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n',
      ],
      ['apply -f none.yaml'],
      ['apply -f none'],
      ['apply'],
      ['apply -f - -n other', settings.replace('metadata:', 'metadata:\n  namespace: third')],
      ['apply -f - -n none-such', settings],
      ['apply -f - --server-side -n none-such', settings],
    ),
    kubectl(
      'view, set and edit what was applied last',
      ['create -f -', settings],
      ['apply view-last-applied cm/settings'],
      ['apply set-last-applied -f -', settings],
      ['apply set-last-applied -f - --create-annotation', settings],
      ['apply view-last-applied cm/settings'],
      ['apply view-last-applied -f - -o json', settings],
      ['apply view-last-applied cm/none'],
    ),
    kubectl(
      'lists and many documents',
      ['apply -f -', `${settings}---\n---\n${service}---\n# nothing\n`],
      [
        'apply -f -',
        'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l2}}\n',
      ],
      [
        'apply -f -',
        `${settings}---\n${service.replace('port: 80', 'port: 99999')}---\n${settings.replace('name: settings', 'name: last')}`,
      ],
      ['get cm l1 l2 last'],
    ),
    kubectl(
      'removal of fields by apply',
      ['apply -f -', web.replace('replicas: 0', 'replicas: 0\n  minReadySeconds: 5\n  revisionHistoryLimit: 2')],
      ['apply -f -', web],
      ["get deploy web -o 'jsonpath={.spec.minReadySeconds} {.spec.revisionHistoryLimit}'"],
      [
        'apply -f -',
        web.replace(
          '{name: web, image: "nginx:1"}',
          '{name: web, image: "nginx:1", env: [{name: A, value: b}, {name: C, value: d}], ports: [{containerPort: 80}]}',
        ),
      ],
      [
        'apply -f -',
        web.replace('{name: web, image: "nginx:1"}', '{name: web, image: "nginx:1", env: [{name: C, value: e}]}'),
      ],
      ["get deploy web -o 'jsonpath={.spec.template.spec.containers}'"],
      ['apply -f -', web.replace('{name: web, image: "nginx:1"}', '{name: other, image: "nginx:1"}')],
      ["get deploy web -o 'jsonpath={.spec.template.spec.containers}'"],
    ),
    kubectl(
      'force',
      ['apply -f -', web],
      ['apply -f -', web.replaceAll('app: web}', 'app: other}')],
      ['apply --force -f -', web.replaceAll('app: web}', 'app: other}')],
      ["get deploy web -o 'jsonpath={.spec.selector}'"],
      ['apply -f - --overwrite=false', web.replaceAll('app: web}', 'app: other}')],
    ),
    {
      name: 'diff of changes',
      async run(session) {
        const body = (lines: string[]) =>
          lines.filter(
            (line) => /^[+-] /.test(line) && !/generation|time:|uid:|resourceVersion|creationTimestamp/.test(line),
          );
        await run(session, 'apply -f -', everything);
        await run(session, 'diff -f -', everything.replace('nginx:1', 'nginx:2').replace('red', 'blue'), body);
        await run(session, 'diff --server-side -f -', everything.replace('nginx:1', 'nginx:2'), body);
        await run(session, 'diff --server-side --force-conflicts -f -', everything.replace('nginx:1', 'nginx:2'), body);
        await run(session, 'diff -f -', service.replace('name: svc', 'name: new'), body);
        await run(session, 'diff -f -', everything.replace('hunter2', 'hunter3'), body);
        await run(session, 'diff -f -', service.replace('port: 80', 'port: 0'), body);
        await run(session, 'diff -f - --prune -l app=web', settings.replace('name: settings', 'name: other'), body);
      },
    },
  ],
};
