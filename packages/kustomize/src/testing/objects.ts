import type { Random } from './random.ts';
import { Raw } from './yaml-style.ts';

export interface Item {
  readonly [field: string]: unknown;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly [field: string]: unknown; readonly name: string; readonly namespace?: string };
}

/** Few names, so that things refer to each other and clash now and then. */
export const NAMES = ['web', 'api', 'cfg', 'db', 'a.b', 'x1'] as const;
const NAMESPACES = ['default', 'prod', 'dev', 'team-x'] as const;
const TEXTS = [
  'x',
  'yes',
  '5',
  '1.10',
  '',
  'a b',
  ' lead',
  'trail ',
  'a: b',
  '# no',
  "it's",
  'say "hi"',
  '~',
  '0x1F',
  '2001-01-01',
  '12:30:45',
  'one\ntwo\n',
  'one\ntwo',
  'tab\there',
  'é 漢',
  '😀',
  '- a',
  '*a',
  '$(VAR)',
  '{"k":"v","n":1}',
  'k: v\nl:\n- 1\n',
  'a very long line of words that goes on and on beyond the eightieth column so that it has to be folded somewhere',
] as const;
const ODD = ['0777', '0o14', '0x1F', '1_000', '1.0', '1e3', '~', 'True', 'yes', '123456789.123', '2001-01-01', '.5'];
const BIG = [
  '12345678901234567890',
  '9007199254740993',
  '-9223372036854775808',
  '1e21',
  '123456789012345678901234567890',
];

export function text(random: Random): string {
  return random.chance(0.5) ? random.pick(['x', 'v1', 'blue', 'team']) : random.pick(TEXTS);
}

/** Any value, now and then an odd one. */
export function anything(random: Random): unknown {
  const roll = random.below(12);
  if (roll < 5) return text(random);
  if (roll < 7) return random.below(100);
  if (roll === 7) return random.chance(0.5);
  if (roll === 8) return new Raw(random.pick(ODD));
  if (roll === 9) return new Raw(random.pick(BIG));
  if (roll === 10) return null;
  return random.pick<unknown>([[], {}, [1, 'x'], { k: 'v' }]);
}

export function labels(random: Random): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const key of random.some(['app', 'tier', 'app.kubernetes.io/name', 'env'], 2)) map[key] = random.pick(NAMES);
  return map;
}

function annotations(random: Random): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  const keys = ['note', 'example.com/owner', 'a', 'config.kubernetes.io/local-config', 'config.kubernetes.io/path'];
  for (const key of random.some(keys.slice(0, random.chance(0.9) ? 3 : 5), 2)) {
    map[key] = key.endsWith('local-config')
      ? random.pick(['true', 'false'])
      : random.chance(0.8)
        ? text(random)
        : random.pick<unknown>([text(random), 5, true, new Raw('0777')]);
  }
  return map;
}

export function name(random: Random): string {
  return random.pick(NAMES);
}

function metadata(random: Random, namespaced: boolean): Item['metadata'] {
  return {
    name: name(random),
    namespace: namespaced ? random.maybe(0.2, () => random.pick(NAMESPACES)) : undefined,
    labels: random.maybe(0.4, () => labels(random)),
    annotations: random.maybe(0.3, () => annotations(random)),
    finalizers: random.maybe(0.05, () => ['example.com/a', 'example.com/b']),
  };
}

const IMAGES = [
  'nginx',
  'nginx:1.25',
  'nginx@sha256:0123abcd',
  'nginx:1.25@sha256:0123abcd',
  'docker.io/library/nginx:1',
  'registry.test:5000/acme/app:v1',
  'registry.test:5000/acme/app',
  'app',
  'app:latest',
  'my.app:1',
  'myXapp:1',
] as const;

function env(random: Random): unknown {
  const value = random.below(4);
  const key = random.pick(['A', 'B', 'C']);
  if (value === 0) return { name: key, valueFrom: { configMapKeyRef: { name: name(random), key: 'k' } } };
  if (value === 1) return { name: key, valueFrom: { secretKeyRef: { name: name(random), key: 'k' } } };
  return { name: key, value: random.chance(0.3) ? `$(${random.pick(['VAR', 'OTHER'])})` : text(random) };
}

export function container(random: Random): Record<string, unknown> {
  return {
    name: random.pick(['main', 'side', 'init']),
    image: random.maybe(0.9, () => random.pick(IMAGES)),
    args: random.maybe(0.2, () => random.list(0, 3, () => random.pick(['--a', '$(VAR)', 'x-$(VAR)', '$$(VAR)']))),
    env: random.maybe(0.4, () =>
      unique(
        random.list(0, 3, () => env(random)),
        'name',
      ),
    ),
    envFrom: random.maybe(0.3, () =>
      random.list(1, 2, () => ({ [random.pick(['configMapRef', 'secretRef'])]: { name: name(random) } })),
    ),
    ports: random.maybe(0.4, () => {
      // All of a list say their protocol, or none does.
      const protocol = random.maybe(0.5, () => random.pick(['TCP', 'UDP']));
      const made = random.list(1, 3, () => ({
        containerPort: random.pick([80, 443]),
        protocol,
        name: random.maybe(0.4, () => random.pick(['http', 'https'])),
      }));
      return unique(made, 'containerPort');
    }),
    volumeMounts: random.maybe(0.2, () => [{ name: 'v', mountPath: random.pick(['/a', '/b']) }]),
    resources: random.maybe(0.2, () => ({ limits: { cpu: random.pick([1, '500m']), memory: '1Gi' } })),
  };
}

/** Keeps the first of those that share a key. */
export function unique<T>(items: readonly T[], key: string): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const value = (item as Record<string, unknown>)[key];
    return seen.has(value) ? false : seen.add(value);
  });
}

function volume(random: Random): unknown {
  const source = random.below(5);
  const key = random.pick(['v', 'w']);
  if (source === 0) return { name: key, configMap: { name: name(random) } };
  if (source === 1) return { name: key, secret: { secretName: name(random) } };
  if (source === 2) return { name: key, persistentVolumeClaim: { claimName: name(random) } };
  if (source === 3) {
    return {
      name: key,
      projected: { sources: [{ configMap: { name: name(random) } }, { secret: { name: name(random) } }] },
    };
  }
  return { name: key, emptyDir: {} };
}

export function podSpec(random: Random): Record<string, unknown> {
  return {
    serviceAccountName: random.maybe(0.3, () => name(random)),
    priorityClassName: random.maybe(0.1, () => name(random)),
    containers: unique(
      random.list(1, 2, () => container(random)),
      'name',
    ),
    initContainers: random.maybe(0.2, () => [container(random)]),
    volumes: random.maybe(0.4, () =>
      unique(
        random.list(1, 2, () => volume(random)),
        'name',
      ),
    ),
    imagePullSecrets: random.maybe(0.1, () => [{ name: name(random) }]),
    tolerations: random.maybe(0.1, () => [{ key: 'k', operator: 'Exists' }]),
    topologySpreadConstraints: random.maybe(0.08, () => [
      { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } } },
    ]),
    affinity: random.maybe(0.08, () => ({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'host', labelSelector: { matchLabels: { app: 'web' } } },
        ],
      },
    })),
  };
}

function template(random: Random): unknown {
  return {
    metadata: random.maybe(0.7, () => ({ labels: labels(random), annotations: random.maybe(0.2, () => ({ a: 'b' })) })),
    spec: podSpec(random),
  };
}

type Maker = (random: Random) => { apiVersion: string; kind: string; [field: string]: unknown };

function workload(kind: string, extra: (random: Random) => Record<string, unknown> = () => ({})): Maker {
  return (random) => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : kind === 'ReplicationController' ? 'v1' : 'apps/v1',
    kind,
    spec: {
      replicas: kind === 'Job' ? undefined : random.maybe(0.5, () => random.below(5)),
      selector: random.maybe(0.6, () =>
        kind === 'ReplicationController' ? { app: 'web' } : { matchLabels: { app: name(random) } },
      ),
      ...extra(random),
      template: template(random),
    },
  });
}

const rules = (random: Random): unknown => [
  {
    apiGroups: [''],
    resources: ['configmaps', 'secrets'],
    verbs: ['get'],
    resourceNames: random.maybe(0.6, () => random.some(NAMES, 3)),
  },
];
const subjects = (random: Random): unknown =>
  random.list(1, 3, () => ({
    kind: random.pick(['ServiceAccount', 'ServiceAccount', 'User', 'Group']),
    name: random.pick([...NAMES, 'default', 'foreign']),
    namespace: random.maybe(0.5, () => random.pick(NAMESPACES)),
  }));
const webhook = (random: Random): unknown => ({
  name: random.pick(['a.example.com', 'b.example.com']),
  clientConfig: {
    service: { name: name(random), namespace: random.maybe(0.8, () => random.pick(NAMESPACES)), path: '/x' },
  },
});
const rbac = 'rbac.authorization.k8s.io/v1';

/** The kinds, common ones more often. */
const MAKERS: readonly (readonly [number, Maker])[] = [
  [8, workload('Deployment')],
  [2, workload('DaemonSet')],
  [1, workload('ReplicaSet')],
  [1, workload('ReplicationController')],
  [2, workload('Job')],
  [
    3,
    workload('StatefulSet', (random) => ({
      serviceName: random.maybe(0.7, () => name(random)),
      volumeClaimTemplates: random.maybe(0.5, () => [
        { metadata: { name: 'data' }, spec: { storageClassName: name(random) } },
      ]),
    })),
  ],
  [
    2,
    (random) => ({
      apiVersion: random.pick(['batch/v1', 'batch/v1beta1']),
      kind: 'CronJob',
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template(random) } } },
    }),
  ],
  [2, (random) => ({ apiVersion: 'v1', kind: 'Pod', spec: podSpec(random) })],
  [
    5,
    (random) => ({
      apiVersion: 'v1',
      kind: 'Service',
      spec: {
        selector: random.maybe(0.6, () => labels(random)),
        type: random.maybe(0.2, () => 'ExternalName'),
        ports: random.maybe(0.7, () => {
          const protocol = random.maybe(0.3, () => 'TCP');
          const made = random.list(1, 2, () => ({
            port: random.pick([80, 443]),
            protocol,
            targetPort: random.pick<unknown>(['http', 8080]),
          }));
          return unique(made, 'port');
        }),
      },
    }),
  ],
  [
    6,
    (random) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: random.maybe(0.8, () => data(random)),
      immutable: random.maybe(0.05, () => true),
    }),
  ],
  [
    4,
    (random) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: random.maybe(0.3, () => 'Opaque'),
      stringData: data(random),
    }),
  ],
  [
    4,
    (random) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      imagePullSecrets: random.maybe(0.3, () => [{ name: name(random) }]),
      secrets: random.maybe(0.2, () => [{ name: name(random) }]),
    }),
  ],
  [2, (random) => ({ apiVersion: rbac, kind: 'Role', rules: rules(random) })],
  [2, (random) => ({ apiVersion: rbac, kind: 'ClusterRole', rules: rules(random) })],
  [
    3,
    (random) => ({
      apiVersion: rbac,
      kind: 'RoleBinding',
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: random.pick(['Role', 'ClusterRole']),
        name: name(random),
      },
      subjects: subjects(random),
    }),
  ],
  [
    2,
    (random) => ({
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: name(random) },
      subjects: subjects(random),
    }),
  ],
  [
    3,
    (random) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      spec: {
        ingressClassName: random.maybe(0.4, () => name(random)),
        tls: random.maybe(0.4, () => [{ hosts: ['$(VAR).test'], secretName: name(random) }]),
        rules: [{ host: 'a.test', http: { paths: [{ path: '/', backend: { service: { name: name(random) } } }] } }],
      },
    }),
  ],
  [
    2,
    (random) => ({
      apiVersion: random.pick(['autoscaling/v1', 'autoscaling/v2']),
      kind: 'HorizontalPodAutoscaler',
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: random.pick(['Deployment', 'StatefulSet']), name: name(random) },
        metrics: random.maybe(0.3, () => [{ type: 'Resource' }]),
      },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      spec: { volumeName: name(random), storageClassName: name(random) },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      spec: { storageClassName: name(random), nfs: { server: '$(VAR)' } },
    }),
  ],
  [
    1,
    (random) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', parameters: { secretName: name(random) } }),
  ],
  [2, () => ({ apiVersion: 'v1', kind: 'Namespace' })],
  [1, (random) => ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', value: random.below(1000) })],
  [
    1,
    (random) => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      spec: { selector: { matchLabels: labels(random) } },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      spec: {
        podSelector: random.pick<unknown>([{}, { matchLabels: { app: 'web' } }]),
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }, { namespaceSelector: {} }] }],
      },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      spec: {
        group: 'example.com',
        conversion: random.maybe(0.4, () => ({
          strategy: 'Webhook',
          webhook: { clientConfig: { service: { name: 'web', namespace: 'default' } } },
        })),
        versions: [
          { name: 'v1', schema: { openAPIV3Schema: { properties: { containers: { items: [{ image: 'nginx' }] } } } } },
        ],
      },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      spec: { service: { name: name(random), namespace: 'default' } },
    }),
  ],
  [
    1,
    (random) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: random.pick(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']),
      webhooks: unique(
        random.list(1, 2, () => webhook(random)),
        'name',
      ),
    }),
  ],
  [1, () => ({ apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', spec: { ca: { secretName: 'cfg' } } })],
  [
    4,
    (random) => ({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      spec: {
        configRef: random.maybe(0.6, () => ({ name: name(random) })),
        secretName: random.maybe(0.4, () => name(random)),
        parts: random.maybe(0.5, () =>
          random.list(1, 3, () => ({
            name: random.pick(['p', 'q', 'r']),
            size: random.below(9),
            extra: random.maybe(0.3, () => anything(random)),
          })),
        ),
        selector: random.maybe(0.3, () => ({ app: 'web' })),
        containers: random.maybe(0.2, () => [container(random)]),
        value: anything(random),
        deep: {
          image: random.pick(IMAGES),
          odd: { [random.pick(['10', 'a10', 'a2', 'Z', '_x', 'a.b/c', 'on', '__proto__'])]: anything(random) },
        },
      },
    }),
  ],
];
const TOTAL = MAKERS.reduce((sum, [weight]) => sum + weight, 0);
const CLUSTER =
  /^(Cluster|Namespace|PersistentVolume$|StorageClass|PriorityClass|CustomRes|APIService|Validating|Mutating)/;

function data(random: Random): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const key of random.some(['k', 'conf.yaml', 'A', 'B', 'z.json'], 3)) map[key] = text(random);
  return map;
}

/** One Kubernetes object. */
export function object(random: Random): Item {
  let roll = random.below(TOTAL);
  for (const [weight, make] of MAKERS) {
    roll -= weight;
    if (roll >= 0) continue;
    const { apiVersion, kind, ...rest } = make(random);
    return { apiVersion, kind, metadata: metadata(random, !CLUSTER.test(kind) || random.chance(0.05)), ...rest };
  }
  throw new Error('unreachable');
}
