import type { Case } from '../../lib/case.ts';
import { labelled, pod, selector, statusTable } from './column-pieces.ts';

function containerStatus(name: string, state: object, more: object = {}): object {
  return { name, image: 'x', imageID: 'x', ready: false, restartCount: 0, state, ...more };
}

/** What `kubectl get` prints of built-in kinds as their status changes. */
export const statusColumnCases: readonly Case[] = [
  statusTable(
    'v1',
    'Pod',
    'pods',
    {
      spec: {
        ...pod,
        initContainers: [
          { name: 'i', image: 'x' },
          { name: 'j', image: 'x' },
        ],
      },
    },
    {
      pending: { phase: 'Pending' },
      'init-waits': {
        phase: 'Pending',
        initContainerStatuses: [containerStatus('i', { waiting: { reason: 'PodInitializing' } })],
      },
      'init-fails': {
        phase: 'Pending',
        initContainerStatuses: [
          containerStatus('i', { terminated: { exitCode: 0 } }),
          containerStatus('j', { waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 3 }),
        ],
      },
      'init-ended': {
        phase: 'Pending',
        initContainerStatuses: [containerStatus('i', { terminated: { exitCode: 3 } })],
      },
      'init-killed': {
        phase: 'Pending',
        initContainerStatuses: [
          containerStatus('i', { terminated: { exitCode: 0, signal: 9 } }),
          containerStatus('j', { terminated: { signal: 9, exitCode: 137 } }),
        ],
      },
      'no-image': {
        phase: 'Pending',
        containerStatuses: [
          containerStatus('c', { waiting: { reason: 'ImagePullBackOff' } }),
          containerStatus('d', { waiting: { reason: 'ContainerCreating' } }),
        ],
      },
      half: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }],
        containerStatuses: [
          containerStatus('c', { running: { startedAt: '2020-01-02T03:04:05Z' } }, { ready: true, restartCount: 2 }),
          containerStatus('d', { terminated: { reason: 'Completed', exitCode: 0 } }),
        ],
      },
      'half-ready': {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          containerStatus('c', { running: { startedAt: '2020-01-02T03:04:05Z' } }, { ready: true }),
          containerStatus('d', { terminated: { reason: 'Completed', exitCode: 0 } }),
        ],
      },
      restarted: {
        phase: 'Running',
        containerStatuses: [
          containerStatus(
            'c',
            { running: { startedAt: '2020-01-02T03:04:05Z' } },
            {
              ready: true,
              restartCount: 2,
              lastState: { terminated: { exitCode: 1, finishedAt: '2020-01-02T03:04:05Z' } },
            },
          ),
          containerStatus('d', { running: { startedAt: '2020-01-02T03:04:05Z' } }, { ready: true }),
        ],
      },
      failed: {
        phase: 'Failed',
        containerStatuses: [containerStatus('c', { terminated: { exitCode: 137, signal: 9 } })],
      },
      error: {
        phase: 'Failed',
        containerStatuses: [containerStatus('c', { terminated: { exitCode: 1, reason: 'Error' } })],
      },
      evicted: { phase: 'Failed', reason: 'Evicted', message: 'no room' },
      done: {
        phase: 'Succeeded',
        containerStatuses: [containerStatus('c', { terminated: { exitCode: 0, reason: 'Completed' } })],
      },
      gated: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      unknown: { phase: 'Unknown' },
      nominated: { phase: 'Pending', nominatedNodeName: 'n1' },
    },
  ),
  statusTable(
    'v1',
    'Pod',
    'pods',
    {
      spec: {
        ...pod,
        initContainers: [
          { name: 's', image: 'x', restartPolicy: 'Always' },
          { name: 'i', image: 'x' },
        ],
      },
    },
    {
      waits: {
        phase: 'Pending',
        initContainerStatuses: [containerStatus('s', { waiting: { reason: 'ContainerCreating' } })],
      },
      'sidecar-up': {
        phase: 'Pending',
        initContainerStatuses: [
          containerStatus('s', { running: {} }, { started: true, ready: true, restartCount: 2 }),
          containerStatus('i', { running: {} }, { restartCount: 1 }),
        ],
      },
      'all-up': {
        phase: 'Running',
        initContainerStatuses: [
          containerStatus('s', { running: {} }, { started: true, ready: true, restartCount: 2 }),
          containerStatus('i', { terminated: { exitCode: 0 } }, { restartCount: 1 }),
        ],
        containerStatuses: [
          containerStatus('c', { running: {} }, { ready: true }),
          containerStatus('d', { running: {} }, { ready: true, restartCount: 1 }),
        ],
      },
      'once-initialized': {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [
          containerStatus('s', { terminated: { exitCode: 1, reason: 'Error' } }, { restartCount: 4 }),
        ],
        containerStatuses: [containerStatus('c', { running: {} }, { ready: true })],
      },
    },
    ' of sidecars',
  ),
  statusTable(
    'batch/v1',
    'Job',
    'jobs',
    { spec: { suspend: true, completions: 3, template: { spec: { ...pod, restartPolicy: 'Never' } } } },
    {
      none: {},
      running: { startTime: '2020-01-02T03:04:05Z', active: 1, succeeded: 1 },
      suspended: { conditions: [{ type: 'Suspended', status: 'True' }] },
    },
  ),
  statusTable(
    'apps/v1',
    'ReplicaSet',
    'replicasets',
    { spec: { replicas: 0, selector, template: labelled } },
    {
      some: { replicas: 3, readyReplicas: 2, availableReplicas: 1, fullyLabeledReplicas: 3, observedGeneration: 1 },
    },
  ),
  statusTable(
    'apps/v1',
    'StatefulSet',
    'statefulsets',
    { spec: { replicas: 0, serviceName: 's', selector, template: labelled } },
    {
      some: { replicas: 3, readyReplicas: 2, availableReplicas: 1, observedGeneration: 1 },
    },
  ),
  statusTable(
    'apps/v1',
    'DaemonSet',
    'daemonsets',
    { spec: { selector, template: { ...labelled, spec: { ...pod, nodeSelector: { b: 'c', a: 'b' } } } } },
    {
      some: {
        currentNumberScheduled: 1,
        desiredNumberScheduled: 3,
        numberMisscheduled: 0,
        numberReady: 1,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
      },
    },
  ),
  statusTable(
    'v1',
    'Service',
    'services',
    {
      spec: {
        type: 'LoadBalancer',
        allocateLoadBalancerNodePorts: false,
        ports: [{ port: 80 }],
        externalIPs: ['1.2.3.4'],
      },
    },
    {
      pending: {},
      address: { loadBalancer: { ingress: [{ ip: '5.6.7.8' }] } },
      names: {
        loadBalancer: {
          ingress: [{ hostname: 'a-rather-long-name.of-a-load-balancer.example.com' }, { ip: '5.6.7.9' }],
        },
      },
    },
  ),
  statusTable(
    'networking.k8s.io/v1',
    'Ingress',
    'ingresses',
    { spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } } },
    {
      address: { loadBalancer: { ingress: [{ ip: '5.6.7.8' }, { hostname: 'h.example.com' }] } },
    },
  ),
  statusTable(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
        maxReplicas: 5,
        metrics: [
          { type: 'Pods', pods: { metric: { name: 'p' }, target: { type: 'AverageValue', averageValue: '10' } } },
          {
            type: 'External',
            external: { metric: { name: 'e' }, target: { type: 'AverageValue', averageValue: '5' } },
          },
        ],
      },
    },
    {
      unknown: { desiredReplicas: 0, currentMetrics: null, conditions: [] },
      known: {
        desiredReplicas: 2,
        currentReplicas: 1,
        conditions: [],
        currentMetrics: [
          { type: 'Pods', pods: { metric: { name: 'p' }, current: { averageValue: '7' } } },
          { type: 'External', external: { metric: { name: 'e' }, current: { averageValue: '3', value: '6' } } },
        ],
      },
    },
  ),
  statusTable(
    'v1',
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
    {
      spec: {
        volumeName: 'v',
        storageClassName: 'none',
        accessModes: ['ReadWriteOncePod'],
        resources: { requests: { storage: '1Gi' } },
      },
    },
    {
      bound: { phase: 'Bound', accessModes: ['ReadWriteOncePod'], capacity: { storage: '2Gi' } },
      lost: { phase: 'Lost' },
    },
  ),
  statusTable(
    'policy/v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    { spec: { minAvailable: 2, selector } },
    {
      some: { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1, expectedPods: 3 },
    },
  ),
  statusTable(
    'resource.k8s.io/v1',
    'ResourceClaim',
    'resourceclaims',
    {
      spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } },
    },
    {
      allocated: {
        allocation: { devices: { results: [{ request: 'r', driver: 'd.example.com', pool: 'p', device: 'x' }] } },
      },
      reserved: {
        allocation: { devices: { results: [{ request: 'r', driver: 'd.example.com', pool: 'p', device: 'x' }] } },
        reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }],
      },
    },
  ),
];
