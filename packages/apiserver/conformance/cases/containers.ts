import { exchange, type Group, TABLE } from '../lib/case.ts';
import { kubectl } from '../lib/kubectl.ts';
import { pods, service, services } from './objects.ts';

const container = (name: string) => ({ name, image: 'example.com/main:1' });
const pod = (name: string, containers: readonly string[], spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: containers.map(container), ...spec },
});
const one = pod('one', ['main']);
const two = pod('two', ['a', 'b'], { initContainers: [container('setup')] });
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}';

/** What leads to containers, on a cluster where none runs yet. */
export const containers: Group = {
  name: 'containers',
  cases: [
    exchange('log', [
      ['POST', pods, one],
      ['POST', pods, two],
      ['GET', `${pods}/one/log`],
      ['GET', `${pods}/one/log`, undefined, { accept: 'text/plain, */*' }],
      ['GET', `${pods}/one/log`, undefined, { accept: 'text/plain' }],
      ['GET', `${pods}/one/log`, undefined, { accept: TABLE }],
      ['GET', `${pods}/one/log?container=none`],
      ['GET', `${pods}/two/log`],
      ['GET', `${pods}/two/log?container=setup&follow=maybe&previous=true`],
      ['GET', `${pods}/none/log`],
      ['POST', `${pods}/one/log`],
      ['GET', `${pods}/one/log/more`],
    ]),
    exchange('log: its options', [
      ['POST', pods, one],
      ...[
        'tailLines=x',
        'tailLines=-1&limitBytes=0',
        'sinceSeconds=0',
        'sinceSeconds=3&sinceTime=2026-01-01T00:00:00Z',
        'stream=Stdout',
      ].map((query) => ['GET', `${pods}/one/log?${query}`] as const),
    ]),
    exchange('streams', [
      ['POST', pods, one],
      ['POST', pods, two],
      ['GET', `${pods}/one/exec?command=ls`],
      ['POST', `${pods}/one/exec?command=ls&container=none`],
      ['POST', `${pods}/two/attach`],
      ['POST', `${pods}/two/attach?container=setup&tty=maybe`],
      ['POST', `${pods}/none/attach`],
      ['POST', `${pods}/one/exec?command=ls&dryRun=All`],
      ['DELETE', `${pods}/one/exec`],
      ['POST', `${pods}/one/portforward?ports=80`],
      ['POST', `${pods}/one/portforward?ports=x`],
      ['GET', `${pods}/none/portforward`],
    ]),
    exchange('streams: who may begin one', [
      ['POST', pods, one],
      [
        'POST',
        `${rbac}/roles`,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: 'looks' },
          rules: [{ apiGroups: [''], resources: ['pods/exec', 'pods/log'], verbs: ['get'] }],
        },
      ],
      [
        'POST',
        `${rbac}/rolebindings`,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'looks' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looks' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane-{id}' }],
        },
      ],
      ['GET', `${pods}/one/log`, undefined, { as: { user: 'jane-{id}' } }],
      ['GET', `${pods}/one/exec?command=ls`, undefined, { as: { user: 'jane-{id}' } }],
      ['POST', `${pods}/one/exec?command=ls`, undefined, { as: { user: 'jane-{id}' } }],
    ]),
    exchange('proxies', [
      ['POST', pods, one],
      ['POST', services, service('s')],
      ['GET', `${pods}/one/proxy/`],
      ['PATCH', `${pods}/one:80/proxy/a/b`, {}],
      ['GET', `${pods}/none/proxy`],
      ['GET', `${pods}/http:one:80:3/proxy/`],
      ['GET', `${services}/s/proxy/`],
      ['GET', `${services}/s:90/proxy/`],
      ['GET', `${services}/none/proxy/x/y`],
      ['GET', `${services}/a:b:c:d/proxy/`],
      ['GET', '/api/v1/nodes/none-{id}:80/proxy/stats'],
    ]),
    exchange('pods on nodes that do not answer', [
      ['POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n{id}' } }, { unrecorded: true }],
      ['POST', pods, pod('placed', ['main'], { nodeName: 'n{id}' }), { unrecorded: true }],
      ['POST', pods, pod('lost', ['main'], { nodeName: 'gone-{id}' }), { unrecorded: true }],
      ['GET', `${pods}/placed/log`],
      ['GET', `${pods}/lost/log`],
      ['POST', `${pods}/placed/exec?command=ls`],
      ['POST', `${pods}/lost/portforward`],
      ['GET', '/api/v1/nodes/n{id}/proxy/'],
      ['DELETE', '/api/v1/nodes/n{id}', {}, { unrecorded: true }],
    ]),
    kubectl(
      'kubectl',
      ['create -f -', JSON.stringify(one)],
      ['create -f -', JSON.stringify(two)],
      ['logs one --tail=3 --since=1h'],
      ['logs two'],
      ['logs two -c none'],
      ['logs two --all-containers --prefix'],
      ['logs none'],
      ['exec one -- ls'],
      ['exec two -c none -- ls'],
      ['attach two -c b'],
      ['cp one:/etc/x ./x'],
      ['port-forward pod/none 80'],
      ['debug one --image=example.com/debug -c debugger'],
      ['logs one -c debugger'],
    ),
  ],
};
