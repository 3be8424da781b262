import { enumFlag, type Flag, parsedFlag } from '../../framework/flag-types.ts';
import { matchFold, type ParsedReference, splitKindName, splitKindNameNamespace } from './parse-references.ts';

const clouds = ['generic', 'aws', 'azure', 'gcp'] as const;

/** Where registry credentials come from. */
export function ociProviderFlag(usage: string, value: (typeof clouds)[number] | '' = '') {
  return enumFlag('sourceOCIProvider', usage, clouds, {
    default: value,
    refuse: (text) =>
      text.trim() === ''
        ? 'no source OCI provider given, please specify the OCI provider name'
        : `source OCI provider '${text}' is not supported, must be one of: ${clouds.join(', ')}`,
  });
}

const gitProviders = ['generic', 'github', 'aws', 'azure'] as const;

/** Where Git credentials come from. */
export function gitProviderFlag(usage: string) {
  return enumFlag('sourceGitProvider', usage, gitProviders, {
    refuse: (text) =>
      text.trim() === ''
        ? 'no source Git provider given, please specify the Git provider name'
        : `source Git provider '${text}' is not supported, must be one of: ${gitProviders.join('|')}`,
  });
}

/** Where bucket credentials come from. */
export function bucketProviderFlag(usage: string) {
  return enumFlag('sourceBucketProvider', usage, clouds, {
    default: 'generic',
    refuse: (text) =>
      text.trim() === ''
        ? 'no source bucket provider given, please specify the source bucket provider name'
        : `source bucket provider '${text}' is not supported, must be one of: ${clouds.join(', ')}`,
  });
}

/** Tool that signs artifacts. */
export function verifyProviderFlag(usage: string) {
  return enumFlag('sourceOCIVerifyProvider', usage, ['cosign'], {
    refuse: (text) =>
      text.trim() === ''
        ? 'no source OCI verify provider given, please specify the OCI verify provider name'
        : `source OCI verify provider '${text}' is not supported, must be one of: cosign`,
  });
}

/** Tool that encrypts secrets. */
export function decryptionProviderFlag(usage: string) {
  return enumFlag('decryptionProvider', usage, ['sops'], {
    refuse: (text) =>
      text.trim() === ''
        ? 'no decryption provider given, please specify a decryption provider name'
        : `unsupported decryption provider '${text}', must be one of: sops`,
  });
}

const crdsPolicies = ['Skip', 'Create', 'CreateReplace'] as const;

/** What upgrades do with a chart's CRDs. */
export function crdsFlag(usage: string) {
  return enumFlag('crds', usage, crdsPolicies, {
    refuse: (text) => `unsupported upgrade CRDs policy '${text}', must be one of: ${crdsPolicies.join(', ')}`,
  });
}

const receiverTypes = [
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
  'cdevents',
] as const;

/** Who sends webhooks. */
export function receiverTypeFlag(usage: string) {
  return enumFlag('receiverType', usage, receiverTypes, {
    refuse: (text) =>
      text.trim() === ''
        ? 'no receiver type given, please specify the receiver type'
        : `receiver type '${text}' is not supported, must be one of: ${receiverTypes.join(', ')}`,
  });
}

const kustomizationSources = ['OCIRepository', 'GitRepository', 'Bucket'] as const;
const noReference: ParsedReference = { kind: '', name: '', namespace: '' };

/** `[<kind>/]<name>[.<namespace>]`, a GitRepository when no kind is given. */
export function kustomizationSourceFlag(usage: string): Flag<ParsedReference> {
  return parsedFlag('kustomizationSource', usage, noReference, (text) => {
    if (text.trim() === '') throw new Error('no Kustomization source given, please specify the source name');
    const reference = splitKindNameNamespace(text);
    if (reference.kind === '') return { ...reference, kind: 'GitRepository' };
    const kind = matchFold(kustomizationSources, reference.kind);
    if (kind === undefined) throw new Error(unsupported(reference.kind, kustomizationSources));
    if (reference.name === '') throw new Error(`no name given for source of kind '${kind}'`);
    return { ...reference, kind };
  });
}

const chartSources = ['HelmRepository', 'GitRepository', 'Bucket'] as const;

/** `<kind>/<name>[.<namespace>]`; without `namespaced` a dot belongs to the name. */
export function chartSourceFlag(usage: string, options: { namespaced: boolean }): Flag<ParsedReference> {
  return parsedFlag('helmChartSource', usage, noReference, (text) => {
    if (text.trim() === '') throw new Error('no helm chart source given, please specify the helm chart source');
    const reference = options.namespaced ? splitKindNameNamespace(text) : { ...splitKindName(text), namespace: '' };
    if (reference.kind === '' || reference.name === '') {
      throw new Error(`invalid helm chart source '${text}', must be in format <kind>/<name>`);
    }
    const kind = matchFold(chartSources, reference.kind);
    if (kind === undefined) throw new Error(unsupported(reference.kind, chartSources));
    return { ...reference, kind };
  });
}

function unsupported(kind: string, values: readonly string[]): string {
  return `source kind '${kind}' is not supported, must be one of: ${values.join(', ')}`;
}

/** A path that stays below the working directory: `/a/../../b` is `./b`. */
export function safePathFlag(usage: string, value: string): Flag<string> {
  return parsedFlag('safeRelativePath', usage, value, flatten, {
    print: (shown) => shown,
    completes: 'files',
  });
}

function flatten(text: string): string {
  const parts: string[] = [];
  for (const part of text.trim().split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `./${parts.join('/')}`;
}
