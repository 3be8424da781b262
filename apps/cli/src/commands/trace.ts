import { isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { stringFlag } from '../framework/flag-types.ts';
import { traceReport } from './trace/report.ts';

/** `flux trace` */
export const command = defineCommand({
  long: 'Follow an object in the cluster back to the Kustomization or HelmRelease that applied it and to its source.',
  example: `  # Trace a Deployment
  flux trace deployment podinfo --namespace=default

  # Trace several objects
  flux trace configmap/one secret/two

  # Trace an object by kind and API version
  flux trace podinfo --kind=HelmRelease --api-version=helm.toolkit.fluxcd.io/v2`,
  flags: {
    'api-version': stringFlag('API version of the object, such as apps/v1'),
    kind: stringFlag('kind of the object'),
  },
  async run(context, { args, flags }) {
    const objects =
      flags.kind !== '' || flags['api-version'] !== ''
        ? [await objectByKind(context, args[0], flags.kind, flags['api-version'])]
        : await objectsByName(context, args);
    const kube = await context.kube();
    for (const [index, object] of objects.entries()) {
      if (index > 0) context.stdout('---\n');
      try {
        context.stdout(await traceReport(context, kube, object));
      } catch (error) {
        const { name, namespace = '' } = object.metadata;
        context.stderr(`failed to trace ${object.kind}/${name} in namespace ${namespace}: ${messageOf(error)}`);
      }
    }
  },
});

async function objectByKind(
  context: Context,
  name: string | undefined,
  kind: string,
  apiVersion: string,
): Promise<KubeObject> {
  if (name === undefined) throw new CliError('object name is required');
  if (kind === '') throw new CliError('object kind is required (--kind)');
  if (apiVersion === '') throw new CliError('object apiVersion is required (--api-version)');
  const kube = await context.kube();
  try {
    const { namespaced } = await kube.mapper.resolve(apiVersion, kind, { signal: context.deadline });
    const namespace = namespaced ? context.namespace : undefined;
    return await kube.get({ apiVersion, kind }, name, namespace, { signal: context.deadline });
  } catch (error) {
    throw new CliError(`failed to find object: ${messageOf(error)}`, { cause: error });
  }
}

async function objectsByName(context: Context, args: readonly string[]): Promise<KubeObject[]> {
  const [first, ...rest] = args;
  if (first === undefined) {
    throw new CliError('either `<resource>/<name>` or `<resource> <name>` is required as an argument');
  }
  const kube = await context.kube();
  if (args.some((each) => each.includes('/'))) {
    const objects: KubeObject[] = [];
    for (const each of args) {
      const parts = each.split('/');
      if (parts.length !== 2 || parts[0] === '' || parts[1] === '') {
        throw new CliError(
          parts.length === 1
            ? `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'flux trace resource/<resource_name>' instead of 'flux trace resource resource/<resource_name>'`
            : `arguments in resource/name form may not have more than one slash`,
        );
      }
      objects.push(await fetchOne(context, kube, parts[0]!, parts[1]!));
    }
    return objects;
  }
  if (rest.length === 0) {
    await resolveWord(context, kube, first);
    throw new CliError('resource(s) were provided, but no name was specified');
  }
  const objects: KubeObject[] = [];
  for (const name of rest) objects.push(await fetchOne(context, kube, first, name));
  return objects;
}

async function resolveWord(context: Context, kube: KubeClient, word: string) {
  return kube.mapper.resolveName(word, { signal: context.deadline }).catch((error: unknown) => {
    if (context.deadline.aborted) throw error;
    throw new CliError(`the server doesn't have a resource type ${JSON.stringify(word)}`, { cause: error });
  });
}

async function fetchOne(context: Context, kube: KubeClient, word: string, name: string): Promise<KubeObject> {
  const resource = await resolveWord(context, kube, word);
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const namespace = resource.namespaced ? context.namespace : undefined;
  try {
    return await kube.get({ apiVersion, kind: resource.kind }, name, namespace, { signal: context.deadline });
  } catch (error) {
    // The odd prefix is the original's.
    if (isNotFound(error)) throw new CliError(`x: ${messageOf(error)}`);
    throw error;
  }
}
