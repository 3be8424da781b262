import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Descriptor, OciClient } from '@fluvial/oci';
import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { stringFlag } from '../../framework/flag-types.ts';
import { openLocal, packLocal } from './local-archive.ts';
import { type ArtifactUrl, parseArtifactUrl, registryError, withRegistry } from './registry.ts';
import { ignoreFlags, registryFlags } from './registry-flags.ts';

/** `flux diff artifact` */
export const command = defineCommand({
  long: 'Compare a folder or a file with the content of an artifact. Exits with 1 when they differ.',
  example: `  # Compare a folder with what was pushed
  flux diff artifact oci://ghcr.io/org/config/app:v1 --path=./deploy`,
  flags: {
    path: stringFlag('folder or file to compare', '', { completes: 'files' }),
    ...ignoreFlags,
    ...registryFlags,
  },
  async run(context, { args, flags }) {
    if (args[0] === undefined) throw new CliError('artifact URL is required');
    if (flags.path === '') throw new CliError('invalid path ""');
    const url = parseArtifactUrl(args[0]);
    const content = await openLocal(context, flags.path, { tellsReason: false });
    const signal = context.deadline;
    const isSame = await withRegistry(context, flags, url, async (client) => {
      try {
        const { manifest } = await client.getImage(url.reference, { signal });
        const layer = manifest.layers[0];
        if (layer === undefined) throw new CliError('no layers found in artifact');
        const archive = await packLocal(context, content, flags);
        if (layer.digest === archive.digest && layer.size === archive.size) return true;
        return (await tarDigest([archive.bytes])) === (await remoteTarDigest(client, url, layer, signal));
      } catch (error) {
        throw error instanceof CliError ? error : registryError('', error);
      }
    });
    if (!isSame) throw new CliError('the remote artifact contents differs from the local one');
    context.log.success('no changes detected');
  },
});

/**
 * The digest of the archive inside the compression. Compressors differ between programs and machines, so equal content
 * may have unequal compressed bytes.
 */
async function remoteTarDigest(
  client: OciClient,
  url: ArtifactUrl,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<string | undefined> {
  return tarDigest(await client.pullBlob(url.reference, layer, { signal }));
}

async function tarDigest(compressed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of Readable.from(compressed, { objectMode: false }).pipe(createGunzip())) {
      hash.update(chunk as Buffer);
    }
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
