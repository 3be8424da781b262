/** A pod's spec that has something nearly everywhere, so that a change of any part meets the other parts. */
export const richPod = {
  volumes: [
    { name: 'v', emptyDir: {} },
    { name: 'cm', configMap: { name: 'x', items: [{ key: 'a', path: 'b' }] } },
    {
      name: 'p',
      projected: {
        sources: [
          { serviceAccountToken: { path: 't', expirationSeconds: 3600 } },
          { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { secret: { name: 's' } },
        ],
      },
    },
  ],
  initContainers: [{ name: 'i', image: 'busybox', restartPolicy: 'Always' }],
  containers: [
    {
      name: 'c',
      image: 'a/b:1',
      ports: [{ containerPort: 80, name: 'http' }],
      env: [
        { name: 'A', value: 'b' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      envFrom: [{ configMapRef: { name: 'x' } }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      livenessProbe: { httpGet: { port: 'http', path: '/' } },
      readinessProbe: { tcpSocket: { port: 80 } },
      startupProbe: { exec: { command: ['x'] } },
      lifecycle: { preStop: { exec: { command: ['a'] } } },
      securityContext: {
        runAsUser: 1,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [
        { name: 'v', mountPath: '/v' },
        { name: 'cm', mountPath: '/cm', subPath: 'b' },
      ],
    },
  ],
  securityContext: {
    fsGroup: 1,
    runAsNonRoot: true,
    sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }],
  },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
      ],
    },
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          topologyKey: 'zone',
          labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
        },
      ],
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { app: 'a' } },
          },
        },
      ],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'a' } },
    },
  ],
  tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }],
  hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }],
  dnsConfig: {
    nameservers: ['1.1.1.1'],
    searches: ['a.b'],
    options: [{ name: 'ndots', value: '2' }],
  },
  imagePullSecrets: [{ name: 'r' }],
  nodeSelector: { a: 'b' },
};
