import { kind, type Manifest } from './manifest.ts';

const deployment = kind('apps/v1', 'Deployment', 'deployments');
const statefulSet = kind('apps/v1', 'StatefulSet', 'statefulsets');
const daemonSet = kind('apps/v1', 'DaemonSet', 'daemonsets');
const replicaSet = kind('apps/v1', 'ReplicaSet', 'replicasets');
const replicationController = kind('v1', 'ReplicationController', 'replicationcontrollers');
const podTemplate = kind('v1', 'PodTemplate', 'podtemplates');
const job = kind('batch/v1', 'Job', 'jobs');
const cronJob = kind('batch/v1', 'CronJob', 'cronjobs');
const controllerRevision = kind('apps/v1', 'ControllerRevision', 'controllerrevisions');

/** Replicas stay at 0 where a controller would make pods. */
const selector = { matchLabels: { app: 'a' } };
const template = (spec: object = {}, containerFields: object = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'example.org/app:1', ...containerFields }], ...spec },
});
const jobTemplate = (spec: object = {}) => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'example.org/app:1' }], ...spec },
});
/** Not scheduled: no controller adds a status. */
const idle = { nodeSelector: { none: 'such' } };

export const workloads: readonly Manifest[] = [
  deployment('only what is required', { spec: { replicas: 0, selector, template: template() } }),
  deployment('paused without replicas', { spec: { paused: true, selector, template: template() } }),
  deployment('recreate', { spec: { replicas: 0, selector, template: template(), strategy: { type: 'Recreate' } } }),
  deployment('half of a rolling update', {
    spec: { replicas: 0, selector, template: template(), strategy: { rollingUpdate: { maxSurge: 1 } } },
  }),
  deployment('zero values', {
    spec: {
      replicas: 0,
      minReadySeconds: 0,
      paused: false,
      revisionHistoryLimit: 0,
      progressDeadlineSeconds: 60,
      selector: { matchLabels: { app: 'a' }, matchExpressions: [] },
      strategy: {},
      template: template(
        {
          volumes: [],
          initContainers: [],
          imagePullSecrets: [],
          hostNetwork: false,
          serviceAccountName: '',
          affinity: {},
        },
        { env: null, resources: null, securityContext: {}, stdin: false, workingDir: '' },
      ),
    },
  }),
  deployment('a template like users write', {
    spec: {
      replicas: 0,
      selector,
      template: template(
        {
          serviceAccountName: 'x',
          hostNetwork: true,
          initContainers: [{ name: 'i', image: 'busybox' }],
          volumes: [
            { name: 'v', configMap: { name: 'x' } },
            { name: 's', secret: { secretName: 's' } },
            { name: 'e', emptyDir: {} },
            { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 'x' } }] } },
          ],
        },
        {
          image: 'a/b:latest',
          ports: [{ containerPort: 80, name: 'http' }],
          livenessProbe: { httpGet: { port: 'http' } },
          readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 0 },
          resources: { limits: { cpu: '0.5', memory: '1024Mi' }, requests: { cpu: 0.1 } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ),
    },
  }),
  statefulSet('only what is required', { spec: { replicas: 0, serviceName: 's', selector, template: template() } }),
  statefulSet('without a service', { spec: { replicas: 0, selector, template: template() } }),
  statefulSet('claims', {
    spec: {
      replicas: 0,
      serviceName: 's',
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      selector,
      template: template(),
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
        },
      ],
    },
  }),
  statefulSet('ordinals, retention and a partition', {
    spec: {
      replicas: 0,
      serviceName: 's',
      selector,
      template: template(),
      ordinals: { start: 1 },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
      updateStrategy: { rollingUpdate: { partition: 1 } },
    },
  }),
  daemonSet('only what is required', { spec: { selector, template: template(idle) } }),
  daemonSet('on delete', { spec: { selector, template: template(idle), updateStrategy: { type: 'OnDelete' } } }),
  daemonSet('surge', {
    spec: {
      selector,
      template: template(idle),
      updateStrategy: { rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } },
    },
  }),
  replicaSet('only what is required', { spec: { replicas: 0, selector, template: template() } }),
  replicationController('selector of the template', { spec: { replicas: 0, template: template() } }),
  replicationController('selector of its own', { spec: { replicas: 0, selector: { app: 'a' }, template: template() } }),
  podTemplate('only what is required', { template: template() }),
  job('only what is required', { spec: { suspend: true, template: jobTemplate() } }),
  job('parallelism', { spec: { suspend: true, parallelism: 2, template: jobTemplate() } }),
  job('indexed with a limit per index', {
    spec: {
      suspend: true,
      completions: 3,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      ttlSecondsAfterFinished: 0,
      template: jobTemplate(),
    },
  }),
  job('failure policy', {
    spec: {
      suspend: true,
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        ],
      },
      template: jobTemplate(),
    },
  }),
  job('with labels of its own', { spec: { suspend: true, template: jobTemplate() } }, { labels: { a: 'b' } }),
  job('with a selector of its own', {
    spec: {
      suspend: true,
      manualSelector: true,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, ...jobTemplate() },
    },
  }),
  cronJob('only what is required', {
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: jobTemplate({ restartPolicy: 'OnFailure' }) } } },
  }),
  cronJob('everything', {
    spec: {
      schedule: '@yearly',
      timeZone: 'Europe/Berlin',
      suspend: true,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 100,
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 0,
      jobTemplate: { metadata: { labels: { x: 'y' } }, spec: { backoffLimit: 0, template: jobTemplate() } },
    },
  }),
  controllerRevision('with data', { revision: 1, data: { a: { b: 1 } } }),
  controllerRevision('zero', { revision: 0, data: {} }),
];
