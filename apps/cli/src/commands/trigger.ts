import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { formatDuration, toMs } from '../framework/duration.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { durationFlag, intFlag, stringFlag } from '../framework/flag-types.ts';
import { fluxVersion } from '../version.ts';

const types = ['generic', 'generic-hmac', 'generic-oidc'];
const retried = new Set([404, 408, 429, 500, 502, 503, 504]);
/** Bytes of an answer that an error shows. */
const maxAnswer = 4096;

/** `flux trigger receiver` */
export const command = defineCommand({
  long: 'Call the webhook of a Receiver. Needs no access to the cluster.',
  example: `  # Trigger with the Receiver's token
  flux trigger receiver app --url=https://flux.example.com --token=\${TOKEN}`,
  flags: {
    'oidc-audience': stringFlag('audience of the requested token; notification-controller when absent'),
    'oidc-provider': stringFlag('where an OIDC token is requested, github or forgejo'),
    'oidc-token': stringFlag('OIDC token; FLUX_TRIGGER_RECEIVER_OIDC_TOKEN when absent'),
    payload: stringFlag('body of the request', '{}'),
    retries: intFlag('how often a failed request is sent again', 10),
    'retry-delay': durationFlag('pause before a request is sent again', '10s'),
    token: stringFlag('token of the Receiver'),
    type: stringFlag('type of the Receiver, one of: generic, generic-hmac, generic-oidc', 'generic'),
    url: stringFlag('address of the webhook server'),
  },
  async run(context, { args, flags }) {
    const name = args[0];
    if (name === undefined) throw new CliError('receiver name is required');
    checkFlags(flags);
    const isOidc = flags.type === 'generic-oidc';
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'User-Agent': `flux/v${fluxVersion}`,
    };
    if (flags.type === 'generic-hmac') {
      headers['X-Signature'] = `sha256=${createHmac('sha256', flags.token).update(flags.payload).digest('hex')}`;
    }
    if (isOidc) headers['Authorization'] = `Bearer ${await oidcToken(context, flags)}`;
    const id = createHash('sha256').update(`${flags.token}${name}${context.namespace}`).digest('hex');
    const url = `${flags.url.replace(/\/+$/, '')}/hook/${id}`;
    const subject = `Receiver ${context.namespace}/${name}`;
    context.log.action(`triggering ${subject}`);
    await send(context, url, { method: 'POST', headers, body: flags.payload }, flags);
    context.log.success(`${subject} triggered`);
  },
});

type TriggerFlags = {
  url: string;
  type: string;
  token: string;
  'oidc-provider': string;
  'oidc-token': string;
  'oidc-audience': string;
};

function checkFlags(flags: TriggerFlags): void {
  if (flags.url === '') throw new CliError('--url is required');
  if (!types.includes(flags.type)) {
    throw new CliError(`invalid --type ${JSON.stringify(flags.type)}, must be one of: ${types.join(', ')}`);
  }
  const provider = flags['oidc-provider'];
  if (flags.type !== 'generic-oidc') {
    if (flags.token === '') throw new CliError(`--token is required for --type=${flags.type}`);
    if (provider !== '' || flags['oidc-token'] !== '' || flags['oidc-audience'] !== '') {
      throw new CliError('--oidc-provider, --oidc-token and --oidc-audience can only be set for --type=generic-oidc');
    }
    return;
  }
  if (flags.token !== '') {
    throw new CliError('--token must not be set for --type=generic-oidc, the Receiver of this type has no secret');
  }
  if (provider !== '' && flags['oidc-token'] !== '') {
    throw new CliError('--oidc-provider and --oidc-token are mutually exclusive');
  }
  if (provider !== '' && provider !== 'github' && provider !== 'forgejo') {
    throw new CliError(`invalid --oidc-provider ${JSON.stringify(provider)}, must be one of: github, forgejo`);
  }
  if (flags['oidc-audience'] !== '' && provider === '') {
    throw new CliError('--oidc-audience can only be set together with --oidc-provider');
  }
}

async function oidcToken(context: Context, flags: TriggerFlags): Promise<string> {
  if (flags['oidc-token'] !== '') return flags['oidc-token'];
  if (flags['oidc-provider'] !== '') return requestToken(context, flags['oidc-audience'] || 'notification-controller');
  const preset = context.env['FLUX_TRIGGER_RECEIVER_OIDC_TOKEN'] ?? '';
  if (preset !== '') return preset;
  throw new CliError(
    'no OIDC token provided: set --oidc-provider, --oidc-token or the FLUX_TRIGGER_RECEIVER_OIDC_TOKEN environment variable',
  );
}

/** Asks the CI system for a token, as jobs with the permission to do so can. */
async function requestToken(context: Context, audience: string): Promise<string> {
  const address = context.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = context.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (address === '' || bearer === '') {
    throw new CliError(
      'the environment has no ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN: the job needs the permission to request an OIDC token',
    );
  }
  const url = new URL(address);
  url.searchParams.set('audience', audience);
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${bearer}` }, signal: context.deadline });
  const { value } = (await answer.json()) as { value?: unknown };
  if (!answer.ok || typeof value !== 'string')
    throw new CliError(`requesting an OIDC token failed with status ${answer.status}`);
  return value;
}

async function send(
  context: Context,
  url: string,
  request: { method: string; headers: Record<string, string>; body: string },
  flags: { retries: number; 'retry-delay': number },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let problem: string;
    let isFinal = false;
    try {
      const answer = await fetch(url, { ...request, redirect: 'manual', signal: context.deadline });
      const text = (await answer.text()).trim().slice(0, maxAnswer);
      if (answer.ok) return;
      const tail = text === '' ? '' : `: ${text}`;
      problem = `request to ${url} failed with status ${answer.status} ${answer.statusText}${tail}`;
      isFinal = !retried.has(answer.status);
    } catch (error) {
      context.deadline.throwIfAborted();
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      problem = `request to ${url} failed: ${messageOf(cause)}`;
    }
    if (isFinal || attempt > flags.retries) throw new CliError(problem);
    const delay = flags['retry-delay'];
    context.log.waiting(`${problem}; retrying in ${formatDuration(delay)} (${attempt}/${flags.retries})`);
    await sleep(toMs(delay), undefined, { signal: context.deadline }).catch(() => context.deadline.throwIfAborted());
  }
}
