import type { Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';
import { withWidgets } from '../reading/crd.ts';
import { everything, pod, settings, web } from './manifests.ts';

const describable = [
  'deploy/web',
  'sts/db',
  'ds/agent',
  'job/once',
  'cronjob/nightly',
  'svc/svc',
  'ing/front',
  'netpol/closed',
  'pdb/web',
  'pvc/data',
  'role/reader',
  'rolebinding/reader',
  'cm/settings',
  'secret/token',
  'sa/default',
  'hpa/web',
];

/** Reading, in every form. */
export const kubectlGetting: Group = {
  name: 'kubectl-getting',
  cases: [
    kubectl(
      'tables',
      ['apply -f -', everything],
      ['get all'],
      ['get deploy,sts,ds,job,cronjob,svc,ing,netpol,hpa,pdb,pvc,role,rolebinding,cm,secret,sa'],
      ['get deploy,sts,ds,job,cronjob,svc,ing,netpol,hpa,pdb,pvc,role,rolebinding,cm,secret,sa -o wide'],
      ['get deploy,cm --show-labels --no-headers'],
      ['get deploy --show-kind -L app'],
      ['get deploy web -n {ns} --server-print=false'],
      ['get cm,secret --sort-by=.metadata.name'],
      ['get cm --sort-by={.data.color}'],
      ['get cm --sort-by=.none.such'],
      ['get cm --field-selector metadata.name=settings'],
      ['get cm --field-selector metadata.name!=settings -o name'],
      ['get cm --field-selector data.color=red'],
      ['get cm --field-selector nonsense'],
      ['get cm -l app=web,tier!=x'],
      ["get cm -l 'app in (web, x)' -o name"],
      ["get cm -l 'app notin (web)' -o name"],
      ['get cm -l !app -o name'],
      ['get cm -l app=='],
      ["get cm -l 'app in web'"],
      ['get cm -l a=b=c'],
      ['get cm --chunk-size=1 -o name'],
      ['get cm --chunk-size=0 -o name'],
      ['get cm settings -l app=web'],
      ['get deploy/web cm/settings -o name'],
      ['get deploy web cm'],
      ['get cm settings --output-watch-events'],
      ['get secret --field-selector type=Opaque -o name'],
      ['get secret --field-selector type=none'],
      ['get job --field-selector status.successful=0'],
      ['get ns {ns} --field-selector status.phase=Active'],
    ),
    kubectl(
      'formats',
      ['apply -f -', `${everything}`],
      ['get cm settings -o yaml'],
      ['get cm settings -o json'],
      ['get deploy web -o yaml'],
      ['get svc svc -o yaml'],
      ['get sts db -o yaml'],
      ['get ds agent -o yaml'],
      ['get job once -o yaml'],
      ['get cronjob nightly -o yaml'],
      ['get pvc data -o yaml'],
      ['get ing front -o yaml'],
      ['get netpol closed -o yaml'],
      ['get hpa web -o yaml'],
      ['get pdb web -o yaml'],
      ['get role,rolebinding reader -o yaml'],
      ['get cm settings -o yaml --show-managed-fields'],
      ['get cm,deploy -l app=web -o json'],
      ['get cm -o \'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}\''],
      ["get cm settings -o 'jsonpath={.none}'"],
      ["get cm settings -o 'jsonpath={.none'"],
      ["get cm settings -o 'jsonpath={.data.color}' --allow-missing-template-keys=false"],
      ["get cm settings -o 'jsonpath={.data.none}' --allow-missing-template-keys=false"],
      ["get cm settings -o 'jsonpath-as-json={.data}'"],
      ["get cm settings -o 'go-template={{range $k, $v := .data}}{{$k}}={{$v}};{{end}}'"],
      ["get cm settings -o 'custom-columns=NAME:.metadata.name,L:.metadata.labels.app,N:.metadata.none'"],
      ['get cm settings -o nonsense'],
      ['get cm settings -o kyaml'],
      ['get -f - -o name', settings],
      ['get -f - -o name', settings.replace('name: settings', 'name: none')],
    ),
    {
      name: 'describe',
      async run(session) {
        await run(session, 'apply -f -', everything);
        const drop = (lines: string[]) => lines.filter((line) => !/^(Tokens|IPs?|Endpoints):|uid/i.test(line));
        for (const what of describable) await run(session, `describe ${what}`, '', drop);
        await run(session, 'apply -f -', pod);
        await run(session, 'describe pod pod', '', (lines) =>
          drop(lines).filter((line) => !/kube-api-access/.test(line)),
        );
        await run(session, 'describe deploy,cm -l app=web', '', drop);
        await run(session, 'describe deploy/we', '', drop);
        await run(session, 'describe ns {ns}', '', drop);
        await run(session, 'describe nothing x', '', drop);
        await run(session, 'describe cm none other', '', drop);
        await run(session, 'describe cm -l app=none', '', drop);
        await run(session, 'describe deploy web --show-events=false', '', drop);
        await run(session, 'describe -f -', settings, drop);
      },
    },
    kubectl(
      'describe of what the cluster has',
      ['create quota q --hard=pods=1,configmaps=9'],
      [
        'create -f -',
        'apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, default: {cpu: 1}, max: {memory: 1Gi}}]}\n',
      ],
      ['wait quota/q --for=jsonpath={.status.used.configmaps}=1 --timeout=10s'],
      ['get quota,limits'],
      ['describe quota q'],
      ['describe limits l'],
      ['describe ns {ns}'],
      [
        'create -f -',
        'apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v{id}}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}, storageClassName: none-such}\n',
      ],
      ['get pv v{id}'],
      ['describe pv v{id}'],
      [
        'create -f -',
        'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s{id}, annotations: {a: b}}\nprovisioner: x.example.com\nparameters: {a: b}\n',
      ],
      ['get sc s{id}'],
      ['describe sc s{id}'],
      [
        'create -f -',
        'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: i{id}}\nspec: {controller: example.com/c}\n',
      ],
      ['get ingressclass i{id}'],
      ['describe ingressclass i{id}'],
      ['create priorityclass p{id} --value=5'],
      ['describe priorityclass p{id}'],
      [
        'create -f -',
        'apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l}\nspec: {holderIdentity: me, leaseDurationSeconds: 15}\n',
      ],
      ['get lease'],
      ['describe lease l'],
      [
        'create -f -',
        'apiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\nsubsets: [{addresses: [{ip: 1.2.3.4}], ports: [{port: 80}]}]\n',
      ],
      ['get endpoints e'],
      ['describe endpoints e'],
      [
        'create -f -',
        'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e}\naddressType: IPv4\nendpoints: [{addresses: [1.2.3.4]}]\nports: [{port: 80, name: http}]\n',
      ],
      ['get endpointslice e'],
      ['describe endpointslice e'],
      ['delete pv/v{id} sc/s{id} ingressclass/i{id} priorityclass/p{id}'],
    ),
    {
      name: 'a custom kind',
      async run(session) {
        const wd = 'widgets.g{id}.example.com';
        await withWidgets(session);
        const object = (name: string, more = '') =>
          `apiVersion: g{id}.example.com/v1\nkind: Widget\nmetadata: {name: ${name}, labels: {a: b}}\nspec: {size: 3, color: red, list: [a, b]}\n${more}`;
        await run(session, 'apply -f -', object('one'));
        await run(session, 'apply --server-side -f -', object('two'));
        await run(session, `get ${wd}`);
        await run(session, `get ${wd} -o wide --show-labels`);
        await run(session, `get ${wd} one -o yaml`);
        await run(session, `get ${wd} two -o yaml --show-managed-fields`);
        await run(session, `describe ${wd} one`);
        await run(session, `explain ${wd}`, '', (lines) => lines.filter((line) => !/^ [A-Zmrht]/.test(line)));
        await run(session, `explain ${wd}.spec --recursive`);
        await run(session, `explain ${wd} --api-version=g{id}.example.com/v9`);
        await run(session, 'describe crd widgets.g{id}.example.com', '', (lines) =>
          lines.filter((line) => !/UID|Resource Version|Time/.test(line)),
        );
        await run(session, 'get crd widgets.g{id}.example.com');
        await run(session, 'get crd widgets.g{id}.example.com -o wide');
        await run(session, 'apply -f -', object('bad').replace('size: 3', 'size: three'));
        await run(session, 'apply -f -', object('bad').replace('color: red', 'color: pink'));
        await run(session, 'apply -f -', object('bad').replace('size: 3, ', ''));
        await run(session, 'apply -f -', object('bad').replace('size: 3', 'size: 3, extra: {a: b}'));
        await run(session, 'apply -f - --validate=warn', object('bad').replace('size: 3', 'size: 3, extra: {a: b}'));
        await run(session, 'apply --server-side -f -', object('bad').replace('size: 3', 'size: three'));
        await run(session, 'apply --server-side -f -', object('bad').replace('size: 3', 'size: 3, more: 1'));
        await run(session, 'apply --server-side --field-manager=x -f -', object('two').replace('size: 3', 'size: 4'));
        await run(session, `scale ${wd}/one --replicas=2`);
        await run(session, `get ${wd} one --subresource=scale`);
        await run(session, `get ${wd} one --subresource=status`);
        await run(session, `label ${wd} --all x=y`);
        await run(session, `wait ${wd}/one --for=condition=Ready --timeout=1s`);
        await run(session, `wait ${wd}/one --for=jsonpath={.spec.size}=3 --timeout=1s`);
        await run(session, `rollout status ${wd}/one`);
        await run(session, 'get things', '', (lines) => lines.length > 0);
        await run(session, `get ${wd} --sort-by=.spec.size -o name`);
        await run(session, `delete ${wd} --all`);
        await run(session, 'delete crd widgets.g{id}.example.com');
      },
    },
    {
      name: 'watch',
      async run(session) {
        await run(session, 'apply -f -', settings);
        const watching = session.kubectl(['get', 'cm', '-l', 'app=web', '-w', '-o', 'name', '--request-timeout=7s'], {
          unrecorded: true,
        });
        const table = session.kubectl(['get', 'deploy', '--watch-only', '--request-timeout=7s'], { unrecorded: true });
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await session.kubectl(['label', 'cm', 'settings', 'x=y'], { unrecorded: true });
        await session.kubectl(['apply', '-f', '-'], { unrecorded: true, stdin: web });
        await session.kubectl(['scale', 'deploy', 'web', '--replicas=1'], { unrecorded: true });
        await session.kubectl(['delete', 'cm', 'settings'], { unrecorded: true });
        await session.kubectl(['delete', 'deploy', 'web'], { unrecorded: true });
        session.record('names', (await watching).stdout);
        const lines = (await table).stdout.split('\n').map((line) => line.replace(/\d+s$/, '<age>'));
        session.record('table', lines);
      },
    },
    kubectl(
      'what is not there',
      ['get deploy none'],
      ['get deploy none --ignore-not-found'],
      ['get deploy.v1.apps none'],
      ['get deploy.v9.apps none'],
      ['get deployments.nothing.io'],
      ['get cm/none deploy/none'],
      ['get cm none -o yaml'],
      ['get pods'],
      ['get pods -A -l a=none-such'],
      ['get pods,svc,cm -l a=none-such'],
      ['get nodes none'],
      ['get ns none-such'],
      ['get cm -n none-such'],
      ['get cm x -n none-such'],
      ['get all -n none-such'],
      ['get'],
      ['get pods/'],
      ['get cm a/b'],
      ['get cm/a deploy'],
      ['logs deploy/none'],
      ['logs none'],
      ['exec none -- ls'],
      ['cp none:/a b'],
      ['port-forward svc/none 80'],
      ['debug none --image=x'],
      ['top nodes'],
      ['top pods'],
    ),
  ],
};
