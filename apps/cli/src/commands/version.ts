import { stringifyYaml } from '@fluvial/yaml';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError } from '../framework/errors.ts';
import { boolFlag, stringFlag } from '../framework/flag-types.ts';
import { valueAt } from '../objects/toolkit-object.ts';
import { fluxVersion } from '../version.ts';

/** `flux version` */
export const command = defineCommand({
  long: 'Print the version of the command line and of the controllers in the cluster.',
  example: `  # Print the versions of both
  flux version

  # Print the version of the command line only
  flux version --client`,
  flags: {
    client: boolFlag('print the version of the command line only'),
    output: stringFlag('format of the output, json or yaml', 'yaml', { shorthand: 'o', completes: ['json', 'yaml'] }),
  },
  async run(context, { flags }) {
    if (flags.output !== 'json' && flags.output !== 'yaml') {
      throw new CliError(`--output must be json or yaml, not ${flags.output}`);
    }
    const versions: Record<string, string> = { flux: `v${fluxVersion}` };
    if (!flags.client) Object.assign(versions, await clusterVersions(context));
    if (flags.output === 'json') {
      const sorted = Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
      return context.stdout(`${JSON.stringify(sorted, undefined, 2)}\n`);
    }
    // The client's own version stands first, then the distribution, then the controllers by name.
    const { flux, distribution, ...images } = versions;
    context.stdout(stringifyYaml({ flux }));
    if (distribution !== undefined) context.stdout(stringifyYaml({ distribution }));
    if (Object.keys(images).length > 0) context.stdout(stringifyYaml(images));
  },
});

async function clusterVersions(context: Context): Promise<Record<string, string>> {
  const kube = await context.kube();
  const found = await kube.list(
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { namespace: context.namespace, labelSelector: 'app.kubernetes.io/part-of=flux', signal: context.deadline },
  );
  if (found.items.length === 0) throw new CliError(`no deployments found in ${context.namespace} namespace`);
  const versions: Record<string, string> = {};
  const crd = await kube
    .find(
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      'gitrepositories.source.toolkit.fluxcd.io',
      undefined,
      { signal: context.deadline, metadataOnly: true },
    )
    .catch(() => undefined);
  const labels = crd?.metadata.labels ?? {};
  const [part, version] = [labels['app.kubernetes.io/part-of'], labels['app.kubernetes.io/version']];
  if (part && version) versions['distribution'] = `${part}-${version}`;
  for (const deployment of found.items) {
    const containers = valueAt(deployment, 'spec', 'template', 'spec', 'containers');
    for (const container of Array.isArray(containers) ? containers : []) {
      const image = valueAt(container, 'image');
      if (typeof image !== 'string') continue;
      const { name, version: tag } = splitImage(image);
      versions[name] = tag;
    }
  }
  return versions;
}

/** `ghcr.io/fluxcd/x:v1@sha256:…` is `x` in version `v1@sha256:…`. */
function splitImage(image: string): { name: string; version: string } {
  const last = image.slice(image.lastIndexOf('/', image.indexOf('@') < 0 ? undefined : image.indexOf('@')) + 1);
  const cut = /[:@]/.exec(last);
  if (cut === null) return { name: last, version: '' };
  return { name: last.slice(0, cut.index), version: last.slice(cut.index + 1) };
}
