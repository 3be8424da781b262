import { RE2JS } from 're2js';
import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { durationFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact, type Fields } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { imageAnnouncement } from './announcement.ts';

/** `flux create image policy` */
export const command = defineCommand({
  long: 'Create or update an ImagePolicy and wait until it has chosen a tag.',
  example: `  # The newest release of a range
  flux create image policy podinfo --image-ref=podinfo --select-semver=6.x

  # The newest build of a branch, by a time stamp in the tag
  flux create image policy podinfo \\
    --image-ref=podinfo \\
    --select-numeric=asc \\
    --filter-regex='^main-[a-f0-9]+-(?P<ts>[0-9]+)' \\
    --filter-extract='$ts'`,
  flags: {
    'filter-extract': stringFlag('part of the tag to sort by, as $name or $1'),
    'filter-regex': stringFlag('pattern that tags must match'),
    'image-ref': stringFlag('ImageRepository of the namespace'),
    interval: durationFlag('how often the digest of the chosen tag is looked up'),
    'reflect-digest': stringFlag("when the digest is looked up, one of 'Never', 'IfNotPresent', 'Always'"),
    'select-alpha': stringFlag('choose the last tag by letters, asc or desc'),
    'select-numeric': stringFlag('choose the last tag by number, asc or desc'),
    'select-semver': stringFlag('choose the highest version of a range'),
  },
  inherited: { export: createFlags.export, label: createFlags.label },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags['image-ref'] === '') {
      throw new CliError('the name of an ImageRepository in the namespace is required (--image-ref)');
    }
    const labels = parseLabels(flags.label);
    const policy = policyOf(flags['select-semver'], flags['select-alpha'], flags['select-numeric']);
    const filterTags = filterOf(flags['filter-regex'], flags['filter-extract']);
    const digest = flags['reflect-digest'];
    if (digest !== '' && !['Never', 'IfNotPresent', 'Always'].includes(digest)) {
      throw new CliError("invalid value for --reflect-digest, must be one of 'Never', 'IfNotPresent', 'Always'");
    }
    if (flags.interval !== 0 && digest !== 'Always') {
      throw new CliError(
        "the --interval flag can only be used with the 'Always' digest reflection policy, use --reflect-digest=Always",
      );
    }
    const kind = toolkitKinds.imagePolicy;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        digestReflectionPolicy: digest,
        filterTags,
        interval: flags.interval === 0 ? '' : formatDuration(flags.interval),
      }),
      imageRepositoryRef: { name: flags['image-ref'] },
      policy,
    });
    await createAndWait(context, kind, object, imageAnnouncement(kind), { export: flags.export });
  },
});

function policyOf(range: string, alpha: string, numeric: string): Fields {
  if (range === '' && alpha === '' && numeric === '') {
    throw new CliError('a policy must be provided with either --select-semver or --select-alpha');
  }
  if (range !== '') {
    // The original takes a range together with another choice for an empty policy; kept, since scripts see it.
    if (alpha !== '' || numeric !== '') return {};
    return { semver: { range } };
  }
  if (alpha !== '' && numeric !== '') {
    throw new CliError('only one of --select-semver, --select-alpha or --select-numeric can be specified');
  }
  const order = alpha || numeric;
  if (order !== 'asc' && order !== 'desc') {
    throw new CliError(`--select-${alpha === '' ? 'numeric' : 'alpha'} must be one of ["asc", "desc"]`);
  }
  return alpha === '' ? { numerical: { order } } : { alphabetical: { order } };
}

function filterOf(pattern: string, extract: string): Fields | undefined {
  if (pattern === '') {
    if (extract !== '') throw new CliError('cannot specify --filter-extract without specifying --filter-regex');
    return undefined;
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    throw new CliError('--filter-regex is an invalid regex pattern');
  }
  if (extract !== '') checkExtract(compiled, extract);
  return compact({ extract, pattern });
}

/** Checks that every `$name`, `${name}` and `$1` of the template is a group of the pattern; `$$` is a dollar sign. */
function checkExtract(pattern: RE2JS, template: string): void {
  const names = Object.keys(pattern.namedGroups());
  const count = pattern.groupCount();
  for (let at = template.indexOf('$'); at >= 0; at = template.indexOf('$', at)) {
    const rest = template.slice(at + 1);
    if (rest.startsWith('$')) {
      at += 2;
      continue;
    }
    const match = /^(?:\{(\w+)\}|(\w+))/.exec(rest);
    if (match === null) throw new CliError('--filter-extract is malformed');
    const group = match[1] ?? match[2]!;
    const known = /^\d+$/.test(group) ? Number(group) <= count : names.includes(group);
    if (!known) throw new CliError(`capture group $${group} used in --filter-extract not found in --filter-regex`);
    at += match[0].length + 1;
  }
}
