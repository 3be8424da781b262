import { exchange, type Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';

const bootstrapped = 'labelSelector=kubernetes.io/bootstrapping%3Drbac-defaults';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';

/** What a cluster holds before anybody has written to it. */
export const freshCluster: Group = {
  name: 'fresh-cluster',
  cases: [
    exchange('roles and bindings', [
      ['GET', `${rbac}/clusterroles?${bootstrapped}`],
      ['GET', `${rbac}/clusterrolebindings?${bootstrapped}`],
      ['GET', `${rbac}/roles?${bootstrapped}`],
      ['GET', `${rbac}/rolebindings?${bootstrapped}`],
    ]),
    exchange('flow control', [
      ['GET', `${flow}/flowschemas`],
      ['GET', `${flow}/prioritylevelconfigurations`],
    ]),
    exchange('API services', [
      [
        'GET',
        '/apis/apiregistration.k8s.io/v1/apiservices?labelSelector=kube-aggregator.kubernetes.io/automanaged%3Donstart',
      ],
    ]),
    {
      name: 'other objects',
      async run(session) {
        for (const path of [
          '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
          '/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking',
        ]) {
          const { body } = await session.settle(path, (_, status) => status === 200, { unrecorded: true });
          const { metadata, ...rest } = body;
          session.record(path, { ...rest, labels: metadata.labels, finalizers: metadata.finalizers });
        }
        const { body } = await session.http('GET', '/api/v1/namespaces/kube-system/serviceaccounts', {
          unrecorded: true,
        });
        session.record(
          'service accounts',
          body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
        );
      },
    },
    kubectl(
      'described',
      ['describe clusterrole system:kube-scheduler'],
      ['describe clusterrole edit'],
      ['describe clusterrolebinding system:node-proxier'],
      ['describe rolebinding -n kube-system system::leader-locking-kube-scheduler'],
      ['describe flowschema system-leader-election'],
      ['get apiservice v1. v1.apps'],
      ['auth can-i --list --as=system:serviceaccount:kube-system:job-controller -n {ns}'],
    ),
    {
      name: 'an API service comes and goes with its definition',
      async run(session) {
        await run(session, 'create -f -', definition);
        const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1.{id}.example.com';
        await session.settle(path, (_, status) => status === 200);
        await run(session, 'delete crd things.{id}.example.com');
        await session.settle(path, (_, status) => status === 404);
      },
    },
  ],
};

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: "things.{id}.example.com"}
spec:
  group: "{id}.example.com"
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`;
