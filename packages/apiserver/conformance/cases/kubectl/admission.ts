import type { Group } from '../../lib/case.ts';
import { kubectl, run, type Step } from '../../lib/kubectl.ts';
import {
  autoscaler,
  budget,
  claim,
  cronJob,
  daemonSet,
  ingress,
  job,
  pod,
  service,
  statefulSet,
  web,
} from './manifests.ts';

const withEnv = (env: string) => web.replace('image: "nginx:1"', `image: "nginx:1", env: ${env}`);
const ssa = (manifest: string, flags = ''): Step => [`apply --server-side ${flags} -f -`, manifest];
const status = (what: string, body: object): Step => [
  `patch ${what} --subresource=status --type=merge -p '${JSON.stringify({ status: body })}'`,
];
const time = '2026-01-01T00:00:00Z';
const condition = (type: string, reason: string) => ({
  type,
  status: 'True',
  reason,
  message: `${reason} it is`,
  lastTransitionTime: time,
  lastUpdateTime: time,
});
const kind = (rules: string, more = '') => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.g{id}.example.com}
spec:
  group: g{id}.example.com
  scope: Cluster
  names: {plural: gadgets, singular: gadget, kind: Gadget, shortNames: [gd{id}]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations: ${rules}
            properties:
              low: {type: integer, default: 1}
              high: {type: integer, maximum: 10}
              name: {type: string, maxLength: 5, pattern: "^[a-z]+$"}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              tags: {type: array, maxItems: 3, x-kubernetes-list-type: set, items: {type: string}}
              items: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name], properties: {name: {type: string}, value: {type: string}}}}
${more}`;
const gadget = (spec: string) =>
  `apiVersion: g{id}.example.com/v1\nkind: Gadget\nmetadata: {name: g{id}}\nspec: ${spec}\n`;

/** What the server does of its own accord, as a person at a terminal sees it. */
export const kubectlAdmission: Group = {
  name: 'kubectl-admission',
  cases: [
    kubectl(
      'server-side apply of lists',
      ssa(withEnv('[{name: A, value: x}, {name: A, value: y}]')),
      ['create -f -', withEnv('[{name: A, value: x}, {name: A, value: y}]').replace('name: web\n', 'name: twice\n')],
      ssa(withEnv('[{name: A, value: x}]')),
      ssa(withEnv('[{name: B, value: y}]'), '--field-manager=two'),
      ssa(withEnv('[{name: A, value: z}]'), '--field-manager=two --force-conflicts'),
      ["get deploy web -o 'jsonpath={.spec.template.spec.containers[0].env}'"],
      ssa(web),
      ["get deploy web -o 'jsonpath={.spec.template.spec.containers[0].env}'"],
      ssa(web.replace('replicas: 0', 'replicas: many')),
      ssa(web.replace('replicas: 0', 'replica: 1')),
      ssa(web.replace('containers:', 'container:')),
      ssa(service.replace('{name: http, port: 80, targetPort: 8080}', '{port: 80}, {port: 80}')),
      ssa(service.replace('targetPort: 8080', 'targetPort: http')),
      ssa(service.replace('port: 80,', 'port: 81,'), '--field-manager=two'),
      ["get svc svc -o 'jsonpath={.spec.ports}'"],
      ssa(web.replace('kind: Deployment', 'kind: Deploymen')),
      ssa(web.replace('apps/v1', 'apps/v1beta2')),
      ssa('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, managedFields: [{manager: a}]}\n'),
      ssa('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, resourceVersion: "1"}\n'),
      ssa('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, uid: none}\n'),
    ),
    kubectl(
      'rules of a custom kind',
      [
        'create -f -',
        kind(
          '[{rule: "self.low <= self.high", message: low is high, fieldPath: .high}, {rule: "!has(self.name) || self.name == oldSelf.name", messageExpression: "\'not \' + self.name"}]',
        ),
      ],
      ['wait crd/gadgets.g{id}.example.com --for=condition=Established --timeout=20s'],
      ['get gadgets.g{id}.example.com'],
      ['create -f -', gadget('{high: 0}')],
      ['create -f -', gadget('{high: 20, tags: [a, a]}')],
      ['create -f -', gadget('{high: 5, name: Nope Nope}')],
      ['create -f -', gadget('{high: 5, port: true}')],
      ['create -f -', gadget('{high: 5, items: [{name: a}, {name: a}]}')],
      ['create -f -', gadget('{high: 5, items: [{value: a}]}')],
      ['create -f -', gadget('{high: 5, tags: [a, b, c, d], free: {x: {y: 1}}}')],
      [
        'create -f -',
        gadget('{high: 5, name: abc, tags: [a], port: 80, free: {x: {y: 1}}, items: [{name: a, value: b}]}'),
      ],
      ['get gadgets.g{id}.example.com g{id} -o jsonpath={.spec}'],
      ['patch gadgets.g{id}.example.com g{id} --type=merge -p \'{"spec":{"name":"xyz"}}\''],
      ['patch gadgets.g{id}.example.com g{id} --type=merge -p \'{"spec":{"low":9}}\''],
      ssa(gadget('{high: 6, items: [{name: b}], tags: [b]}'), '--force-conflicts'),
      ['get gadgets.g{id}.example.com g{id} -o jsonpath={.spec}'],
      ['delete gadgets.g{id}.example.com g{id}'],
      [
        'apply -f -',
        kind(
          '[]',
          '  - {name: v2, served: true, storage: false, deprecated: true, schema: {openAPIV3Schema: {type: object}}}\n',
        ),
      ],
      ['get gadgets.v2.g{id}.example.com'],
      ['apply -f -', kind('[]').replace('scope: Cluster', 'scope: Namespaced')],
      ['delete crd gadgets.g{id}.example.com'],
    ),
    kubectl(
      'workloads that say how they are',
      [
        'apply -f -',
        [web, statefulSet, daemonSet, job, cronJob, pod, claim, ingress, service, autoscaler, budget].join('---\n'),
      ],
      status('deploy web', {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 1,
        availableReplicas: 1,
        unavailableReplicas: 1,
        conditions: [condition('Available', 'Enough'), condition('Progressing', 'NewReplicaSetAvailable')],
      }),
      status('sts db', {
        observedGeneration: 1,
        replicas: 1,
        readyReplicas: 1,
        currentReplicas: 1,
        updatedReplicas: 1,
        currentRevision: 'db-1',
        updateRevision: 'db-1',
      }),
      status('ds agent', {
        observedGeneration: 1,
        desiredNumberScheduled: 2,
        currentNumberScheduled: 2,
        numberReady: 1,
        numberMisscheduled: 0,
        numberAvailable: 1,
        updatedNumberScheduled: 2,
      }),
      status('job once', {
        startTime: time,
        completionTime: '2026-01-01T00:00:05Z',
        succeeded: 1,
        conditions: [condition('SuccessCriteriaMet', 'Done'), condition('Complete', 'Done')],
      }),
      status('cronjob nightly', { lastScheduleTime: time, active: [{ kind: 'Job', name: 'x' }] }),
      status('pvc data', { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }),
      status('ing front', { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.example.com' }] } }),
      status('hpa web', {
        currentReplicas: 2,
        desiredReplicas: 3,
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '50m' } } },
        ],
        conditions: [condition('AbleToScale', 'Ready')],
      }),
      status('pdb web', {
        observedGeneration: 1,
        currentHealthy: 2,
        desiredHealthy: 1,
        disruptionsAllowed: 1,
        expectedPods: 2,
      }),
      status('pod pod', {
        phase: 'Running',
        startTime: time,
        podIP: '10.0.0.9',
        hostIP: '10.0.0.1',
        conditions: [condition('Ready', 'Up')],
        containerStatuses: [
          {
            name: 'main',
            image: 'busybox:1',
            imageID: 'x',
            ready: true,
            restartCount: 2,
            started: true,
            state: { running: { startedAt: time } },
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
          },
        ],
      }),
      ['get deploy,sts,ds,job,cronjob,pod,pvc,ing,hpa,pdb -o wide'],
      ['rollout status deploy/web --timeout=1s'],
      ['rollout status sts/db --timeout=1s'],
      ['rollout status ds/agent --timeout=1s'],
      ['wait job/once --for=condition=Complete --timeout=2s'],
      ['describe deploy web'],
      ['describe sts db'],
      ['describe ds agent'],
      ['describe job once'],
      ['describe hpa web'],
      ['describe pdb web'],
      ['describe ing front'],
      ['delete pod pod --grace-period=0 --force'],
    ),
    {
      name: 'what classes and accounts bring about',
      async run(session) {
        const words = (lines: string[]) =>
          lines
            .filter((line) => !line.startsWith('ca.crt'))
            .map((line) =>
              line.replace(/ey[\w-]+\.[\w.-]+|[A-Za-z0-9+/=]{40,}/g, '<long>').replace(/\d+ bytes/, 'N bytes'),
            );
        await run(session, 'create sa robot');
        await run(
          session,
          'apply -f -',
          'apiVersion: v1\nkind: Secret\nmetadata: {name: robot, annotations: {kubernetes.io/service-account.name: robot}}\ntype: kubernetes.io/service-account-token\n',
        );
        await run(session, 'wait secret/robot --for=jsonpath={.data.token} --timeout=5s');
        await run(session, 'describe secret robot', '', words);
        await run(session, 'describe sa robot', '', words);
        await run(
          session,
          'create -f -',
          'apiVersion: v1\nkind: Secret\nmetadata: {name: none, annotations: {kubernetes.io/service-account.name: none}}\ntype: kubernetes.io/service-account-token\n',
        );
        await run(session, 'create -f -', pod.replace('containers:', 'runtimeClassName: none\n  containers:'));
        await run(
          session,
          'create -f -',
          pod.replace('containers:', 'priorityClassName: system-cluster-critical\n  containers:'),
        );
        await run(
          session,
          "get pod pod -o 'jsonpath={.spec.priority} {.spec.priorityClassName} {.spec.tolerations[*].key} {.spec.serviceAccountName} {.status.qosClass}'",
        );
        await run(session, 'patch sa robot -p \'{"imagePullSecrets":[{"name":"registry"}]}\'');
        await run(
          session,
          'create -f -',
          pod.replace('name: pod', 'name: pulls').replace('containers:', 'serviceAccountName: robot\n  containers:'),
        );
        await run(session, "get pod pulls -o 'jsonpath={.spec.imagePullSecrets}'");
        await run(session, 'create svc loadbalancer l --tcp=80');
        await run(session, 'patch svc l -p \'{"spec":{"type":"NodePort"}}\'');
        await run(session, 'patch svc l -p \'{"spec":{"type":"ExternalName","externalName":"a.b"}}\'');
        await run(session, 'patch svc l -p \'{"spec":{"type":"ClusterIP"}}\'');
        await run(
          session,
          "get svc l -o 'jsonpath={.spec.type} {.spec.ports} {.spec.externalTrafficPolicy}{.spec.internalTrafficPolicy}'",
        );
        await run(
          session,
          'create -f -',
          service.replace(
            'spec:',
            'spec:\n  clusterIP: None\n  externalIPs: [1.2.3.4]\n  externalName: a.b\n  sessionAffinity: ClientIP',
          ),
        );
      },
    },
    kubectl(
      'labels that would refuse the pods of a namespace',
      ['create -f -', pod],
      ['create -f -', pod.replace('name: pod', 'name: second')],
      ['label ns {ns} pod-security.kubernetes.io/enforce=restricted'],
      ['label ns {ns} pod-security.kubernetes.io/enforce=baseline --overwrite'],
      ['label ns {ns} pod-security.kubernetes.io/enforce-version=v1.99 pod-security.kubernetes.io/warn=odd'],
      ['label ns {ns} pod-security.kubernetes.io/enforce-version=newest'],
      ['label ns {ns} pod-security.kubernetes.io/enforce=restricted --overwrite --dry-run=server'],
    ),
    {
      name: 'the ratio of limit and request',
      async run(session) {
        const limits = 'limits: [{type: Container, min: {cpu: 10m}, maxLimitRequestRatio: {cpu: "2", memory: "1"}}]';
        await run(
          session,
          'create -f -',
          `apiVersion: v1\nkind: LimitRange\nmetadata: {name: ratio}\nspec: {${limits}}\n`,
        );
        // Admission sees them a moment later.
        await new Promise((resolve) => setTimeout(resolve, 500));
        const asking = (resources: string) => pod.replace('{requests: {cpu: 100m}}', resources);
        await run(session, 'create -f -', asking('{requests: {cpu: 5m}, limits: {cpu: 1}}'));
        await run(
          session,
          'create -f -',
          asking('{requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}'),
        );
      },
    },
  ],
};
