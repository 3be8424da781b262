import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KustomizationSpec } from '@fluvial/kustomize-controller/setup';
import { parseYaml } from '@fluvial/yaml';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { toolkitKinds } from '../../kinds.ts';
import { type Fields, textAt, valueAt } from '../../objects/toolkit-object.ts';

/** The Kustomization that is built: its spec, and what is known of its state in the cluster. */
export type FoundKustomization = {
  readonly name: string;
  readonly namespace: string;
  readonly spec: KustomizationSpec;
  readonly status?: Fields;
};

type Where = { file: string; dryRun: boolean; ignoreNotFound?: boolean };

/** Whether there is such a folder. */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Reads the Kustomization from the file, from the cluster, or both: the file's spec with the cluster's status.
 *
 * @throws {CliError} `failed to get kustomization object: …`
 */
export async function findKustomization(context: Context, name: string, where: Where): Promise<FoundKustomization> {
  if (where.file !== '' && !statSync(resolve(context.cwd, where.file), { throwIfNoEntry: false })?.isFile()) {
    throw new CliError(`invalid kustomization file ${JSON.stringify(where.file)}`);
  }
  try {
    const live = where.dryRun ? undefined : await readLive(context, name, where);
    if (where.file === '') return live!;
    const local = readLocal(context, name, where.file);
    return { ...local, ...(live?.status ? { status: live.status } : {}) };
  } catch (error) {
    throw new CliError(`failed to get kustomization object: ${messageOf(error)}`, { cause: error });
  }
}

async function readLive(context: Context, name: string, where: Where): Promise<FoundKustomization | undefined> {
  const kube = await context.kube();
  const options = { signal: context.deadline };
  const live = where.ignoreNotFound
    ? await kube.find(toolkitKinds.kustomization, name, context.namespace, options)
    : await kube.get(toolkitKinds.kustomization, name, context.namespace, options);
  if (live === undefined) return undefined;
  return {
    name,
    namespace: live.metadata.namespace ?? '',
    spec: live['spec'] as KustomizationSpec,
    ...(live['status'] ? { status: live['status'] as Fields } : {}),
  };
}

function readLocal(context: Context, name: string, file: string): FoundKustomization {
  for (const document of parseYaml(readFileSync(resolve(context.cwd, file), 'utf8'))) {
    const namespace = textAt(document, 'metadata', 'namespace');
    const isOurs =
      textAt(document, 'kind') === 'Kustomization' &&
      textAt(document, 'apiVersion').startsWith('kustomize.toolkit.fluxcd.io/') &&
      textAt(document, 'metadata', 'name') === name &&
      (namespace === '' || namespace === context.namespace);
    if (isOurs) return { name, namespace, spec: (valueAt(document, 'spec') ?? {}) as KustomizationSpec };
  }
  throw new Error(
    `failed find kustomization with name '${name}' and namespace '${context.namespace}' in file '${file}'`,
  );
}
