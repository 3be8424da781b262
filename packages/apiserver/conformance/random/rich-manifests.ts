import { kind, type Manifest } from '../cases/builtin-manifests/manifest.ts';
import { richPod } from './rich-pod.ts';

const pod = kind('v1', 'Pod', 'pods');
const deployment = kind('apps/v1', 'Deployment', 'deployments');
const statefulSet = kind('apps/v1', 'StatefulSet', 'statefulsets');
const job = kind('batch/v1', 'Job', 'jobs');
const autoscaler = kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const service = kind('v1', 'Service', 'services');
const networkPolicy = kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
const ingress = kind('networking.k8s.io/v1', 'Ingress', 'ingresses');
const volume = kind('v1', 'PersistentVolume', 'persistentvolumes', false);
const definition = kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);

const labels = { app: 'a' };
const selector = { matchLabels: labels };
const oneContainer = (more: object = {}) => ({ containers: [{ name: 'c', image: 'x', ...more }] });
const pods = (spec: object) => ({ replicas: 0, selector, template: { metadata: { labels }, spec } });
const expressions = { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] };
const half = { type: 'Utilization', averageUtilization: 50 };
const average = { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } };

/** Objects with something in many fields at once, of the kinds with the most rules. */
export const richManifests: readonly Manifest[] = [
  pod('rich', { spec: richPod }),
  deployment('rich', {
    spec: {
      ...pods(richPod),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
    },
  }),
  deployment('plain', { spec: pods(oneContainer()) }),
  statefulSet('rich', {
    spec: {
      ...pods(oneContainer({ volumeMounts: [{ name: 'd', mountPath: '/d' }] })),
      serviceName: 's',
      volumeClaimTemplates: [
        {
          metadata: { name: 'd' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  }),
  job('rich', {
    spec: {
      suspend: true,
      completions: 2,
      parallelism: 1,
      completionMode: 'Indexed',
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'In', values: [1, 2] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] },
      template: { spec: { restartPolicy: 'Never', ...oneContainer() } },
    },
  }),
  autoscaler('rich', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: half } },
        { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target: half } },
        {
          type: 'Object',
          object: {
            describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
            metric: { name: 'm' },
            target: { type: 'Value', value: '1' },
          },
        },
        { type: 'Pods', pods: average },
        { type: 'External', external: average },
      ],
      behavior: {
        scaleUp: {
          policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
        },
        scaleDown: { policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }], tolerance: '0.1' },
      },
    },
  }),
  service('rich', {
    spec: {
      type: 'ClusterIP',
      selector: labels,
      ports: [
        { name: 'a', port: 80, targetPort: 'http', protocol: 'TCP' },
        { name: 'b', port: 81, targetPort: 8080, appProtocol: 'kubernetes.io/h2c' },
      ],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } },
    },
  }),
  service('rich and of type LoadBalancer', {
    spec: {
      type: 'LoadBalancer',
      selector: labels,
      ports: [{ name: 'a', port: 80 }],
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      externalTrafficPolicy: 'Local',
      externalIPs: ['1.2.3.4'],
    },
  }),
  networkPolicy('rich', {
    spec: {
      podSelector: expressions,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [
            { podSelector: selector, namespaceSelector: {} },
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
          ],
          ports: [{ port: 80, endPort: 90, protocol: 'TCP' }, { port: 'http' }],
        },
      ],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    },
  }),
  ingress('rich', {
    spec: {
      ingressClassName: 'x',
      rules: [
        {
          host: 'a.example.org',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'x', port: { number: 80 } } } },
              {
                path: '/b',
                pathType: 'Exact',
                backend: { resource: { apiGroup: 'k.example.org', kind: 'B', name: 'b' } },
              },
            ],
          },
        },
        { host: '*.example.org' },
      ],
      tls: [{ hosts: ['a.example.org'], secretName: 's' }],
    },
  }),
  volume('rich', {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'none-such',
      nfs: { server: 'a', path: '/b' },
      nodeAffinity: { required: { nodeSelectorTerms: [expressions] } },
      mountOptions: ['a'],
    },
  }),
  definition(
    'rich',
    {
      spec: {
        group: '{id}.example.org',
        names: { plural: 'things', kind: 'Thing', shortNames: ['th'], categories: ['all'] },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
            },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: {
                    type: 'object',
                    properties: {
                      a: { type: 'string', minLength: 1 },
                      replicas: { type: 'integer' },
                      l: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                    },
                  },
                  status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        ],
      },
    },
    { name: 'things.{id}.example.org' },
  ),
];
