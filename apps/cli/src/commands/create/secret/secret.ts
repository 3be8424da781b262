import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { Context } from '../../../framework/context.ts';
import { CliError, fileErrorText } from '../../../framework/errors.ts';
import { yamlDocument } from '../../../objects/print-object.ts';
import { fieldManager } from '../create-object.ts';

/** A Secret to create: `stringData` by key, empty values left out. */
export type NewSecret = KubeObject & { stringData?: Record<string, string>; type?: string };

type SecretParts = {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  type?: string;
  stringData: Record<string, string>;
};

/** Puts a Secret together. */
export function newSecret(context: Context, name: string, parts: SecretParts): NewSecret {
  const { labels = {}, annotations = {}, type, stringData } = parts;
  const filled = Object.fromEntries(Object.entries(stringData).filter(([, value]) => value !== ''));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: context.namespace,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    },
    ...(Object.keys(filled).length > 0 ? { stringData: filled } : {}),
    ...(type === undefined ? {} : { type }),
  };
}

/** Creates the Secret, or puts its values, labels and annotations into the one that is there. */
export async function upsertSecret(context: Context, kube: KubeClient, secret: NewSecret): Promise<void> {
  const { name, namespace, labels, annotations } = secret.metadata;
  const options = { fieldManager, signal: context.deadline };
  const live = await kube.find(secret, name, namespace, { signal: context.deadline });
  if (live === undefined) {
    await kube.create<KubeObject>(secret, options);
    return;
  }
  const metadata = {
    ...live.metadata,
    labels: { ...live.metadata.labels, ...labels },
    annotations: { ...live.metadata.annotations, ...annotations },
  };
  await kube.replace<KubeObject>({ ...live, metadata, stringData: secret.stringData ?? {} }, options);
}

/** The common end of `create secret`: print with `--export` (with an empty line at the end), else store and say so. */
export async function finishSecret(
  context: Context,
  secret: NewSecret,
  options: { what: string; export: boolean; tail?: string },
): Promise<void> {
  if (options.export) return context.stdout(`${yamlDocument(secret)}${options.tail ?? '\n'}`);
  const kube = await context.kube();
  await upsertSecret(context, kube, secret);
  context.log.action(`${options.what} secret '${secret.metadata.name}' created in '${context.namespace}' namespace`);
}

/** A file that a flag names; `` when the flag is empty. `what` begins the error. */
export async function readFlagFile(context: Context, path: string, what: string): Promise<string> {
  if (path === '') return '';
  try {
    return await readFile(resolve(context.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(`${what}: ${fileErrorText('open', path, error)}`);
  }
}
