/** Group, version and kind. */
export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A Gvk with name and namespace (as written, not the effective one). */
export interface ResId extends Gvk {
  readonly name: string;
  readonly namespace: string;
}

/** Splits `group/version`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash === -1
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `Deployment.v1.apps`, with `[noKind]`, `[noVer]`, `[noGrp]` for empty parts. */
export function gvkText(gvk: Gvk): string {
  return `${gvk.kind || '[noKind]'}.${gvk.version || '[noVer]'}.${gvk.group || '[noGrp]'}`;
}

/** `Deployment.v1.apps/app.[noNs]`. */
export function idText(id: ResId): string {
  return `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;
}

/** Tells whether a gvk fits a selector whose empty parts fit anything. */
export function isSelected(gvk: Gvk, selector: Gvk): boolean {
  return (
    (selector.kind === '' || selector.kind === gvk.kind) &&
    (selector.group === '' || selector.group === gvk.group) &&
    (selector.version === '' || selector.version === gvk.version)
  );
}

// What the 1.21.2 schema, built into kustomize, knows as not namespaced. Newer kinds count as namespaced.
const CLUSTER_SCOPED = new Set<string>();
const scoped = (apiVersions: string, kinds: string): void => {
  for (const apiVersion of apiVersions.split(' ')) {
    for (const kind of kinds.split(' ')) CLUSTER_SCOPED.add(`${apiVersion}|${kind}`);
  }
};
scoped('v1', 'ComponentStatus Namespace Node NodeProxyOptions PersistentVolume');
scoped(
  'admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1beta1',
  'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
);
scoped('apiextensions.k8s.io/v1 apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition');
scoped('apiregistration.k8s.io/v1 apiregistration.k8s.io/v1beta1', 'APIService');
scoped('certificates.k8s.io/v1 certificates.k8s.io/v1beta1', 'CertificateSigningRequest');
scoped('flowcontrol.apiserver.k8s.io/v1beta1', 'FlowSchema PriorityLevelConfiguration');
scoped('networking.k8s.io/v1 networking.k8s.io/v1beta1', 'IngressClass');
scoped('node.k8s.io/v1 node.k8s.io/v1beta1', 'RuntimeClass');
scoped('policy/v1beta1', 'PodSecurityPolicy');
scoped('rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1', 'ClusterRole ClusterRoleBinding');
scoped('scheduling.k8s.io/v1 scheduling.k8s.io/v1beta1', 'PriorityClass');
scoped('storage.k8s.io/v1 storage.k8s.io/v1beta1', 'CSIDriver CSINode StorageClass VolumeAttachment');

/** Cluster-scoped kinds, with those that a custom schema adds. */
export function isClusterScoped(gvk: Gvk, extra?: ReadonlySet<string>): boolean {
  const key = `${gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`}|${gvk.kind}`;
  return CLUSTER_SCOPED.has(key) || (extra?.has(key) ?? false);
}

/** The namespace of cluster-scoped objects in comparisons. */
export const CLUSTER_NAMESPACE = '_non_namespaceable_';
