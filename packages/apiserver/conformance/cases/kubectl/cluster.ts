import type { Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';
import { role } from './manifests.ts';

const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: n{id}, labels: {disk: ssd}}\nspec: {podCIDR: 10.1.0.0/24}\n';
const drop = (lines: string[]) =>
  lines.filter(
    (line) =>
      !/RegisteredNode|^Events| Type Reason| ---- |node.kubernetes.io|^Annotations:|^ +node.alpha|Heartbeat|^ +\(Total|^Taints/.test(
        line,
      ),
  );

/** A request of jane, of the team devs. */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIHdMIGFAgEAMCMxDTALBgNVBAMMBGphbmUxEjAQBgNVBAoMCXRlYW06ZGV2czBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABJMAVIgHDqN8Gx1F+dnmZ060O2cJclUr
XTpaCmheXBoiRjxZpuR/YdaY5WLUv8XQA1U9xEOdRhYvBbcUKHstvBSgADAKBggq
hkjOPQQDAgNHADBEAiAii+OscR04+jGPOlm/S21dOzCm1EokjLIIAlOyEVM3tQIg
LuTCcfcuAMFwKS9L3HCp20THhSP6dm4fLYN0mfCZQcM=
-----END CERTIFICATE REQUEST-----
`;
const signing = (name: string, spec: string) =>
  `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: ${name}{id}}\nspec: ${spec.replace('REQ', Buffer.from(request).toString('base64'))}\n`;

/** The cluster itself: nodes, access, discovery. */
export const kubectlCluster: Group = {
  name: 'kubectl-cluster',
  cases: [
    {
      name: 'a node',
      async run(session) {
        await run(session, 'create -f -', node);
        await run(session, 'get node n{id}', '', (lines) =>
          lines.map((line) => line.replace(/NotReady|Unknown/, 'Unready')),
        );
        await run(session, 'label node n{id} zone=a');
        await run(session, 'taint node n{id} a=b:NoSchedule');
        await run(session, 'taint node n{id} a=b:NoSchedule');
        await run(session, 'taint node n{id} a=c:NoSchedule');
        await run(session, 'taint node n{id} a=c:NoSchedule --overwrite');
        await run(session, 'taint node n{id} a=c:Sometimes');
        await run(session, 'taint node n{id} a:NoSchedule-');
        await run(session, 'taint node n{id} none-');
        await run(session, 'cordon n{id}');
        await run(session, 'cordon n{id}');
        await run(session, 'get node n{id} -o jsonpath={.spec.unschedulable}');
        await run(session, 'uncordon n{id}');
        await run(session, 'uncordon n{id}');
        await run(session, 'get pods --field-selector spec.nodeName=n{id} -o name');
        await run(session, 'drain n{id} --timeout=5s');
        await run(session, 'describe node n{id}', '', drop);
        await run(session, 'uncordon n{id}');
        await run(session, 'delete node n{id}');
      },
    },
    kubectl(
      'access from a file',
      ['auth reconcile -f -', role],
      ['auth reconcile -f -', role],
      ['auth reconcile -f - --dry-run=server', role.replace('verbs: [get, list]', 'verbs: [get, watch]')],
      ['auth reconcile -f -', role.replace('verbs: [get, list]', 'verbs: [get, watch]')],
      ['auth reconcile -f - --remove-extra-permissions', role],
      ['get role reader -o jsonpath={.rules}'],
    ),
    {
      name: 'what there is',
      async run(session) {
        const own = (lines: string[]) => lines.filter((line) => !line.includes('example.com')).sort();
        await run(session, 'api-resources -o wide', '', own);
        await run(session, 'api-resources --api-group=apps --no-headers', '', own);
        await run(session, 'api-resources --api-group= -o name', '', own);
        await run(session, 'api-resources --namespaced=true --verbs=list,watch -o name', '', own);
        await run(session, 'api-resources --sort-by=kind --api-group=batch');
        await run(session, 'api-resources --categories=api-extensions', '', own);
        await run(session, 'api-versions', '', own);
        const major = (lines: string[]) =>
          lines.map((line) => line.replace(/Server Version: v(\d+\.\d+).*/, 'Server $1'));
        await run(session, 'version', '', major);
        const cluster = (lines: string[]) => lines.filter((line) => !/127\.0\.0\.1/.test(line));
        await run(session, 'cluster-info', '', cluster);
        await run(session, 'config current-context', '', (lines) => lines.length);
        await run(session, 'get --raw /healthz');
        await run(session, 'get --raw /readyz');
        await run(session, 'get --raw /livez/ping');
        await run(session, 'get --raw /apis/nothing');
        await run(session, 'get --raw /apis/apps/v1/namespaces/none-such/deployments/x');
        await run(session, 'get --raw /version', '', (lines) =>
          lines.filter((line) => /"(major|minor|emulation.*)"/i.test(line)),
        );
        await run(session, 'get ns default kube-system kube-public kube-node-lease -o name');
        await run(session, 'get sa -n kube-public');
        await run(session, 'get cm -n kube-public -o name');
        await run(session, 'get svc -n default kubernetes', '', (lines) => lines.slice(0, 1));
        await run(session, 'get clusterroles --no-headers -o name', '', (lines) =>
          lines.filter((line) =>
            /\/(admin|edit|view|cluster-admin|system:(discovery|basic-user|public-info-viewer|aggregate-to-.*))$/.test(
              line,
            ),
          ),
        );
        await run(session, 'get clusterrolebindings -o name', '', (lines) =>
          lines.filter((line) => /\/(cluster-admin|system:(discovery|basic-user|public-info-viewer))$/.test(line)),
        );
        await run(session, 'get priorityclass -o name', '', (lines) => lines.filter((line) => /system-/.test(line)));
        await run(session, 'describe clusterrole view', '', (lines) => lines.length);
      },
    },
    {
      name: 'explain',
      async run(session) {
        const shape = (lines: string[]) =>
          lines
            .filter((line) => /^[A-Z]+:|^\s*\w+\s<.*>/.test(line) && !/<(empty|no description)>/.test(line))
            .map((line) => line.trim());
        for (const what of [
          'deploy',
          'deploy --recursive',
          'deploy.spec.template.spec.containers.env.valueFrom',
          'svc.spec.ports',
          'cronjob.spec.jobTemplate',
          'ingress.spec.rules.http.paths',
          'hpa.spec.metrics',
          'hpa --api-version=autoscaling/v1',
          'hpa --api-version=autoscaling/v9',
          'crd.spec.versions.schema',
          'rolebinding.subjects',
          'pod.spec.none.such',
          'pod.metadata',
          'pod.metadata.labels',
          'secret.data',
          'netpol.spec.ingress.from',
          'node.status.capacity',
          'pvc.spec.resources',
          'deploy.spec.replicas',
          'deploy --output=plaintext-openapiv2',
          'deploy.spec.strategy --output=plaintext-openapiv2',
          'deploy --output=nonsense',
          'nothing',
          'sa',
          'events',
          'events.events.k8s.io',
        ])
          await run(session, `explain ${what}`, '', shape);
      },
    },
    kubectl(
      'certificate requests',
      [
        'create --as=joe --as-group=system:masters -f -',
        signing('c', '{request: REQ, signerName: example.com/s, usages: [client auth]}'),
      ],
      [
        'create -f -',
        signing(
          'd',
          '{request: REQ, signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 3600, usages: [client auth]}',
        ),
      ],
      ['get csr c{id}'],
      ['describe csr c{id}'],
      ['certificate approve c{id}'],
      ['certificate approve c{id}'],
      ['certificate deny c{id}'],
      ['certificate deny d{id}'],
      ['get csr c{id} d{id} -o custom-columns=C:.status.conditions[*].type,R:.status.conditions[*].reason'],
      ['get csr c{id} -o jsonpath={.status}'],
      ['certificate approve none{id}'],
      ['delete csr c{id} d{id}'],
      ['create -f -', signing('x', '{request: REQ, signerName: nodomain, usages: [client auth]}')],
      ['create -f -', signing('x', '{request: REQ, signerName: Example.com/s_/, usages: []}')],
      ['create -f -', signing('x', '{request: REQ, usages: [client auth, client auth, fly]}')],
      ['create -f -', signing('x', '{request: eA==, signerName: example.com/s, expirationSeconds: 10, usages: [any]}')],
      ['create -f -', signing('x', '{signerName: example.com/s, usages: [any]}')],
    ),
    {
      name: 'events',
      async run(session) {
        const event = (name: string, type: string) =>
          `apiVersion: v1\nkind: Event\nmetadata: {name: ${name}}\ninvolvedObject: {apiVersion: v1, kind: ConfigMap, name: settings, namespace: "{ns}"}\ntype: ${type}\nreason: Tested\nmessage: it was tested\nsource: {component: test}\ncount: 2\nfirstTimestamp: "2026-01-01T00:00:00Z"\nlastTimestamp: "2026-01-01T00:00:00Z"\n`;
        const ages = (lines: string[]) => lines.map((line) => line.replace(/^\d+\w+ (\(x\d+ over [^)]*\))?/, '<age> '));
        await run(session, 'create -f -', event('a', 'Normal'));
        await run(session, 'create -f -', event('b', 'Warning'));
        await run(session, 'create -f -', event('c', 'Odd'));
        await run(session, 'events', '', ages);
        await run(session, 'events --types=Warning --no-headers', '', ages);
        await run(session, 'events --for=cm/settings', '', ages);
        await run(session, 'events --for=cm/none', '', ages);
        await run(session, 'get events --field-selector type=Warning', '', ages);
        await run(session, 'get events --sort-by=.metadata.name -o wide', '', ages);
        await run(session, 'get events --field-selector involvedObject.name=settings,reason=Tested -o name');
        await run(session, 'create cm settings');
        await run(session, 'describe cm settings', '', ages);
        await run(session, 'delete events --all');
      },
    },
    kubectl(
      'plugins and the like',
      ['get pods --nonsense'],
      ['config view --minify -o jsonpath={.kind}'],
      ['proxy --nonsense'],
    ),
  ],
};
