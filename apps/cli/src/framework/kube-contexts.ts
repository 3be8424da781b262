import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { parseYamlDocument } from '@fluvial/yaml';
import type { Context } from './context.ts';

/** Names of the contexts in the kubeconfig files at hand; unreadable files count as empty. */
export async function listContexts(context: Context): Promise<string[]> {
  const { env, globals } = context;
  const home = env['HOME'] ?? '';
  const files =
    globals.kubeconfig !== ''
      ? [globals.kubeconfig]
      : (env['KUBECONFIG'] ?? '') !== ''
        ? (env['KUBECONFIG'] ?? '').split(delimiter)
        : [join(home, '.kube', 'config')];
  const names = new Set<string>();
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const document = parseYamlDocument(text) as { contexts?: { name?: unknown }[] } | undefined;
    for (const each of document?.contexts ?? []) if (typeof each?.name === 'string') names.add(each.name);
  }
  return [...names];
}
