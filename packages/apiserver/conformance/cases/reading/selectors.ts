import type { Case, Group } from '../../lib/case.ts';
import { ask, configMap, configMaps, fiveConfigMaps, given } from './pieces.ts';

function labels(name: string, selectors: readonly string[]): Case {
  return {
    name: `labels: ${name}`,
    async run(session) {
      await fiveConfigMaps(session);
      await given(session, configMaps, configMap('zz', { n: 'q', e: '', in: 'in' }));
      for (const selector of selectors)
        await ask(session, selector, `${configMaps}?labelSelector=${encodeURIComponent(selector)}`);
    },
  };
}

function fields(name: string, selectors: readonly string[]): Case {
  return {
    name: `fields: ${name}`,
    async run(session) {
      await fiveConfigMaps(session);
      for (const selector of selectors)
        await ask(session, selector, `${configMaps}?fieldSelector=${encodeURIComponent(session.fill(selector))}`);
    },
  };
}

const FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
  'involvedObject.kind',
  'involvedObject.fieldPath',
  'reason',
  'source',
  'type',
  'reportingComponent',
  'reportingController',
  'regarding.kind',
  'regarding.name',
  'name',
  'spec.unschedulable',
  'spec.clusterIP',
  'spec.type',
  'status.replicas',
  'status.successful',
  'spec.signerName',
  'spec.driver',
  'foo',
]; // prettier-ignore

function fieldsOf(...paths: readonly string[]): Case {
  return {
    name: `fields of ${paths.map((path) => path.slice(path.lastIndexOf('/') + 1)).join(', ')}`,
    async run(session) {
      for (const path of paths) {
        for (const field of FIELDS)
          await ask(session, `${path} ${field}`, `${path}?fieldSelector=${field}%3D{id}-none`, (body) => body.items);
      }
    },
  };
}

const long = 'a'.repeat(64);

/** Label and field selectors: what they select, and what the server says of ones that it cannot read. */
export const selectors: Group = {
  name: 'selectors',
  cases: [
    labels('exists and not', ['n', '!n', 'e', 'even,n', '!even,n', ' n', 'n ,even']),
    labels('equality', ['n=1', 'n==1', 'n!=1', 'n = 1', 'n=,even', 'e=', 'n!=', 'n==', 'n=1,even=false']),
    labels('sets', [
      'n in (1,2)',
      'n notin (1)',
      'n in(1)',
      'n in (1,)',
      'n in (,)',
      'n in ()',
      'n notin ()',
      'even in (true), n notin (0)',
      'n\tin (1)',
    ]),
    labels('greater and less', ['n>1', 'n<2', 'n>1,n<3', 'n<1,n']),
    labels('numbers that are none', ['n>x', 'n>', 'n>1.5', 'n>-1']),
    labels('words that are operators elsewhere', ['in', 'in in (in)', 'notin', 'in=in', 'n=in']),
    labels('commas', [',n', 'n,', 'n,,even', 'n in (1),', ',']),
    labels('brackets', ['n in (1', 'n in 1', 'n in (1 2)', 'n in (1)(2)', '(n)', 'n=(1)', 'n in ((1))']),
    labels('operators in the wrong place', [
      '=1',
      '!',
      '!n=1',
      '!!n',
      'n=!x',
      'n==!',
      'n<=1',
      'n=>1',
      'n><1',
      'n=1=2',
      'n!',
    ]),
    labels('words in the wrong place', ['n foo', 'n=a b', 'x y', 'n exists', 'n gt 1']),
    labels('keys that are none', ['a/b/c', '-x', 'A.b/c=1', '/x', 'x/', 'x/=1', '#', 'ñ', '"n"', long]),
    labels('values that are none', ['n=-x', `n=${long}`, `n in (${long})`, 'n=ñ', 'n in (-)']),
    fields('name and namespace', [
      'metadata.name=a1',
      'metadata.name==a1',
      'metadata.name!=a1',
      'metadata.namespace={ns}',
      'metadata.namespace=x',
      'metadata.name=',
    ]),
    fields('several', [
      'metadata.name=a1,metadata.name=a2',
      'metadata.name=a1,metadata.namespace={ns}',
      ',',
      'metadata.name=a1,',
    ]),
    fields('that the kind does not have', ['data.a=1', 'metadata.uid=x', 'metadata.labels.n=1', '=a']),
    fields('that cannot be read', [
      'metadata.name',
      'metadata.name>a',
      'metadata.name in (a1)',
      'metadata.name!a1',
      '!metadata.name',
    ]),
    fields('escapes', [
      'a\\=b=c',
      'metadata.name=a\\,1',
      'metadata.name=a\\',
      'metadata.name=a\\x',
      'metadata.name=a1=b',
      'metadata.name===a1',
    ]),
    fieldsOf('/api/v1/pods'),
    fieldsOf('/api/v1/events', '/apis/events.k8s.io/v1/events'),
    fieldsOf('/api/v1/secrets', '/api/v1/namespaces', '/api/v1/nodes'),
    fieldsOf('/api/v1/services', '/api/v1/persistentvolumes', '/api/v1/persistentvolumeclaims'),
    fieldsOf('/api/v1/replicationcontrollers', '/apis/apps/v1/replicasets', '/apis/apps/v1/deployments'),
    fieldsOf(
      '/apis/batch/v1/jobs',
      '/apis/batch/v1/cronjobs',
      '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    ),
    fieldsOf('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', '/apis/resource.k8s.io/v1/resourceslices'),
    {
      name: 'field selectors select',
      async run(session) {
        const secrets = '/api/v1/namespaces/{ns}/secrets';
        const secret = (name: string, type: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type });
        await given(
          session,
          secrets,
          secret('a', 'Opaque'),
          secret('b', 'example.com/b'),
          secret('c', 'example.com/b'),
        );
        for (const selector of ['type=Opaque', 'type!=Opaque', 'type=example.com/b,metadata.name!=b'])
          await ask(session, selector, `${secrets}?fieldSelector=${encodeURIComponent(selector)}`);
        const services = '/api/v1/namespaces/{ns}/services';
        const service = (name: string, spec: object) => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name },
          spec,
        });
        await given(
          session,
          services,
          service('a', { ports: [{ port: 1 }] }),
          service('b', { type: 'ExternalName', externalName: 'x.y' }),
          service('c', { clusterIP: 'None', ports: [{ port: 1 }] }),
        );
        for (const selector of ['spec.type=ClusterIP', 'spec.clusterIP=None', 'spec.type!=ClusterIP'])
          await ask(session, selector, `${services}?fieldSelector=${encodeURIComponent(selector)}`);
        await ask(session, 'namespace', '/api/v1/namespaces?fieldSelector=metadata.name%3D{ns},status.phase%3DActive');
      },
    },
  ],
};
