import { annotationKeys, type OciClient, withTag } from '@fluvial/oci';
import { type Constraint, parseConstraint, parseTag } from '@fluvial/semver';
import { RE2JS } from 're2js';
import { defineCommand } from '../../framework/command.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { stringFlag } from '../../framework/flag-types.ts';
import { formatTable } from '../../framework/table.ts';
import { type ArtifactUrl, parseArtifactUrl, registryError, withRegistry } from './registry.ts';
import { registryFlags } from './registry-flags.ts';

/** Manifests read at once. */
const concurrency = 8;

/** `flux list artifacts` */
export const command = defineCommand({
  long: 'List the artifacts of a repository with their digests and origins.',
  example: `  # List the artifacts of a version range
  flux list artifacts oci://ghcr.io/org/config/app --filter-semver=">=1.0.0"`,
  flags: {
    'filter-regex': stringFlag('pattern that tags must match'),
    'filter-semver': stringFlag('version range that tags must be in'),
    ...registryFlags,
  },
  async run(context, { args, flags }) {
    if (args[0] === undefined) throw new CliError('artifact repository URL is required');
    const url = parseArtifactUrl(args[0]);
    const signal = context.deadline;
    await withRegistry(context, flags, url, async (client) => {
      const all = await client.listTags(url.reference, { signal }).catch((error: unknown) => {
        throw registryError('listing tags failed', error);
      });
      const tags = selectTags(all, flags['filter-semver'], flags['filter-regex']);
      const rows = await rowsOf(client, url, tags, signal);
      context.stdout(formatTable(['artifact', 'digest', 'source', 'revision'], rows));
    });
  },
});

const signatureSuffixes = ['.sig', '.att', '.sbom'];

/** The tags to list, last first in the order of plain text. */
export function selectTags(all: readonly string[], range: string, pattern: string): string[] {
  let tags = [...all].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  tags = tags.filter((tag) => !signatureSuffixes.some((suffix) => tag.endsWith(suffix)));
  if (range !== '') {
    const constraint = parseRange(range);
    tags = tags.filter((tag) => {
      const version = parseTag(tag);
      return version !== undefined && constraint.check(version);
    });
  }
  if (pattern !== '') {
    const compiled = parsePattern(pattern);
    tags = tags.filter((tag) => compiled.matcher(tag).find());
  }
  return tags;
}

function parseRange(text: string): Constraint {
  try {
    return parseConstraint(text);
  } catch (error) {
    throw new CliError(`semver '${text}' parse error: ${messageOf(error)}`);
  }
}

function parsePattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    const reason = messageOf(error).replace(/^error parsing regexp: /, '');
    throw new CliError(`regex '${text}' parse error: error parsing regexp: ${reason}`);
  }
}

async function rowsOf(client: OciClient, url: ArtifactUrl, tags: string[], signal: AbortSignal): Promise<string[][]> {
  const rows: string[][] = new Array(tags.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < tags.length; index = next++) {
      const reference = withTag(url.reference, tags[index]!);
      try {
        const { descriptor, content } = await client.getManifest(reference, { signal });
        const annotations = content.kind === 'image' ? content.manifest.annotations : content.index.annotations;
        rows[index] = [
          reference.name,
          descriptor.digest,
          annotations?.[annotationKeys.source] ?? '',
          annotations?.[annotationKeys.revision] ?? '',
        ];
      } catch (error) {
        throw registryError('fetching manifest failed', error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return rows;
}
