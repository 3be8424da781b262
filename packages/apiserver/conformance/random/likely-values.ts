/** What fields of a name usually hold; the first pattern that fits counts. */
const textsByField: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /fieldPath$/,
    ['metadata.name', 'metadata.namespace', "metadata.labels['a']", 'metadata.annotations', 'spec.nodeName'],
  ],
  [/schedule$/, ['*/5 * * * *', '@daily', '0 0 * * 1-5']],
  [/timeZone$/, ['UTC', 'Europe/Berlin']],
  [/^(mountPath|devicePath)$/, ['/data', '/x', '/data']],
  [/^path$/, ['/x', 'a/b', 'x', '/']],
  [/^subPath/, ['a', 'a/b']],
  [/^(ip|podIP|hostIP|clusterIP)$/, ['10.0.0.7', '1.2.3.4', '::1']],
  [/ips$/i, ['1.2.3.4', 'fd00::1']],
  [/cidr|except|sourceRanges/i, ['10.0.0.0/8', '10.1.0.0/16', 'fd00::/64']],
  [/^operator$/, ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Equal', 'Gt', 'Lt']],
  [/^effect$/, ['NoSchedule', 'NoExecute', 'PreferNoSchedule']],
  [/^protocol$/, ['TCP', 'UDP', 'SCTP']],
  [/^(topologyKey|key)$/, ['zone', 'kubernetes.io/hostname', 'a']],
  [/^image$/, ['nginx', 'nginx:1', 'x/y:latest']],
  [/apiVersion$/, ['v1', 'apps/v1']],
  [/^(apiGroups?|group)$/, ['', 'apps', 'rbac.authorization.k8s.io']],
  [/^kind$/, ['Deployment', 'ServiceAccount', 'User', 'ConfigMap']],
  [/^url$/, ['https://a.example.org/x']],
  [/^(host|hosts|externalName|hostname)$/, ['a.example.org', '*.example.org', 'web']],
  [/^(expression|messageExpression)$/, ['true', 'object.metadata.name == "x"']],
  [/^(driver|provisioner|driverName)$/, ['csi.example.org']],
  [/^verbs?$/, ['get', 'list', '*']],
  [/^resources?$/, ['pods', 'cpu', 'limits.cpu']],
  [/seconds|threshold|replicas|parallelism|completions|limit$/i, ['1']],
  [/port$/i, ['http', '80']],
  [/accessModes/, ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod']],
  [/^level$/, ['s0:c1,c2']],
  [/finalizers/, ['example.org/f', 'foregroundDeletion']],
];

/** Texts that a field of this name usually holds. */
export function likelyTexts(field: string): readonly string[] {
  return textsByField.find(([pattern]) => pattern.test(field))?.[1] ?? ['a', 'b', 'x', 'app', 'c'];
}

/** Whole numbers that a field of this name usually holds. */
export function likelyNumbers(field: string): readonly number[] {
  return /port/i.test(field) ? [80, 443, 8080, 30080] : [1, 2, 3, 5, 10, 30, 60, 100];
}

export const likelyQuantities: readonly string[] = ['1', '100m', '1Gi', '2', '64Mi'];
export const likelyResources: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];
export const likelyKeys: readonly string[] = ['a', 'app', 'b', 'example.org/x'];
