import type { KubeClient } from '@fluvial/kube';
import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { boolFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { type GoUrl, parseGoUrl } from '../../../objects/go-url.ts';
import { compact, isOciHelmRepository, refTo } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels, sourceAnnouncement } from '../create-object.ts';
import { ociProviderFlag } from '../flag-values.ts';
import { createFlags, sourceFlags } from '../flags.ts';
import { helmCredentials } from '../secret/helm-credentials.ts';
import { newSecret, upsertSecret } from '../secret/secret.ts';

/** `flux create source helm` */
export const command = defineCommand({
  long: 'Create or update a HelmRepository and wait until its index is fetched.',
  example: `  # A repository over HTTPS
  flux create source helm podinfo --url=https://stefanprodan.github.io/podinfo --interval=10m

  # Charts in a registry
  flux create source helm podinfo --url=oci://ghcr.io/stefanprodan/charts`,
  flags: {
    'ca-file': stringFlag('file with the certificate authority of the server', '', { completes: 'files' }),
    'cert-file': stringFlag('file with the client certificate', '', { completes: 'files' }),
    'key-file': stringFlag('file with the key of the client certificate', '', { completes: 'files' }),
    'oci-provider': ociProviderFlag('where registry credentials come from'),
    'pass-credentials': boolFlag('send credentials to all hosts that the index names'),
    password: stringFlag('password', '', { shorthand: 'p' }),
    'secret-ref': stringFlag('Secret with credentials; none is generated then'),
    url: stringFlag('address of the repository'),
    username: stringFlag('user name', '', { shorthand: 'u' }),
  },
  inherited: { ...createFlags, ...sourceFlags },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.url === '') throw new CliError('url is required');
    const labels = parseLabels(flags.label);
    const { scheme } = checkUrl(flags.url);
    const isOci = scheme === 'oci';
    const kind = toolkitKinds.helm;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        interval: formatDuration(flags.interval),
        passCredentials: flags['secret-ref'] !== '' && flags['pass-credentials'],
        provider: isOci ? flags['oci-provider'] : '',
        secretRef: refTo(flags['secret-ref']),
        timeout: flags['fetch-timeout'] === 0 ? '' : formatDuration(flags['fetch-timeout']),
        type: isOci ? 'oci' : '',
      }),
      url: flags.url,
    });
    const prepare = async (kube: KubeClient) => {
      if (flags['secret-ref'] !== '') return;
      const credentials = await helmCredentials(context, {
        username: flags.username,
        password: flags.password,
        'ca-crt-file': flags['ca-file'],
        'tls-crt-file': flags['cert-file'],
        'tls-key-file': flags['key-file'],
      });
      if (Object.keys(credentials.stringData).length === 0) return;
      const secretName = `helm-${name}`;
      context.log.action('applying secret with repository credentials');
      await upsertSecret(context, kube, newSecret(context, secretName, { labels, ...credentials }));
      object.spec['secretRef'] = { name: secretName };
      if (flags['pass-credentials']) object.spec['passCredentials'] = true;
      context.log.success('authentication configured');
    };
    const words = sourceAnnouncement('HelmRepository', { upserted: 'source' });
    const announcement = {
      ...words,
      finish: (ready: Parameters<typeof words.finish>[0]) =>
        isOciHelmRepository(ready) ? ['HelmRepository source reconciliation completed'] : words.finish(ready),
    };
    await createAndWait(context, kind, object, announcement, { export: flags.export, prepare });
  },
});

function checkUrl(text: string): GoUrl {
  let url: GoUrl;
  try {
    url = parseGoUrl(text);
  } catch (error) {
    throw new CliError(`url parse failed: ${messageOf(error)}`);
  }
  if (url.scheme !== 'http' && url.scheme !== 'https' && url.scheme !== 'oci') {
    throw new CliError(`url scheme '${url.scheme}' not supported, can be: http, https and oci`);
  }
  if (url.host === '') throw new CliError('url host is required');
  return url;
}
