import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact, refTo } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels } from '../create-object.ts';
import { ociProviderFlag, verifyProviderFlag } from '../flag-values.ts';
import { createFlags, sourceFlags } from '../flags.ts';
import { verification } from './verification.ts';

/** `flux create source oci` */
export const command = defineCommand({
  long: 'Create or update an OCIRepository and wait until its artifact is fetched.',
  example: `  # Follow a tag
  flux create source oci podinfo \\
    --url=oci://ghcr.io/stefanprodan/manifests/podinfo \\
    --tag=latest \\
    --interval=10m

  # Follow a version range and print the object only
  flux create source oci podinfo \\
    --url=oci://ghcr.io/stefanprodan/manifests/podinfo \\
    --tag-semver=">=6.0.0" \\
    --export`,
  flags: {
    'cert-ref': stringFlag('Secret with `ca.crt`, `tls.crt` and `tls.key` for the registry'),
    digest: stringFlag('digest of the artifact'),
    'ignore-paths': listFlag('paths to leave out, in gitignore syntax'),
    insecure: boolFlag('allow plain HTTP'),
    'layer-selector': stringFlag('layer to take, <media-type>:extract or <media-type>:copy'),
    provider: ociProviderFlag('where registry credentials come from', 'generic'),
    'proxy-secret-ref': stringFlag('Secret with the address and credentials of a proxy'),
    'secret-ref': stringFlag('Secret with registry credentials'),
    'service-account': stringFlag('ServiceAccount with image pull secrets'),
    tag: stringFlag('tag of the artifact'),
    'tag-semver': stringFlag('version range of tags'),
    url: stringFlag('address of the repository, oci://host/path'),
    'verify-issuer': stringFlag('pattern for the issuer of a keyless signature'),
    'verify-provider': verifyProviderFlag('tool that signed the artifact'),
    'verify-secret-ref': stringFlag('Secret with trusted public keys'),
    'verify-subject': stringFlag('pattern for the subject of a keyless signature'),
  },
  inherited: { ...createFlags, ...sourceFlags },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.url === '') throw new CliError('url is required');
    if (flags.tag === '' && flags['tag-semver'] === '' && flags.digest === '') {
      throw new CliError('--tag, --tag-semver or --digest is required');
    }
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.oci;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        certSecretRef: refTo(flags['cert-ref']),
        ignore: flags['ignore-paths'].join('\n'),
        insecure: flags.insecure,
        interval: formatDuration(flags.interval),
        layerSelector: layerSelector(flags['layer-selector']),
        provider: flags.provider,
        proxySecretRef: refTo(flags['proxy-secret-ref']),
        secretRef: refTo(flags['secret-ref']),
        serviceAccountName: flags['service-account'],
        timeout: flags['fetch-timeout'] === 0 ? '' : formatDuration(flags['fetch-timeout']),
        verify: verification(flags),
      }),
      ref: compact({ digest: flags.digest, semver: flags['tag-semver'], tag: flags.tag }),
      url: flags.url,
    });
    await createAndWait(
      context,
      kind,
      object,
      {
        applying: 'OCIRepository',
        upserted: 'OCIRepository',
        waiting: 'OCIRepository',
        finish(ready) {
          const revision = ready.status?.artifact?.revision;
          if (revision === undefined) throw new CliError('no artifact was found');
          return ['OCIRepository reconciliation completed', `fetched revision: ${revision}`];
        },
      },
      { export: flags.export },
    );
  },
});

function layerSelector(text: string): { mediaType: string; operation: string } | undefined {
  if (text === '') return undefined;
  const at = text.indexOf(':');
  const fail = (reason: string) => new CliError(`invalid --layer-selector ${JSON.stringify(text)}: ${reason}`);
  if (at < 0) throw fail("must be in the format '<media-type>:<operation>'");
  const operation = text.slice(at + 1);
  if (operation !== 'extract' && operation !== 'copy') throw fail('operation must be "extract" or "copy"');
  return { mediaType: text.slice(0, at), operation };
}
