import { createFlags, sourceFlags } from './commands/create/flags.ts';
import { exportFlags, exportSourceFlags } from './commands/export-flags.ts';
import { getFlags } from './commands/get/flags.ts';
import type { CommandModule, CommandNode } from './framework/command.ts';
import type { Shell } from './framework/completion-scripts.ts';
import type { Flags } from './framework/flag-types.ts';
import { globalFlags } from './global-flags.ts';
import { commonKinds, toolkitKinds as kinds, type ToolkitKind } from './kinds.ts';

// Only names and one-line texts are here: a command's own flags, long text and code load when it is used.

/** The command tree of `flux`. */
export function commandTree(): CommandNode {
  return {
    name: 'flux',
    short: 'Command line utility for GitOps with Flux-compatible controllers',
    long: 'Command line utility for assembling Kubernetes continuous delivery from Git, OCI and Helm sources.',
    example: `  # Start a complete sandbox on this machine
  flux dev

  # Push manifests to a registry
  flux push artifact oci://ghcr.io/org/config/app:$(git rev-parse --short HEAD) \\
    --path="./deploy" --source="$(git config --get remote.origin.url)" --revision="main@sha1:$(git rev-parse HEAD)"

  # List everything of the namespace
  flux get all

  # Find out where an object comes from
  flux -n default trace deployment app`,
    persistent: globalFlags,
    commands: [
      build(),
      leaf('check', 'Check the cluster and the controllers in it', () => import('./commands/check.ts'), {
        preview: true,
      }),
      completion(),
      create(),
      debug(),
      perKind(
        'delete',
        'Delete objects',
        commonKinds,
        (kind) => async () => (await import('./commands/delete.ts')).deleteCommand(kind),
      ),
      leaf('dev', 'Start a sandbox: API server, registry and all controllers in one process', () =>
        import('./commands/dev.ts').then((module) => ({ command: module.default })),
      ),
      diff(),
      leaf('envsubst', 'Substitute environment variables in standard input', () => import('./commands/envsubst.ts'), {
        preview: true,
      }),
      leaf('events', 'Print events of Flux objects', () => import('./commands/events.ts'), { preview: true }),
      exportGroup(),
      get(),
      { name: 'help', short: 'Help about any command', takes: '[command]' },
      group('list', 'List what is stored in registries', [
        leaf('artifacts', 'List artifacts of a repository', () => import('./commands/artifact/list.ts')),
      ]),
      leaf('logs', 'Print the logs of the controllers', () => import('./commands/logs.ts'), { preview: true }),
      leaf(
        'migrate',
        'Bring manifests or stored objects to the newest API versions',
        () => import('./commands/migrate.ts'),
      ),
      group('pull', 'Pull artifacts from registries', [
        leaf('artifact', 'Pull an artifact and unpack it', () => import('./commands/artifact/pull.ts')),
      ]),
      group('push', 'Push artifacts to registries', [
        leaf('artifact', 'Pack a folder and push it as an artifact', () => import('./commands/artifact/push.ts')),
      ]),
      perKind(
        'reconcile',
        'Ask for a run now',
        commonKinds.filter((kind) => !kind.isStatic),
        (kind) => async () => (await import('./commands/reconcile/reconcile.ts')).reconcileCommand(kind),
      ),
      perKind(
        'resume',
        'Resume suspended objects',
        commonKinds,
        (kind) => async () => (await import('./commands/resume.ts')).resumeCommand(kind),
      ),
      leaf('stats', 'Count the objects of each kind', () => import('./commands/stats.ts'), { preview: true }),
      perKind(
        'suspend',
        'Suspend objects',
        commonKinds,
        (kind) => async () => (await import('./commands/suspend.ts')).suspendCommand(kind),
      ),
      group('tag', 'Tag what is stored in registries', [
        leaf('artifact', 'Give an artifact more tags', () => import('./commands/artifact/tag.ts')),
      ]),
      leaf('trace', 'Trace an object to its source', () => import('./commands/trace.ts'), {
        preview: true,
        takes: '<resource> <name> [<name> ...]',
      }),
      group('tree', 'Print what an object brought into the cluster', [
        leaf('kustomization', 'Print the objects of a Kustomization', () => import('./commands/tree.ts'), {
          aliases: ['ks'],
          preview: true,
        }),
        group('artifact', 'Print the objects of artifact kinds', [
          leaf(
            'generator',
            'Print the artifacts of an ArtifactGenerator',
            () => import('./commands/tree-generator.ts'),
            {
              preview: true,
            },
          ),
        ]),
      ]),
      group('trigger', 'Call webhooks', [
        leaf('receiver', 'Call the webhook of a Receiver', () => import('./commands/trigger.ts'), { takes: '[name]' }),
      ]),
      leaf('uninstall', 'Remove the controllers and their kinds', () => import('./commands/uninstall.ts')),
      leaf('version', 'Print versions', () => import('./commands/version.ts')),
    ],
  };
}

type Loader = () => Promise<{ readonly command: CommandModule }>;

type Extras = Partial<Omit<CommandNode, 'name' | 'short' | 'load'>>;

function leaf(name: string, short: string, load: Loader, extras: Extras = {}): CommandNode {
  return { name, short, ...extras, load: async () => (await load()).command };
}

function group(name: string, short: string, commands: readonly CommandNode[], extras: Extras = {}): CommandNode {
  const sorted = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { name, short, ...extras, commands: sorted };
}

const groupTexts: Readonly<Record<string, string>> = {
  source: 'sources',
  image: 'image automation objects',
  artifact: 'artifact kinds',
};

/** A command with one sub-command a kind, `source` and `image` being groups of their own. */
function perKind(
  name: string,
  short: string,
  members: readonly ToolkitKind[],
  load: (kind: ToolkitKind) => () => Promise<CommandModule>,
  options: { persistent?: Flags; groupFlags?: Readonly<Record<string, Flags>> } = {},
): CommandNode {
  const top: CommandNode[] = [];
  const groups = new Map<string, CommandNode[]>();
  for (const kind of members) {
    const [first = '', second] = kind.words;
    const node = (word: string): CommandNode => ({
      name: word,
      ...(kind.aliases ? { aliases: kind.aliases } : {}),
      short: `${short.replace(/objects$|$/, '').trim()} ${kind.kind}`.trim(),
      takes: '[name]',
      load: load(kind),
    });
    if (second === undefined) top.push(node(first));
    else groups.set(first, [...(groups.get(first) ?? []), node(second)]);
  }
  for (const [word, nodes] of groups) {
    const persistent = options.groupFlags?.[word];
    top.push(group(word, `${short}: ${groupTexts[word] ?? word}`, nodes, persistent ? { persistent } : {}));
  }
  return group(name, short, top, options.persistent ? { persistent: options.persistent } : {});
}

function completion(): CommandNode {
  const shells: readonly Shell[] = ['bash', 'fish', 'powershell', 'zsh'];
  return {
    name: 'completion',
    short: 'Print completion scripts for shells',
    long: 'The completion sub-command generates completion scripts for various shells.',
    commands: shells.map((shell) => ({
      name: shell,
      short: `Print the completion script for ${shell}`,
      load: async () => (await import('./commands/completion.ts')).completionCommand(shell),
    })),
  };
}

function get(): CommandNode {
  const of = (kind: ToolkitKind): CommandNode => ({
    name: kind.listed.name,
    ...(kind.listed.aliases ? { aliases: kind.listed.aliases } : {}),
    short: `List ${kind.kind} objects`,
    takes: '[name]',
    ...(kind.isStatic || kind === kinds.oci ? { preview: true } : {}),
    load: async () => (await import('./commands/get/get.ts')).getCommand(kind),
  });
  const sources = [kinds.oci, kinds.bucket, kinds.git, kinds.helm, kinds.chart, kinds.external];
  const images = [kinds.imageRepository, kinds.imagePolicy, kinds.imageUpdate];
  const all = (members: readonly ToolkitKind[], subject: string): CommandNode => ({
    name: 'all',
    short: `List ${subject}`,
    preview: true,
    load: async () => (await import('./commands/get/get.ts')).getAllCommand(members, subject),
  });
  return group(
    'get',
    'List objects and their state',
    [
      all(
        [...sources, ...images, kinds.helmRelease, kinds.kustomization, kinds.receiver, kinds.provider, kinds.alert],
        'objects of all kinds',
      ),
      of(kinds.alert),
      of(kinds.provider),
      group('artifacts', 'List artifact kinds', [of(kinds.generator)], { aliases: ['artifact'] }),
      of(kinds.helmRelease),
      group('images', 'List image automation objects', [all(images, 'image automation objects'), ...images.map(of)], {
        aliases: ['image'],
      }),
      of(kinds.kustomization),
      of(kinds.receiver),
      group('sources', 'List sources', [all(sources, 'sources of all kinds'), ...sources.map(of)], {
        aliases: ['source'],
      }),
    ],
    { persistent: getFlags },
  );
}

function exportGroup(): CommandNode {
  return perKind(
    'export',
    'Print objects as YAML',
    [...commonKinds, kinds.external, kinds.generator],
    (kind) => async () => (await import('./commands/export.ts')).exportCommand(kind),
    { persistent: exportFlags, groupFlags: { source: exportSourceFlags } },
  );
}

function create(): CommandNode {
  const name = { takes: '[name]' };
  return group(
    'create',
    'Create or update objects',
    [
      leaf('alert', 'Create or update an Alert', () => import('./commands/create/alert.ts'), {
        ...name,
        preview: true,
      }),
      leaf('alert-provider', 'Create or update a Provider', () => import('./commands/create/alert-provider.ts'), {
        ...name,
        preview: true,
      }),
      leaf('helmrelease', 'Create or update a HelmRelease', () => import('./commands/create/helmrelease.ts'), {
        ...name,
        aliases: ['hr'],
      }),
      group('image', 'Create or update image automation objects', [
        leaf('policy', 'Create or update an ImagePolicy', () => import('./commands/create/image/policy.ts'), name),
        leaf(
          'repository',
          'Create or update an ImageRepository',
          () => import('./commands/create/image/repository.ts'),
          name,
        ),
        leaf(
          'update',
          'Create or update an ImageUpdateAutomation',
          () => import('./commands/create/image/update.ts'),
          name,
        ),
      ]),
      leaf('kustomization', 'Create or update a Kustomization', () => import('./commands/create/kustomization.ts'), {
        ...name,
        aliases: ['ks'],
      }),
      leaf('receiver', 'Create or update a Receiver', () => import('./commands/create/receiver.ts'), name),
      group('secret', 'Create or update Secrets', [
        leaf('git', 'Create or update a Secret for Git', () => import('./commands/create/secret/git.ts'), name),
        leaf(
          'githubapp',
          'Create or update a Secret for a GitHub App',
          () => import('./commands/create/secret/github-app.ts'),
          {
            ...name,
            preview: true,
          },
        ),
        leaf(
          'helm',
          'Create or update a Secret for Helm repositories',
          () => import('./commands/create/secret/helm.ts'),
          name,
        ),
        leaf(
          'notation',
          'Create or update a Secret for notation signatures',
          () => import('./commands/create/secret/notation.ts'),
          {
            ...name,
            preview: true,
          },
        ),
        leaf('oci', 'Create or update a Secret for registries', () => import('./commands/create/secret/oci.ts'), {
          ...name,
          preview: true,
        }),
        leaf('proxy', 'Create or update a Secret for a proxy', () => import('./commands/create/secret/proxy.ts'), name),
        leaf(
          'receiver',
          'Create or update a Secret for a Receiver',
          () => import('./commands/create/secret/receiver.ts'),
          name,
        ),
        leaf(
          'tls',
          'Create or update a Secret with certificates',
          () => import('./commands/create/secret/tls.ts'),
          name,
        ),
      ]),
      group(
        'source',
        'Create or update sources',
        [
          leaf('bucket', 'Create or update a Bucket', () => import('./commands/create/source/bucket.ts'), name),
          leaf('chart', 'Create or update a HelmChart', () => import('./commands/create/source/chart.ts'), name),
          leaf('git', 'Create or update a GitRepository', () => import('./commands/create/source/git.ts'), name),
          leaf('helm', 'Create or update a HelmRepository', () => import('./commands/create/source/helm.ts'), name),
          leaf('oci', 'Create or update an OCIRepository', () => import('./commands/create/source/oci.ts'), {
            ...name,
            preview: true,
          }),
        ],
        { persistent: sourceFlags },
      ),
      leaf('tenant', 'Create or update a tenant', () => import('./commands/create/tenant.ts'), {
        ...name,
        preview: true,
      }),
    ],
    // Names are checked by `create` itself; the namespace is not, like in the original.
    { persistent: createFlags, skipsNamespaceCheck: true },
  );
}

function build(): CommandNode {
  return group('build', 'Build artifacts and manifests', [
    leaf('artifact', 'Pack a folder into an artifact', () => import('./commands/artifact/build.ts')),
    leaf(
      'kustomization',
      'Build the manifests of a Kustomization',
      () => import('./commands/build/build-kustomization.ts'),
      { aliases: ['ks'], takes: '[name]' },
    ),
  ]);
}

function diff(): CommandNode {
  return group('diff', 'Compare with what is in the cluster or in a registry', [
    leaf('artifact', 'Compare a folder with an artifact', () => import('./commands/artifact/diff.ts')),
    leaf(
      'kustomization',
      'Compare the manifests of a Kustomization with the cluster',
      () => import('./commands/build/diff-kustomization.ts'),
      { aliases: ['ks'], takes: '[name]' },
    ),
  ]);
}

function debug(): CommandNode {
  return group('debug', 'Show what an object works with', [
    leaf(
      'helmrelease',
      'Show status, values or history of a HelmRelease',
      () => import('./commands/debug/helmrelease.ts'),
      {
        aliases: ['hr'],
        takes: '[name]',
        preview: true,
      },
    ),
    leaf(
      'kustomization',
      'Show status, variables or history of a Kustomization',
      () => import('./commands/debug/kustomization.ts'),
      {
        aliases: ['ks'],
        takes: '[name]',
        preview: true,
      },
    ),
  ]);
}
