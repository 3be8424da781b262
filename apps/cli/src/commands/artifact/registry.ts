import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import {
  createOciClient,
  dockerConfigKeychain,
  type HelperAnswer,
  type Keychain,
  type OciClient,
  parseCredentials,
  parseReference,
  type Reference,
  staticKeychain,
} from '@fluvial/oci';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { fluxVersion } from '../../version.ts';

type RegistryFlags = { creds: string; provider: string; 'insecure-registry': boolean };

/** An artifact's address as typed, without `oci://`, and what it means. */
export type ArtifactUrl = { readonly typed: string; readonly reference: Reference };

/**
 * Reads `oci://host/path[:tag|@digest]`.
 *
 * @throws {CliError} with the original's texts
 */
export function parseArtifactUrl(text: string): ArtifactUrl {
  if (!text.startsWith('oci://')) throw new CliError("URL must be in format 'oci://<domain>/<org>/<repo>'");
  const typed = text.slice('oci://'.length);
  try {
    return { typed, reference: parseReference(typed) };
  } catch (error) {
    throw new CliError(`'${text}' invalid URL: could not parse reference: ${typed}`, { cause: error });
  }
}

/** Runs something with a client that has the credentials that the flags and docker's configuration give. */
export async function withRegistry<T>(
  context: Context,
  flags: RegistryFlags,
  url: ArtifactUrl,
  run: (client: OciClient) => Promise<T>,
  options: { debug?: boolean; retries?: boolean } = {},
): Promise<T> {
  const keychain = keychainOf(context, flags, url);
  const client = createOciClient({
    env: context.env,
    keychain,
    insecure: flags['insecure-registry'],
    skipTlsVerify: flags['insecure-registry'],
    userAgent: `flux/v${fluxVersion}`,
    // Pushes outlast a registry that restarts: ten tries, the whole bounded by --timeout.
    ...(options.retries && context.timeoutMs > 0
      ? { retry: { attempts: 10, initialMs: 1000, factor: 3, jitter: 0.1, maxMs: context.timeoutMs } }
      : {}),
    ...(options.debug ? { onRetry: ({ message }) => context.stderr(`${message}\n`) } : {}),
  });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

function keychainOf(context: Context, flags: RegistryFlags, url: ArtifactUrl): Keychain {
  if (flags.provider !== 'generic' && flags.provider !== '') {
    context.log.action('logging in to registry with provider credentials');
    throw new CliError(
      `error during login with provider: could not login to provider ${flags.provider} with url ${url.typed}: logging in with a cloud's own credentials is not supported yet; log in with docker and use the generic provider`,
    );
  }
  if (flags.creds !== '') {
    context.log.action('logging in to registry with credentials');
    return staticKeychain(parseCredentials(flags.creds));
  }
  const home = context.env['HOME'];
  return dockerConfigKeychain({
    env: context.env,
    ...(home ? { home } : {}),
    readFile: (path) => readFile(path, 'utf8').catch(absent),
    helper: (name, server) => askHelper(context, name, server),
  });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

const maxHelperBytes = 64 * 1024;

/** Asks a docker credential helper; without a shell, the server's name on its standard input. */
async function askHelper(context: Context, name: string, server: string): Promise<HelperAnswer | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw new CliError(`invalid credential helper name ${JSON.stringify(name)}`);
  const program = `docker-credential-${name}`;
  const { code, stdout } = await runHelper(context, program, server).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
    throw new CliError(`error getting credentials - err: exec: ${JSON.stringify(program)}: ${reason}, out: ""`);
  });
  if (code !== 0) {
    if (stdout.includes('credentials not found')) return undefined;
    throw new CliError(`error getting credentials - err: exit status ${code}, out: ${JSON.stringify(stdout.trim())}`);
  }
  try {
    const answer = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown };
    return { username: String(answer.Username ?? ''), secret: String(answer.Secret ?? '') };
  } catch {
    // The parser's message would quote the secret.
    throw new CliError(`error getting credentials - err: ${program} did not answer with JSON, out: ""`);
  }
}

function runHelper(context: Context, program: string, input: string): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: context.env as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: context.deadline,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      stdout += chunk;
      if (stdout.length > maxHelperBytes) child.kill();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** The error of a registry call with words before it. */
export function registryError(prefix: string, error: unknown): CliError {
  return new CliError(prefix === '' ? messageOf(error) : `${prefix}: ${messageOf(error)}`, { cause: error });
}
