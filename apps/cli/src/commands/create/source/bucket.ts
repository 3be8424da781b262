import type { KubeClient } from '@fluvial/kube';
import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact, refTo } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels, sourceAnnouncement } from '../create-object.ts';
import { bucketProviderFlag } from '../flag-values.ts';
import { createFlags, sourceFlags } from '../flags.ts';
import { newSecret, upsertSecret } from '../secret/secret.ts';

/** `flux create source bucket` */
export const command = defineCommand({
  long: 'Create or update a Bucket and wait until its objects are fetched.',
  example: `  # A bucket behind an S3 interface
  flux create source bucket podinfo \\
    --bucket-name=podinfo \\
    --endpoint=minio.example.com:9000 \\
    --secret-ref=minio`,
  flags: {
    'access-key': stringFlag('access key'),
    'bucket-name': stringFlag('name of the bucket'),
    endpoint: stringFlag('address of the service'),
    'ignore-paths': listFlag('paths to leave out, in gitignore syntax'),
    insecure: boolFlag('allow plain HTTP'),
    provider: bucketProviderFlag('kind of service'),
    'proxy-secret-ref': stringFlag('Secret with the address and credentials of a proxy'),
    region: stringFlag('region of the bucket'),
    'secret-key': stringFlag('secret key'),
    'secret-ref': stringFlag('Secret with credentials; none is generated then'),
  },
  inherited: { ...createFlags, ...sourceFlags },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags['bucket-name'] === '') throw new CliError('bucket-name is required');
    if (flags.endpoint === '') throw new CliError('endpoint is required');
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.bucket;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        ignore: flags['ignore-paths'].join('\n'),
        insecure: flags.insecure,
        provider: flags.provider,
        proxySecretRef: refTo(flags['proxy-secret-ref']),
        region: flags.region,
        secretRef: refTo(flags['secret-ref']),
        timeout: flags['fetch-timeout'] === 0 ? '' : formatDuration(flags['fetch-timeout']),
      }),
      bucketName: flags['bucket-name'],
      endpoint: flags.endpoint,
      interval: formatDuration(flags.interval),
    });
    const prepare = async (kube: KubeClient) => {
      if (flags['secret-ref'] !== '' || flags['access-key'] === '' || flags['secret-key'] === '') return;
      const secretName = `bucket-${name}`;
      const stringData = { accesskey: flags['access-key'], secretkey: flags['secret-key'] };
      context.log.action('applying secret with the bucket credentials');
      await upsertSecret(context, kube, newSecret(context, secretName, { labels, stringData }));
      object.spec['secretRef'] = { name: secretName };
      context.log.success('authentication configured');
    };
    const announcement = sourceAnnouncement('Bucket', {
      noArtifact: 'Bucket source reconciliation but no artifact was found',
    });
    await createAndWait(context, kind, object, announcement, { export: flags.export, prepare });
  },
});
