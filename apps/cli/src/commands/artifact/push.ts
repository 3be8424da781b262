import { buildArtifact, pushArtifact, withDigest } from '@fluvial/oci';
import { stringifyYaml } from '@fluvial/yaml';
import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { arrayFlag, boolFlag, stringFlag } from '../../framework/flag-types.ts';
import { openLocal, packLocal } from './local-archive.ts';
import { parseArtifactUrl, registryError, withRegistry } from './registry.ts';
import { ignoreFlags, registryFlags } from './registry-flags.ts';

/** `flux push artifact` */
export const command = defineCommand({
  long: `Pack a folder or a file and push it to a registry as an OCI artifact.

Credentials come from --creds, or from the configuration of docker or podman.`,
  example: `  # Push manifests with the commit they come from
  flux push artifact oci://ghcr.io/org/config/app:$(git rev-parse --short HEAD) \\
    --path="./deploy" \\
    --source="$(git config --get remote.origin.url)" \\
    --revision="$(git branch --show-current)@sha1:$(git rev-parse HEAD)"

  # Push manifests from standard input and print the digest
  kustomize build . | flux push artifact oci://ghcr.io/org/config/app:v1 -f - \\
    --source=local --revision=v1 --output json | jq -r .digest`,
  flags: {
    annotations: arrayFlag('annotation of the artifact, `key=value`, may be given several times', [], {
      shorthand: 'a',
    }),
    debug: boolFlag('print warnings of the registry client'),
    output: stringFlag('format of the output, json or yaml', '', { shorthand: 'o', completes: ['json', 'yaml'] }),
    path: stringFlag('folder or file to push, - for standard input', '', { shorthand: 'f', completes: 'files' }),
    reproducible: boolFlag('give the artifact a fixed creation time, so that equal content has an equal digest'),
    'resolve-symlinks': boolFlag('push what symbolic links point at'),
    revision: stringFlag('revision of the source, such as main@sha1:<commit>'),
    source: stringFlag('address of the source, such as a Git URL'),
    ...ignoreFlags,
    ...registryFlags,
  },
  async run(context, { args, flags }) {
    if (args[0] === undefined) throw new CliError('artifact URL is required');
    if (flags.source === '') throw new CliError('--source is required');
    if (flags.revision === '') throw new CliError('--revision is required');
    if (flags.path === '') throw new CliError('invalid path ""');
    const url = parseArtifactUrl(args[0]);
    const content = await openLocal(context, flags.path, { tellsReason: true, readsStdin: true });
    const annotations = parseAnnotations(flags.annotations);
    const signal = context.deadline;
    const created = flags.reproducible ? '1970-01-01T00:00:00Z' : new Date().toISOString().replace(/\.\d+Z$/, 'Z');

    await withRegistry(
      context,
      flags,
      url,
      async (client) => {
        // The registry is asked first: a wrong password shows before anything is packed.
        await client.login(url.reference, { push: true, signal }).catch((error: unknown) => {
          throw registryError('error setting up transport', error);
        });
        if (flags.output === '') context.log.action(`pushing artifact to ${url.typed}`);
        try {
          const { bytes } = await packLocal(context, content, flags);
          const { source, revision } = flags;
          const artifact = await buildArtifact({ layer: bytes, created, source, revision, annotations });
          const { digest } = await pushArtifact(client, url.reference, artifact, { signal });
          const pushed = withDigest(url.reference, digest).name;
          report(pushed, digest);
        } catch (error) {
          if (error instanceof CliError) throw error;
          throw registryError('pushing artifact failed', error);
        }
      },
      { debug: flags.debug, retries: true },
    );

    function report(pushed: string, digest: string): void {
      const repository = pushed.slice(0, pushed.indexOf('@'));
      const tag = url.reference.tag ?? 'latest';
      const info = { url: `oci://${pushed}`, repository, tag, digest };
      if (flags.output === 'json') context.stdout(`${JSON.stringify(info, undefined, 2)}\n`);
      else if (flags.output === 'yaml') context.stdout(stringifyYaml(info));
      else context.log.success(`artifact successfully pushed to ${pushed}`);
    }
  },
});

function parseAnnotations(list: readonly string[]): Record<string, string> {
  const annotations: Record<string, string> = Object.create(null);
  for (const each of list) {
    const parts = each.split('=');
    if (parts.length !== 2) throw new CliError(`invalid annotation ${each}, must be in the format key=value`);
    annotations[parts[0]!] = parts[1]!;
  }
  return annotations;
}
