import type { OCIRepository } from '@fluvial/api';
import { isFalse } from '@fluvial/conditions';
import { type OciClient, type Reference, type Repository, withDigest } from '@fluvial/oci';
import { parseDurationOr, type ReconcileContext } from '@fluvial/runtime';
import type { Options } from '../options.ts';
import type { ArchiveCache } from './archive-cache.ts';
import type { ClientPool } from './client-pool.ts';
import { types } from './conditions.ts';
import { fetchFailed } from './failures.ts';
import { fetchImage, fetchLayer, type LayerContent, selectLayer } from './fetch-layer.ts';
import { mustVerify, planFetch } from './plan-fetch.ts';
import { refuseProviderLogin } from './provider-login.ts';
import { readCredentials, readProxy, readTls } from './read-secrets.ts';
import { type Choice, chooseReference, readRepository, resolveChoice } from './resolve-reference.ts';
import { verifySignature } from './verify-signature.ts';
import { within } from './within.ts';

/** What the source step found. */
export type Source =
  | { readonly step: 'keep'; readonly revision: string }
  | {
      readonly step: 'store';
      readonly revision: string;
      /** Digest of the manifest: names the stored file. */
      readonly digest: string;
      readonly annotations: Readonly<Record<string, string>>;
      readonly content: LayerContent;
    };

/** What the step works with. */
export interface SourcePorts {
  readonly clients: ClientPool;
  readonly archives: ArchiveCache;
  readonly options: Pick<Options, 'defaultServiceAccount' | 'objectLevelIdentity'>;
}

type Context = ReconcileContext<OCIRepository>;

/** Asking a registry is bounded by the object's timeout, but never by less than this. */
const leastTimeoutMs = 60_000;
/** A pull ends by silence on the line long before; this is the last resort. */
const pullTimeoutMs = 30 * 60_000;

/**
 * Second step: resolves what the spec means to a digest, verifies it, and pulls it unless the store has it.
 *
 * @throws {TransientError | StallingError} with `FetchFailed` or `SourceVerified` set
 */
export async function fetchSource(object: OCIRepository, ports: SourcePorts, ctx: Context): Promise<Source> {
  const { spec } = object;
  object.status ??= {};
  const { status } = object;
  dropFailedVerification(object, ctx);
  const { client, identity, repository } = await openRegistry(object, ports, ctx);

  const askingMs = Math.max(parseDurationOr(spec.timeout, leastTimeoutMs), leastTimeoutMs);
  const { reference, digest } = await within(ctx, askingMs, (signal) =>
    resolveDigest(spec, repository, client, signal),
  );
  const revision = reference.tag === undefined ? digest : `${reference.tag}@${digest}`;
  const pinned = withDigest(repository, digest);

  if (status.artifact?.revision !== revision) announceRevision(object, revision, reference, ctx);
  if (spec.verify === undefined) ctx.deleteCondition(types.sourceVerified);
  else if (mustVerify(object, revision)) await verifySignature(object, pinned, client, ctx);

  const plan = planFetch(spec, status, revision);
  if (plan.step === 'keep') {
    ctx.deleteCondition(types.fetchFailed);
    return { step: 'keep', revision };
  }
  const key = `${identity} ${pinned.name}`;
  const pulled = await within(ctx, pullTimeoutMs, (signal) =>
    pull(spec, { client, reference: pinned, signal, packing: ctx.signal, key, archives: ports.archives }),
  );
  ctx.deleteCondition(types.fetchFailed);
  return { step: 'store', revision, digest, ...pulled };
}

function dropFailedVerification(object: OCIRepository, ctx: Context): void {
  if (isFalse(object, types.sourceVerified)) ctx.deleteCondition(types.sourceVerified);
}

async function openRegistry(
  object: OCIRepository,
  { clients, options }: SourcePorts,
  ctx: Context,
): Promise<{ client: OciClient; identity: string; repository: Repository }> {
  const { spec, metadata } = object;
  const namespace = metadata.namespace ?? '';
  let credentials: Awaited<ReturnType<typeof readCredentials>>;
  try {
    credentials = await readCredentials(object, ctx);
  } catch (error) {
    throw fetchFailed('AuthenticationFailed', 'failed to get credential', error);
  }
  let proxy: Awaited<ReturnType<typeof readProxy>> | undefined;
  try {
    proxy = spec.proxySecretRef ? await readProxy(spec.proxySecretRef.name, namespace, ctx) : undefined;
  } catch (error) {
    throw fetchFailed('AuthenticationFailed', 'failed to get proxy address', error);
  }
  if ((spec.provider ?? 'generic') !== 'generic' && credentials.isAnonymous) {
    refuseProviderLogin(spec, readRepository(spec), options);
  }
  let tls: Awaited<ReturnType<typeof readTls>> | undefined;
  try {
    tls = spec.certSecretRef ? await readTls(spec.certSecretRef.name, namespace, ctx) : undefined;
  } catch (error) {
    throw fetchFailed('AuthenticationFailed', `failed to generate transport for '${spec.url}'`, error);
  }
  const repository = readRepository(spec);
  const { client, identity } = clients.use({
    keychain: credentials.keychain,
    credentials: credentials.fingerprint,
    insecure: spec.insecure === true,
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  return { client, identity, repository };
}

async function resolveDigest(
  spec: OCIRepository['spec'],
  repository: Repository,
  client: Pick<OciClient, 'resolve' | 'listTags'>,
  signal: AbortSignal,
): Promise<{ reference: Reference; digest: string }> {
  let choice: Choice;
  try {
    choice = await chooseReference(spec, repository, client, signal);
  } catch (error) {
    throw fetchFailed('ReadOperationFailed', `failed to determine the artifact tag for '${spec.url}'`, error);
  }
  try {
    return await resolveChoice(choice, repository, client, signal);
  } catch (error) {
    throw fetchFailed('OCIArtifactPullFailed', 'failed to determine artifact digest', error);
  }
}

function announceRevision(object: OCIRepository, revision: string, reference: Reference, ctx: Context): void {
  const message = `new revision '${revision}' for '${reference.name}'`;
  if (object.status?.artifact !== undefined) ctx.setCondition(types.artifactOutdated, 'True', 'NewRevision', message);
  ctx.progress(`building artifact: ${message}`);
  ctx.setCondition('Ready', 'Unknown', 'Progressing', `building artifact: ${message}`);
}

async function pull(
  spec: OCIRepository['spec'],
  source: Parameters<typeof fetchImage>[1] & { readonly key: string; readonly archives: ArchiveCache },
): Promise<{ annotations: Readonly<Record<string, string>>; content: LayerContent }> {
  const { key, archives } = source;
  let large: { annotations: Readonly<Record<string, string>>; content: LayerContent } | undefined;
  const rules = JSON.stringify([spec.layerSelector ?? null, spec.ignore ?? null]);
  try {
    const { bytes, annotations } = await archives.get(`${key} ${rules}`, async () => {
      const image = await fetchImage(spec, source);
      const content = await fetchLayer(spec, selectLayer(spec, image), source);
      const found = image.manifest.annotations ?? {};
      if (content.kind === 'bytes') return { bytes: content.bytes, annotations: found };
      large = { annotations: found, content };
      throw new TooLargeToShare();
    });
    return { annotations, content: { kind: 'bytes', bytes } };
  } catch (error) {
    if (error instanceof TooLargeToShare && large !== undefined) return large;
    throw error;
  }
}

/** Goes from the maker of a large archive to its own caller: only what fits in memory is shared. */
class TooLargeToShare extends Error {}
