import type { KubeClient } from '@fluvial/kube';
import { defineCommand } from '../../../framework/command.ts';
import { confirm } from '../../../framework/confirm.ts';
import type { Context } from '../../../framework/context.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { boolFlag, listFlag, stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { type GoUrl, parseGoUrl } from '../../../objects/go-url.ts';
import { compact, type Fields, refTo } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels, sourceAnnouncement } from '../create-object.ts';
import { gitProviderFlag } from '../flag-values.ts';
import { createFlags, sourceFlags } from '../flags.ts';
import { gitSecret, sshFlags } from '../secret/git-credentials.ts';
import { newSecret, upsertSecret } from '../secret/secret.ts';

/** `flux create source git` */
export const command = defineCommand({
  long: 'Create or update a GitRepository and wait until its artifact is stored.',
  example: `  # Follow a branch
  flux create source git podinfo \\
    --url=https://github.com/stefanprodan/podinfo \\
    --branch=master

  # Follow a version range over SSH with a generated key
  flux create source git podinfo \\
    --url=ssh://git@github.com/stefanprodan/podinfo \\
    --tag-semver=">=6.0.0"`,
  flags: {
    branch: stringFlag('branch to follow'),
    'ca-file': stringFlag('file with the certificate authority of the server', '', { completes: 'files' }),
    commit: stringFlag('commit to check out'),
    'ignore-paths': listFlag('paths to leave out, in gitignore syntax'),
    password: stringFlag('password or token', '', { shorthand: 'p' }),
    provider: gitProviderFlag('where credentials come from'),
    'proxy-secret-ref': stringFlag('Secret with the address and credentials of a proxy'),
    'recurse-submodules': boolFlag('fetch submodules, too'),
    'ref-name': stringFlag('full name of a reference, such as refs/heads/main'),
    'secret-ref': stringFlag('Secret with credentials; none is generated then'),
    silent: boolFlag('do not wait for the deploy key to be added', false, { shorthand: 's' }),
    'sparse-checkout-paths': listFlag('directories to check out'),
    tag: stringFlag('tag to check out'),
    'tag-semver': stringFlag('version range of tags'),
    url: stringFlag('address of the repository'),
    username: stringFlag('user name', '', { shorthand: 'u' }),
    ...sshFlags,
  },
  inherited: { ...createFlags, ...sourceFlags },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.url === '') throw new CliError('url is required');
    const url = parseGitUrl(flags.url);
    if (
      flags.branch === '' &&
      flags.tag === '' &&
      flags['tag-semver'] === '' &&
      flags.commit === '' &&
      flags['ref-name'] === ''
    ) {
      throw new CliError(
        'a Git ref is required, use one of the following: --branch, --tag, --commit, --ref-name or --tag-semver',
      );
    }
    if (flags['ca-file'] !== '' && url.scheme === 'ssh') {
      throw new CliError('specifying a CA file is not supported for Git over SSH');
    }
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.git;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        ignore: flags['ignore-paths'].join('\n'),
        interval: formatDuration(flags.interval),
        provider: flags.provider,
        proxySecretRef: refTo(flags['proxy-secret-ref']),
        recurseSubmodules: flags['recurse-submodules'],
        secretRef: refTo(flags['secret-ref']),
        sparseCheckout: flags['sparse-checkout-paths'],
        timeout: flags['fetch-timeout'] === 0 ? '' : formatDuration(flags['fetch-timeout']),
      }),
      ref: reference(flags),
      url: flags.url,
    });
    const prepare = async (kube: KubeClient) => {
      if (flags['secret-ref'] !== '') return;
      if (url.scheme === 'http') {
        context.log.warning('insecure configuration: credentials configured for an HTTP URL');
      }
      const secret = await generateSecret(context, kube, { ...flags, name, parsed: url, labels });
      if (secret) object.spec['secretRef'] = { name };
    };
    await createAndWait(context, kind, object, sourceAnnouncement('GitRepository'), { export: flags.export, prepare });
  },
});

/** Splits a Git address and refuses schemes that controllers cannot fetch from. */
export function parseGitUrl(text: string): GoUrl {
  let url: GoUrl;
  try {
    url = parseGoUrl(text);
  } catch (error) {
    throw new CliError(`git URL parse failed: ${messageOf(error)}`);
  }
  if (url.scheme !== 'ssh' && url.scheme !== 'http' && url.scheme !== 'https') {
    throw new CliError(`git URL scheme '${url.scheme}' not supported, can be: ssh, http and https`);
  }
  return url;
}

type RefFlags = { commit: string; branch: string; 'ref-name': string; 'tag-semver': string; tag: string };

function reference(flags: RefFlags): Fields {
  if (flags.commit !== '') return compact({ branch: flags.branch, commit: flags.commit });
  if (flags['ref-name'] !== '') return { name: flags['ref-name'] };
  if (flags['tag-semver'] !== '') return { semver: flags['tag-semver'] };
  if (flags.tag !== '') return { tag: flags.tag };
  return { branch: flags.branch };
}

type SecretInput = {
  name: string;
  parsed: GoUrl;
  labels: Record<string, string>;
  username: string;
  password: string;
  'ca-file': string;
  'private-key-file': string;
  'ssh-key-algorithm': string;
  'ssh-rsa-bits': number;
  'ssh-ecdsa-curve': string;
  silent: boolean;
};

/** Makes the credentials' Secret; undefined when there are none. */
async function generateSecret(context: Context, kube: KubeClient, input: SecretInput): Promise<boolean> {
  const { parsed, log } = { ...input, log: context.log };
  const isSsh = parsed.scheme === 'ssh';
  const hasLogin = input.username !== '' && input.password !== '';
  if (!isSsh && !hasLogin && input['ca-file'] === '') return false;
  const credentials = await gitSecret(context, {
    url: parsed,
    username: isSsh ? '' : input.username,
    password: input.password,
    bearerToken: '',
    caFile: input['ca-file'],
    privateKeyFile: input['private-key-file'],
    algorithm: input['ssh-key-algorithm'],
    rsaBits: input['ssh-rsa-bits'],
    curve: input['ssh-ecdsa-curve'],
  });
  if (isSsh) {
    log.success(`collected public key from SSH server:\n${credentials['known_hosts']}`);
    log.generate(`deploy key: ${credentials['identity.pub']}`);
    if (!input.silent && !(await confirm(context, 'Have you added the deploy key to your repository'))) {
      throw new CliError('aborting');
    }
  }
  log.action('applying secret with repository credentials');
  await upsertSecret(context, kube, newSecret(context, input.name, { labels: input.labels, stringData: credentials }));
  log.success('authentication configured');
  return true;
}
