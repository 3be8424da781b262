import { gunzipSync } from 'node:zlib';
import type { KubeClient } from '@fluvial/kube';
import { parseYaml } from '@fluvial/yaml';
import type { Context } from '../../framework/context.ts';
import { type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import type { ObjectTree } from './object-tree.ts';

/** Largest release record that is unpacked; etcd holds no more than 1.5 MiB of it compressed. */
const maxReleaseBytes = 64 * 1024 * 1024;

/** The objects of a HelmRelease's newest release, from the record that Helm keeps in a Secret. */
export async function releaseObjects(
  context: Context,
  kube: KubeClient,
  release: ToolkitObject,
): Promise<ObjectTree[]> {
  if (release.spec?.['kubeConfig'] !== undefined) return [];
  const storage = textAt(release.status, 'storageNamespace');
  const history = valueAt(release.status, 'history');
  const newest: unknown = Array.isArray(history) ? history[0] : undefined;
  if (storage === '' || newest === undefined) return [];
  const name = `sh.helm.release.v1.${textAt(newest, 'name')}.v${valueAt(newest, 'version')}`;
  const secret = await kube.find({ apiVersion: 'v1', kind: 'Secret' }, name, storage, { signal: context.deadline });
  const data = textAt(secret?.['data'], 'release');
  if (data === '') return [];
  const manifest = textAt(decodeRelease(data), 'manifest');
  const objects: ObjectTree[] = [];
  for (const document of parseYaml(manifest)) {
    const kind = textAt(document, 'kind');
    if (kind === '') continue;
    const apiVersion = textAt(document, 'apiVersion');
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const namespaced = await isNamespaced(kube, apiVersion, kind);
    const namespace = namespaced ? textAt(document, 'metadata', 'namespace') || textAt(newest, 'namespace') : '';
    objects.push({ group, kind, namespace, name: textAt(document, 'metadata', 'name'), children: [] });
  }
  return objects;
}

function decodeRelease(data: string): unknown {
  const stored = Buffer.from(Buffer.from(data, 'base64').toString('latin1'), 'base64');
  const isGzip = stored[0] === 0x1f && stored[1] === 0x8b;
  const text = isGzip ? gunzipSync(stored, { maxOutputLength: maxReleaseBytes }) : stored;
  return JSON.parse(text.toString('utf8'));
}

async function isNamespaced(kube: KubeClient, apiVersion: string, kind: string): Promise<boolean> {
  try {
    return (await kube.mapper.resolve(apiVersion, kind)).namespaced;
  } catch {
    return true;
  }
}
