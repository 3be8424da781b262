import { stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { extractArchive } from '@fluvial/artifact';
import { annotationKeys, withDigest } from '@fluvial/oci';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError, fileErrorText } from '../../framework/errors.ts';
import { stringFlag } from '../../framework/flag-types.ts';
import { parseArtifactUrl, registryError, withRegistry } from './registry.ts';
import { registryFlags } from './registry-flags.ts';

// The user chose the artifact and the disk is theirs: the bounds only stop what cannot be meant.
const limits = { maxBytes: 16 * 1024 ** 3, maxEntries: 2_000_000 };

/** `flux pull artifact` */
export const command = defineCommand({
  long: 'Pull an artifact and unpack its content into a folder.',
  example: `  # Unpack an artifact
  flux pull artifact oci://ghcr.io/org/config/app:v1 --output ./out`,
  flags: {
    output: stringFlag('folder to unpack into', '', { shorthand: 'o', completes: 'files' }),
    ...registryFlags,
  },
  async run(context, { args, flags }) {
    if (args[0] === undefined) throw new CliError('artifact URL is required');
    if (flags.output === '') throw new CliError('output path cannot be empty');
    const output = await outputDirectory(context, flags.output);
    const url = parseArtifactUrl(args[0]);
    const signal = context.deadline;
    await withRegistry(context, flags, url, async (client) => {
      context.log.action(`pulling artifact from ${url.typed}`);
      try {
        const { descriptor, manifest } = await client.getImage(url.reference, { signal });
        const layer = manifest.layers[0];
        if (layer === undefined) throw new CliError('no layers found in artifact');
        const content = await client.pullBlob(url.reference, layer, { signal });
        await unpack(content, output, flags.output, signal);
        const source = manifest.annotations?.[annotationKeys.source];
        const revision = manifest.annotations?.[annotationKeys.revision];
        if (source) context.log.success(`source ${source}`);
        if (revision) context.log.success(`revision ${revision}`);
        context.log.success(`digest ${withDigest(url.reference, descriptor.digest).name}`);
        context.log.success(`artifact content extracted to ${flags.output}`);
      } catch (error) {
        throw error instanceof CliError ? error : registryError('', error);
      }
    });
  },
});

async function outputDirectory(context: Context, path: string): Promise<string> {
  const absolute = resolve(context.cwd, path);
  try {
    if (!(await stat(absolute)).isDirectory())
      throw new CliError(`invalid output path ${JSON.stringify(path)}: not a directory`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`invalid output path ${JSON.stringify(path)}: ${fileErrorText('stat', path, error)}`);
  }
  return absolute;
}

/** Unpacks a gzip-compressed tar; anything else is kept as it came. */
async function unpack(
  content: AsyncIterable<Uint8Array>,
  output: string,
  shown: string,
  signal: AbortSignal,
): Promise<void> {
  const chunks = content[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  while (size < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    size += next.value.length;
  }
  const start = Buffer.concat(head);
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  if (start[0] === 0x1f && start[1] === 0x8b) {
    await extractArchive(whole(), output, { limits, links: 'skip', signal });
    return;
  }
  try {
    await writeFile(output, whole(), { signal });
  } catch (error) {
    throw new CliError(fileErrorText('open', shown, error));
  }
}
