import { basename } from 'node:path';
import { defineCommand } from '../../../framework/command.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { listFlag, stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret, readFlagFile } from './secret.ts';
import { checkTrustPolicy } from './trust-policy.ts';

/** `flux create secret notation` */
export const command = defineCommand({
  long: 'Create or update a Secret with the trust policy and certificates that notation signatures are checked with.',
  example: `  # One authority
  flux create secret notation trust --ca-cert-file=ca.pem --trust-policy-file=policy.json`,
  flags: {
    'ca-cert-file': listFlag('files with trusted certificates, .crt or .pem', [], { completes: 'files' }),
    'trust-policy-file': stringFlag('file with the trust policy', '', { completes: 'files' }),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags['ca-cert-file'].length === 0) throw new CliError('--ca-cert-file is required');
    const policyFile = flags['trust-policy-file'];
    if (policyFile === '') throw new CliError('--trust-policy-file is required');
    const labels = parseLabels(flags.label);
    const policy = await readFlagFile(context, policyFile, 'unable to read trust policy file');
    let parsed: unknown;
    try {
      parsed = JSON.parse(policy);
    } catch (error) {
      throw new CliError(`failed to unmarshal trust policy ${policyFile}: ${messageOf(error)}`);
    }
    const problem = checkTrustPolicy(parsed);
    if (problem !== undefined) throw new CliError(`invalid trust policy: ${problem}`);
    const stringData: Record<string, string> = { 'trustpolicy.json': policy };
    for (const file of flags['ca-cert-file']) {
      if (!file.endsWith('.crt') && !file.endsWith('.pem'))
        throw new CliError(`${file} must end with either .crt or .pem`);
      stringData[basename(file)] = await readFlagFile(context, file, 'unable to read TLS CA file');
    }
    const secret = newSecret(context, name, { labels, stringData });
    await finishSecret(context, secret, { what: 'notation configuration', export: flags.export });
  },
});
