import { defineCommand } from '../../../framework/command.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret } from './secret.ts';
import { readTls, tlsFlags } from './tls-pair.ts';

/** `flux create secret tls` */
export const command = defineCommand({
  long: 'Create or update a Secret with certificates.',
  example: `  # A client certificate and the authority of the server
  flux create secret tls certs --tls-crt-file=client.crt --tls-key-file=client.key --ca-crt-file=ca.crt`,
  flags: tlsFlags,
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    const labels = parseLabels(flags.label);
    const stringData = await readTls(context, flags);
    const type = stringData['tls.crt'] === '' ? 'Opaque' : 'kubernetes.io/tls';
    const secret = newSecret(context, name, { labels, type, stringData });
    await finishSecret(context, secret, { what: 'tls', export: flags.export, tail: '' });
  },
});
