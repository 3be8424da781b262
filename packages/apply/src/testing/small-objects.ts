import type { KubeObject } from '@fluvial/kube';

/** Numbers in [0, 1) from a seed, the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const odd: readonly unknown[] = [
  ...['', 'A', '-a', 'a-', 'a_b', 'a..b', 'a.b', '.a', '..', '.', 'ä', 'x'.repeat(63), 'x'.repeat(64), 'y'.repeat(254)],
  ...[
    'a b',
    'a\nb',
    '\u0000',
    '\u007f',
    '\u0085',
    '\ud800',
    '\u2028',
    '\ufeff',
    '\uffff',
    '😀',
    '~',
    'null',
    '0x1f',
    '1e3',
  ],
  ...[
    '127.0.0.1',
    '1.2.3',
    '::1',
    '*',
    '*.a.b',
    '*.*.a',
    '10.0.0.0/8',
    '0.0.0.0/0',
    '300.0.0.0/8',
    'None',
    'a/b',
    'a/b/c',
  ],
  ...[
    '/',
    '//',
    '/a//b',
    '/a/../b',
    '/a/..',
    '/a/.',
    '/a%2fb',
    '/a/(.*)',
    '/.well-known/x',
    '/a/...',
    'a',
    '/a/',
    '50%',
  ],
  ...[
    '150%',
    '-1%',
    '0%',
    '100%',
    '05%',
    'http',
    'a--b',
    '1',
    '123',
    'abcdefghijklmno',
    'abcdefghijklmnop',
    'TCP',
    'tcp',
  ],
  ...['SCTP', 'YQ==', 'YQ=', 'YQ', 'YR==', 'Y Q=', 'WVhJ', 'kubernetes.io/h2c', 'kubernetes.io/tls', 'Opaque', 'Local'],
  ...[0, -1, 1, 53, 65_535, 65_536, 1.5, 1e21, 2_147_483_648, true, false, null, [], {}, [''], { a: 'b' }],
];
const oddKeys = [
  'a',
  'A/b',
  'a/b',
  'a/',
  '/a',
  '-',
  'a_',
  'x'.repeat(64),
  'kubernetes.io/ingress.class',
  'a.b.c/D_e.f',
  '..a',
  '.a',
  'a b',
  '__proto__',
];

/**
 * Objects of the kinds that may be written without a dry run: mostly valid ones, and such with odd values, keys, fields
 * and repetitions in places.
 */
export function smallObjects(seed: number, count: number, namespace: string): KubeObject[] {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(...values: readonly T[]): T => values[below(values.length)]!;
  const chance = (share: number) => random() < share;
  const maybe = (field: string, make: () => unknown) => (chance(0.5) ? { [field]: make() } : {});
  const some = <T>(make: () => T, max = 3): T[] => Array.from({ length: below(max + 1) }, make);
  const few = <T>(make: () => T): T[] => (chance(0.5) ? [make()] : [make(), ...some(make, 2)]);

  const label = () => pick('a', 'web', 'a-b', 'web-1', 'x'.repeat(63), '1a');
  const subdomain = () => pick(label(), 'a.b', 'web.example.com', `${'a.'.repeat(100)}b`);
  const labels = () =>
    Object.fromEntries(
      some((): [string, string] => [
        pick('a', 'app.kubernetes.io/name', 'A_b.c', 'x.y/z'),
        pick('', 'a', 'A_b.c', '1'),
      ]),
    );
  const annotations = () =>
    Object.fromEntries(
      some((): [string, string] => [
        pick('a/b', 'Note', 'nginx.ingress.kubernetes.io/x', 'example.com/y'),
        pick('', 'any: "text"\n', '😀 ü', '#'),
      ]),
    );
  const selector = () => ({
    ...maybe('matchLabels', labels),
    ...maybe('matchExpressions', () =>
      some(() =>
        pick<object>(
          { key: 'a', operator: pick('In', 'NotIn'), values: few(() => pick('x', 'y')) },
          { key: 'a/b', operator: pick('Exists', 'DoesNotExist') },
          { key: 'a', operator: pick('In', 'Exists', 'Gt'), values: some(() => 'x') },
        ),
      ),
    ),
  });
  const portOrName = () => pick<unknown>(80, 65_535, 'http', 'web-1');
  const protocol = () => pick('TCP', 'UDP');
  const service = () => ({
    name: pick('web', 'a-1'),
    port: pick<object>({ number: 80 }, { name: 'http' }, { number: 1, name: 'b' }),
  });
  const host = () => pick('web.example.com', '*.example.com', 'a');
  const path = () => ({
    path: pick('/', '/a', '/a/b', '/a/', '/A~b_c.d-e'),
    pathType: pick('Prefix', 'Exact', 'ImplementationSpecific'),
    backend: { service: service() },
  });
  const peer = () =>
    pick<object>(
      { podSelector: selector() },
      { namespaceSelector: selector(), podSelector: selector() },
      { ipBlock: { cidr: '0.0.0.0/0' } },
      {},
    );
  const policyPort = () => ({ port: portOrName(), ...maybe('protocol', protocol) });
  const files = (make: () => string) =>
    Object.fromEntries(some((): [string, string] => [pick('a', 'A.b', '_c-d', '.env', 'tls.crt', 'tls.key'), make()]));
  const base64 = () => Buffer.from(pick('', 'a', 'ab', 'abc', 'über')).toString('base64');
  const named = () => some(() => ({ name: subdomain() }));
  const share = () => pick<unknown>(0, 1, 5, '0%', '50%', '100%');

  const reference = () => ({ name: subdomain(), key: pick('a', 'tls.crt'), ...maybe('optional', () => chance(0.5)) });
  const probe = () => ({
    ...pick<object>(
      { httpGet: { path: pick('/', '/a?b=c'), port: portOrName(), ...maybe('scheme', () => pick('HTTP', 'HTTPS')) } },
      { tcpSocket: { port: portOrName() } },
      { exec: { command: few(() => pick('true', 'a b')) } },
    ),
    ...maybe('initialDelaySeconds', () => pick(0, 5)),
    ...maybe('periodSeconds', () => pick(1, 10)),
    ...maybe('successThreshold', () => 1),
  });
  const amounts = () => ({
    ...maybe('cpu', () => pick<unknown>('10m', '1', '0.5', 2, '1500m', '0')),
    ...maybe('memory', () => pick<unknown>('64Mi', '1Gi', '500M', '900k', 1024, '2Ti', '0')),
  });
  const container = () => ({
    name: pick('web', 'a-1', 'x'.repeat(63), 'b', 'c'),
    image: pick('web', 'registry.example.com:5000/a/web:v1.2', `web@sha256:${'a'.repeat(64)}`, 'Web:1'),
    ...maybe('imagePullPolicy', () => pick('Always', 'IfNotPresent', 'Never')),
    ...maybe('command', () => some(() => pick('sh', '-c', ''))),
    ...maybe('args', () => some(() => pick('$(A)', '{}', 'ü'))),
    ...maybe('ports', () =>
      some(() => ({
        ...maybe('name', () => pick('http', 'web-1', 'm')),
        containerPort: pick(80, 8080, 53),
        ...maybe('protocol', protocol),
      })),
    ),
    ...maybe('env', () =>
      some(() => ({
        name: pick('A', '_B', 'a1', 'LONG_NAME'),
        ...pick<object>(
          {},
          { value: pick('', 'x', '$(A)') },
          { valueFrom: { configMapKeyRef: reference() } },
          { valueFrom: { secretKeyRef: reference() } },
          { valueFrom: { fieldRef: { fieldPath: pick('metadata.name', 'status.podIP', 'spec.nodeName') } } },
        ),
      })),
    ),
    ...maybe('resources', () => ({ ...maybe('requests', amounts), ...maybe('limits', amounts) })),
    ...maybe('livenessProbe', probe),
    ...maybe('readinessProbe', probe),
    ...maybe('startupProbe', probe),
    ...maybe('securityContext', () => ({
      ...maybe('allowPrivilegeEscalation', () => chance(0.5)),
      ...maybe('readOnlyRootFilesystem', () => chance(0.5)),
      ...maybe('runAsNonRoot', () => chance(0.5)),
    })),
  });
  const deployment = () => {
    const own = { app: pick('web', 'a', '') };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: {
        selector: { matchLabels: own },
        template: {
          metadata: { labels: { ...labels(), ...own }, ...maybe('annotations', annotations) },
          spec: {
            containers: few(container),
            ...maybe('serviceAccountName', subdomain),
            ...maybe('automountServiceAccountToken', () => chance(0.5)),
            ...maybe('restartPolicy', () => 'Always'),
          },
        },
        ...maybe('replicas', () => pick(0, 1, 3)),
        ...maybe('revisionHistoryLimit', () => pick(0, 10)),
        ...maybe('progressDeadlineSeconds', () => pick(1, 600)),
        ...maybe('paused', () => chance(0.5)),
        ...maybe('strategy', () =>
          pick<object>(
            { type: 'Recreate' },
            { type: 'RollingUpdate' },
            {
              type: 'RollingUpdate',
              rollingUpdate: { ...maybe('maxSurge', share), ...maybe('maxUnavailable', share) },
            },
          ),
        ),
      },
    };
  };

  const kinds: readonly (() => Record<string, unknown>)[] = [
    // The kind with the most rules, more often.
    deployment,
    deployment,
    deployment,
    () => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      ...maybe('automountServiceAccountToken', () => chance(0.5)),
      ...maybe('imagePullSecrets', named),
    }),
    () => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...maybe('data', () => files(() => pick('', 'x: y\n', '"', '\t', '✓'))),
      ...maybe('binaryData', () => files(base64)),
      ...maybe('immutable', () => chance(0.5)),
    }),
    () => ({
      apiVersion: 'v1',
      kind: 'Secret',
      ...maybe('data', () => files(base64)),
      ...maybe('stringData', () => files(() => 'x')),
      ...maybe('type', () => pick('Opaque', 'kubernetes.io/tls', 'example.com/x', 'kubernetes.io/basic-auth')),
    }),
    () => ({
      apiVersion: 'v1',
      kind: 'Service',
      spec: {
        ports: few(() => ({
          ...maybe('name', () => pick('http', 'b', 'c-1')),
          port: pick(80, 443, 8080, 1),
          ...maybe('targetPort', portOrName),
          ...maybe('protocol', protocol),
          ...maybe('appProtocol', () => pick('http', 'kubernetes.io/h2c', 'grpc')),
        })),
        selector: labels(),
        ...maybe('type', () => 'ClusterIP'),
        ...maybe('clusterIP', () => 'None'),
        ...maybe('sessionAffinity', () => 'None'),
        ...maybe('internalTrafficPolicy', () => pick('Cluster', 'Local')),
        ...maybe('publishNotReadyAddresses', () => chance(0.5)),
      },
    }),
    () => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      spec: {
        ...maybe('ingressClassName', subdomain),
        ...maybe('defaultBackend', () => ({ service: service() })),
        ...maybe('rules', () => few(() => ({ ...maybe('host', host), http: { paths: few(path) } }))),
        ...maybe('tls', () => some(() => ({ ...maybe('hosts', () => some(host)), ...maybe('secretName', subdomain) }))),
      },
    }),
    () => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      spec: {
        podSelector: selector(),
        ...maybe('ingress', () =>
          some(() => ({ ...maybe('from', () => some(peer)), ...maybe('ports', () => some(policyPort)) })),
        ),
        ...maybe('egress', () =>
          some(() => ({ ...maybe('to', () => some(peer)), ...maybe('ports', () => some(policyPort)) })),
        ),
        ...maybe('policyTypes', () => few(() => pick('Ingress', 'Egress'))),
      },
    }),
    () => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      spec: {
        selector: selector(),
        ...maybe('minAvailable', share),
        ...maybe('maxUnavailable', share),
        ...maybe('unhealthyPodEvictionPolicy', () => pick('AlwaysAllow', 'IfHealthyBudget')),
      },
    }),
    () => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: pick('Deployment', 'StatefulSet'), name: subdomain() },
        ...maybe('minReplicas', () => pick(1, 2)),
        maxReplicas: pick(1, 2, 9),
        ...maybe('metrics', () =>
          some(() => ({
            type: 'Resource',
            resource: {
              name: pick('cpu', 'memory'),
              target: { type: 'Utilization', averageUtilization: pick(1, 80, 500) },
            },
          })),
        ),
      },
    }),
  ];

  const extras: readonly Record<string, unknown>[] = [
    { externalIPs: ['1.2.3.4'] },
    { clusterIP: '10.96.0.1' },
    { ipFamilyPolicy: 'RequireDualStack' },
    { type: 'NodePort' },
    { type: 'ExternalName' },
    { loadBalancerClass: 'a/b' },
    { sessionAffinity: 'ClientIP' },
    { trafficDistribution: 'Never' },
    { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 0, periodSeconds: 1 }] } } },
    { resource: { kind: 'A', name: 'b' } },
    { endPort: 1 },
    { nodePort: 80 },
    { finalizers: ['odd'] },
    { ownerReferences: [{}] },
    { generateName: 'a-' },
    { uid: 'u' },
    { resourceVersion: '1' },
    { except: ['1.2.3.4/33'] },
    { unknown: 1 },
    { hostPort: 80 },
    { hostNetwork: true },
    { privileged: true },
    { restartPolicy: 'Never' },
    { minReadySeconds: 700 },
    { volumeMounts: [{ name: 'none', mountPath: '/a' }] },
    { volumes: [{ name: 'a' }] },
    { initContainers: [{}] },
    { 'controller.kubernetes.io/pod-deletion-cost': 'odd' },
    { 'container.apparmor.security.beta.kubernetes.io/none': 'odd' },
    { grpc: { port: 1 } },
    { 'example.com/gpu': '1' },
    { activeDeadlineSeconds: 0 },
    { runAsUser: -1 },
  ];

  /** The value, with something odd in it here and there. */
  const disturb = (value: unknown, share: number): unknown => {
    if (chance(share)) return pick(...odd);
    if (Array.isArray(value)) {
      const items = value.map((item) => disturb(item, share));
      return items.length > 0 && chance(share) ? [...items, structuredClone(items[0])] : items;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [
      chance(share / 2) ? pick(...oddKeys) : key,
      disturb(item, share),
    ]);
    const copy = Object.fromEntries(entries.filter(() => !chance(share / 2)));
    return chance(share) ? { ...copy, ...pick(...extras) } : copy;
  };

  return Array.from({ length: count }, (_, index) => {
    const { apiVersion, kind, ...rest } = kinds[index % kinds.length]!();
    const share = pick(0, 0, 0.02, 0.08);
    const metadata = disturb(
      { name: subdomain(), ...maybe('labels', labels), ...maybe('annotations', annotations) },
      share,
    );
    const fields = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {};
    return {
      apiVersion,
      kind,
      ...(disturb(rest, share) as object),
      metadata: { name: 'web', ...fields, namespace },
    } as KubeObject;
  });
}
