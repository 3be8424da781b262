import { createHash, randomBytes } from 'node:crypto';
import { defineCommand } from '../../../framework/command.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { receiverTypeFlag } from '../flag-values.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret } from './secret.ts';

/** `flux create secret receiver` */
export const command = defineCommand({
  long: 'Create or update a Secret with the token of a Receiver, annotated with the webhook address.',
  example: `  # A random token
  flux create secret receiver github --type=github --hostname=flux.example.com`,
  flags: {
    'audience-claim': stringFlag('audience of the token (gcr); the webhook address when absent'),
    'email-claim': stringFlag('email of the token (gcr)'),
    hostname: stringFlag('host name of the webhook address'),
    token: stringFlag('token; random when absent'),
    type: receiverTypeFlag('who sends webhooks'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.type === '') throw new CliError('--type is required');
    if (flags.hostname === '') throw new CliError('--hostname is required');
    if (flags.type === 'gcr' && flags['email-claim'] === '') {
      throw new CliError('--email-claim is required for gcr receiver type');
    }
    const labels = parseLabels(flags.label);
    const token = flags.token === '' ? randomBytes(32).toString('hex') : flags.token;
    const path = createHash('sha256').update(`${token}${name}${context.namespace}`).digest('hex');
    const address = `https://${flags.hostname}/hook/${path}`;
    const isGcr = flags.type === 'gcr';
    const secret = newSecret(context, name, {
      labels,
      annotations: { 'notification.toolkit.fluxcd.io/webhook': address },
      stringData: {
        token,
        email: isGcr ? flags['email-claim'] : '',
        audience: isGcr ? flags['audience-claim'] || address : '',
      },
    });
    await finishSecret(context, secret, { what: 'receiver', export: flags.export });
  },
});
