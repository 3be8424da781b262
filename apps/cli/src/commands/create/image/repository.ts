import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { durationFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact, refTo } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { imageAnnouncement } from './announcement.ts';

const characters = 'abcdefghijklmnopqrstuvwxyz0123456789_-./';

/** `flux create image repository` */
export const command = defineCommand({
  long: 'Create or update an ImageRepository and wait until its tags are scanned.',
  example: `  # Scan the tags of an image
  flux create image repository podinfo --image=ghcr.io/stefanprodan/podinfo --interval=10m`,
  flags: {
    'cert-ref': stringFlag('Secret with `ca.crt`, `tls.crt` and `tls.key` for the registry'),
    image: stringFlag('image to scan, without a tag'),
    'scan-timeout': durationFlag('deadline of scans'),
    'secret-ref': stringFlag('Secret with registry credentials'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.image === '') throw new CliError('an image repository (--image) is required');
    checkRepository(flags.image);
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.imageRepository;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        certSecretRef: refTo(flags['cert-ref']),
        secretRef: refTo(flags['secret-ref']),
        timeout: flags['scan-timeout'] === 0 ? '' : formatDuration(flags['scan-timeout']),
      }),
      image: flags.image,
      interval: formatDuration(flags.interval),
    });
    await createAndWait(context, kind, object, imageAnnouncement(kind), { export: flags.export });
  },
});

/** Refuses what is no repository name, with the text of the original's parser. */
function checkRepository(image: string): void {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasRegistry = slash >= 0 && (/[.:]/.test(first) || first === 'localhost');
  const repository = hasRegistry ? image.slice(slash + 1) : image;
  const fail = (reason: string) => new CliError(`unable to parse image value: ${reason}: ${repository}`);
  if (repository.length < 2 || repository.length > 255) {
    throw fail('repository must be between 2 and 255 characters in length');
  }
  if ([...repository].some((character) => !characters.includes(character))) {
    throw fail(`repository can only contain the characters \`${characters}\``);
  }
}
