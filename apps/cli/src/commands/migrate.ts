import { type Dirent, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isConflict, isNoMatch, type KubeClient, type KubeObject } from '@fluvial/kube';
import { none } from '../framework/args-rules.ts';
import { defineCommand } from '../framework/command.ts';
import { confirm } from '../framework/confirm.ts';
import type { Context } from '../framework/context.ts';
import { CliError, fileErrorText } from '../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../framework/flag-types.ts';
import { valueAt } from '../objects/toolkit-object.ts';
import { type Finding, findOldVersions, rewriteVersions, supportedReleases } from './migrate/find-old-versions.ts';

const crdKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** `flux migrate` */
export const command = defineCommand({
  long: 'Bring manifests in files, or the stored objects of a cluster, to the newest API versions.',
  example: `  # Rewrite the manifests of a repository
  flux migrate --path=.

  # Only show what would change
  flux migrate --path=./clusters --dry-run

  # Migrate the objects that a cluster stores
  flux migrate`,
  flags: {
    'dry-run': boolFlag('change nothing'),
    extensions: listFlag('endings of the files to look at', ['.yaml', '.yml'], { shorthand: 'e' }),
    path: stringFlag('file or folder to migrate instead of the cluster', '', { shorthand: 'f', completes: 'files' }),
    version: stringFlag('release to migrate to', supportedReleases[0], {
      shorthand: 'v',
      completes: supportedReleases,
    }),
    yes: boolFlag('change without asking', false, { shorthand: 'y' }),
  },
  args: none,
  async run(context, { flags }) {
    if (flags.path === '') return migrateCluster(context);
    if (!supportedReleases.includes(flags.version)) {
      throw new CliError(
        `version ${flags.version} is not supported, supported versions are: ${supportedReleases.join(', ')}`,
      );
    }
    const { log } = context;
    log.action('starting migration of custom resources');
    const findings = filesOf(context, flags.path, flags.extensions).flatMap((file) =>
      inspect(context, file, flags.version),
    );
    if (findings.length === 0) return log.success('no custom resources found that require migration');
    for (const { file, line, kind, from, to } of findings) log.generate(`${file}:${line}: ${kind} ${from} -> ${to}`);
    if (flags['dry-run']) return log.success('dry-run mode enabled, no changes will be made');
    if (!flags.yes && !(await confirm(context, 'Are you sure you want to proceed with the above upgrades'))) {
      throw new CliError('');
    }
    for (const file of new Set(findings.map((each) => each.file))) {
      const path = resolve(context.cwd, file);
      const mine = findings.filter((each) => each.file === file);
      writeFileSync(path, rewriteVersions(readFileSync(path, 'utf8'), mine), { mode: statSync(path).mode });
      log.success(`file ${file} migrated successfully`);
    }
    log.success('custom resources migrated successfully');
  },
});

function filesOf(context: Context, path: string, extensions: readonly string[]): string[] {
  const root = resolve(context.cwd, path);
  const isWanted = (name: string) => extensions.some((extension) => name.endsWith(extension));
  const shown = (file: string) => relative(context.cwd, file) || file;
  if (isFile(root, path)) {
    if (!isWanted(root)) {
      throw new CliError(`file ${path} does not match the specified extensions: ${extensions.join(', ')}`);
    }
    return [shown(root)];
  }
  const files: string[] = [];
  const visit = (dir: string): void => {
    const entries: Dirent[] = readdirSync(dir, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = join(dir, entry.name);
      if (entry.isDirectory()) visit(file);
      else if (!isWanted(entry.name)) continue;
      else if (!lstatSync(file).isFile()) context.log.warning(`skipping irregular file ${shown(file)}`);
      else files.push(shown(file));
    }
  };
  visit(root);
  return files;
}

function isFile(path: string, shown: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    throw new CliError(fileErrorText('stat', shown, error));
  }
}

function inspect(context: Context, file: string, release: string): (Finding & { file: string })[] {
  const { findings, malformed } = findOldVersions(readFileSync(resolve(context.cwd, file), 'utf8'), release);
  for (const { line, text } of malformed)
    context.log.warning(`${file}:${line}: unexpected GroupVersion string: ${text}`);
  return findings.map((finding) => ({ ...finding, file }));
}

async function migrateCluster(context: Context): Promise<void> {
  const { log } = context;
  log.action('starting migration of custom resources');
  const kube = await context.kube();
  const options = { signal: context.deadline };
  const crds = await kube.list(crdKind, { ...options, labelSelector: 'app.kubernetes.io/part-of=flux' });
  for (const crd of crds.items) await migrateKind(context, kube, crd);
  log.success('custom resources migrated successfully');
}

async function migrateKind(context: Context, kube: KubeClient, crd: KubeObject): Promise<void> {
  const { log } = context;
  const options = { signal: context.deadline };
  const versions = valueAt(crd, 'spec', 'versions');
  const storage = (Array.isArray(versions) ? versions : []).find((each) => valueAt(each, 'storage') === true);
  const version = String(valueAt(storage, 'name'));
  const kind = String(valueAt(crd, 'spec', 'names', 'kind'));
  const apiVersion = `${valueAt(crd, 'spec', 'group')}/${version}`;
  const list = await kube.list({ apiVersion, kind }, options).catch((error: unknown) => {
    if (isNoMatch(error)) return { items: [] as KubeObject[] };
    throw error;
  });
  for (const object of list.items) {
    const { name, namespace, managedFields = [] } = object.metadata;
    const stale = managedFields
      .map((entry, index) => ({ entry, index }))
      .filter(
        ({ entry }) => entry.apiVersion !== apiVersion && entry.apiVersion?.split('/')[0] === apiVersion.split('/')[0],
      )
      .map(({ index }) => ({ op: 'replace', path: `/metadata/managedFields/${index}/apiVersion`, value: apiVersion }));
    const patch = stale.length > 0 ? ({ type: 'json', body: stale } as const) : ({ type: 'merge', body: {} } as const);
    await kube.patch(object, name, namespace, { ...patch, ...options }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
    log.success(`${kind}/${namespace}/${name} migrated to version ${version}`);
  }
  const stored = valueAt(crd, 'status', 'storedVersions');
  if (Array.isArray(stored) && stored.length === 1 && stored[0] === version) return;
  const body = { status: { storedVersions: [version] } };
  await kube.patch(crdKind, crd.metadata.name, undefined, { type: 'merge', subresource: 'status', body, ...options });
  log.success(`${crd.metadata.name} migrated to storage version ${version}`);
}
