/** One kind that commands name: `source oci` is `OCIRepository`. */
export type ToolkitKind = {
  /** Words of the command: `['source', 'oci']`. */
  readonly words: readonly string[];
  readonly aliases?: readonly string[];
  readonly kind: string;
  readonly apiVersion: string;
  /** Name in the messages of delete, suspend and resume. */
  readonly human: string;
  /** Words of `get`, where they differ: `kustomizations` for `kustomization`. */
  readonly listed: { readonly name: string; readonly aliases?: readonly string[] };
  /** Whether no controller reports on the object: it is ready when it is there. */
  readonly isStatic?: boolean;
};

const source = 'source.toolkit.fluxcd.io/v1';
const image = 'image.toolkit.fluxcd.io/v1';

/** Every kind of the command line, by a short name of its own. */
export const toolkitKinds = {
  git: {
    words: ['source', 'git'],
    kind: 'GitRepository',
    apiVersion: source,
    human: 'source git',
    listed: { name: 'git' },
  },
  oci: {
    words: ['source', 'oci'],
    kind: 'OCIRepository',
    apiVersion: source,
    human: 'source oci',
    listed: { name: 'oci' },
  },
  helm: {
    words: ['source', 'helm'],
    kind: 'HelmRepository',
    apiVersion: source,
    human: 'source helm',
    listed: { name: 'helm' },
  },
  chart: {
    words: ['source', 'chart'],
    kind: 'HelmChart',
    apiVersion: source,
    human: 'source chart',
    listed: { name: 'chart' },
  },
  bucket: {
    words: ['source', 'bucket'],
    kind: 'Bucket',
    apiVersion: source,
    human: 'source bucket',
    listed: { name: 'bucket' },
  },
  external: {
    words: ['source', 'external'],
    kind: 'ExternalArtifact',
    apiVersion: source,
    human: 'source external-artifact',
    listed: { name: 'external' },
  },
  generator: {
    words: ['artifact', 'generator'],
    kind: 'ArtifactGenerator',
    apiVersion: 'source.extensions.fluxcd.io/v1beta1',
    human: 'artifactgenerator',
    listed: { name: 'generators', aliases: ['generator'] },
  },
  kustomization: {
    words: ['kustomization'],
    aliases: ['ks'],
    kind: 'Kustomization',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    human: 'kustomization',
    listed: { name: 'kustomizations', aliases: ['ks', 'kustomization'] },
  },
  helmRelease: {
    words: ['helmrelease'],
    aliases: ['hr'],
    kind: 'HelmRelease',
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    human: 'helmrelease',
    listed: { name: 'helmreleases', aliases: ['hr', 'helmrelease'] },
  },
  imagePolicy: {
    words: ['image', 'policy'],
    kind: 'ImagePolicy',
    apiVersion: image,
    human: 'image policy',
    listed: { name: 'policy' },
  },
  imageRepository: {
    words: ['image', 'repository'],
    kind: 'ImageRepository',
    apiVersion: image,
    human: 'image repository',
    listed: { name: 'repository' },
  },
  imageUpdate: {
    words: ['image', 'update'],
    kind: 'ImageUpdateAutomation',
    apiVersion: image,
    human: 'image update automation',
    listed: { name: 'update' },
  },
  alert: {
    words: ['alert'],
    kind: 'Alert',
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    human: 'alert',
    listed: { name: 'alerts', aliases: ['alert'] },
    isStatic: true,
  },
  provider: {
    words: ['alert-provider'],
    kind: 'Provider',
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    human: 'alert provider',
    listed: { name: 'alert-providers', aliases: ['alert-provider'] },
    isStatic: true,
  },
  receiver: {
    words: ['receiver'],
    kind: 'Receiver',
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    human: 'receiver',
    listed: { name: 'receivers', aliases: ['receiver'] },
  },
} as const satisfies Record<string, ToolkitKind>;

/** The kinds of delete, suspend, resume and, with two more, export. */
export const commonKinds: readonly ToolkitKind[] = [
  toolkitKinds.alert,
  toolkitKinds.provider,
  toolkitKinds.helmRelease,
  toolkitKinds.imagePolicy,
  toolkitKinds.imageRepository,
  toolkitKinds.imageUpdate,
  toolkitKinds.kustomization,
  toolkitKinds.receiver,
  toolkitKinds.bucket,
  toolkitKinds.chart,
  toolkitKinds.git,
  toolkitKinds.helm,
  toolkitKinds.oci,
];

/** The kind of that name. */
export function kindNamed(kind: string): ToolkitKind | undefined {
  return Object.values<ToolkitKind>(toolkitKinds).find((each) => each.kind === kind);
}
