import { createPublicKey } from 'node:crypto';
import type { OCIRepository } from '@fluvial/api';
import { isNotFound, type OciClient, type Reference, withTag } from '@fluvial/oci';
import { type ReconcileContext, StallingError, TransientError } from '@fluvial/runtime';
import { types } from './conditions.ts';
import { dataOf, type SecretData } from './read-secrets.ts';

/**
 * Checks `spec.verify` as far as this version can: Secrets and keys must be right, and something must be signed at all.
 * Whether a signature is good cannot be told yet, so a signed artifact is refused, too: the object stalls.
 *
 * @throws {TransientError} `VerificationError`, with `SourceVerified=False`
 * @throws {StallingError} `VerificationError`: signatures exist
 */
export async function verifySignature(
  object: OCIRepository,
  reference: Reference,
  client: Pick<OciClient, 'referrers' | 'resolve'>,
  ctx: ReconcileContext<OCIRepository>,
): Promise<never> {
  const verify = object.spec.verify!;
  const isKeyless = verify.provider === 'cosign' && verify.secretRef === undefined;
  const provider = isKeyless ? 'cosign keyless' : verify.provider;
  let message: string;
  try {
    if (verify.provider === 'notation') await checkNotation(object, reference, ctx);
    else if (verify.secretRef !== undefined) await checkKeys(verify.secretRef.name, object, ctx);
    else ctx.log.info('no secret reference is provided, trying to verify the image using keyless method');
    if (!(await isSigned(reference, client, ctx.signal))) {
      throw new Error(`no matching signatures were found for '${reference.name}'`);
    }
    message = `failed to verify the signature using provider '${provider}': checking signatures is not available in this version; remove spec.verify, or pin spec.ref.digest to an artifact that was verified elsewhere`;
  } catch (error) {
    message = `failed to verify the signature using provider '${provider}': ${(error as Error).message}`;
    ctx.setCondition(types.sourceVerified, 'False', 'VerificationError', message);
    throw new TransientError(message, { reason: 'VerificationError', cause: error });
  }
  ctx.setCondition(types.sourceVerified, 'False', 'VerificationError', message);
  throw new StallingError(message, { reason: 'VerificationError' });
}

async function secretData(
  name: string,
  object: OCIRepository,
  ctx: ReconcileContext<OCIRepository>,
): Promise<SecretData> {
  const namespace = object.metadata.namespace ?? '';
  return dataOf(await ctx.kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal: ctx.signal }));
}

async function checkKeys(name: string, object: OCIRepository, ctx: ReconcileContext<OCIRepository>): Promise<void> {
  for (const [key, value] of await secretData(name, object, ctx)) if (key.endsWith('.pub')) parseKey(value);
}

async function checkNotation(
  object: OCIRepository,
  reference: Reference,
  ctx: ReconcileContext<OCIRepository>,
): Promise<void> {
  const ref = object.spec.verify?.secretRef;
  if (ref === undefined) throw new Error(`verification secret cannot be empty: '${reference.name}'`);
  const data = await secretData(ref.name, object, ctx);
  const where = `${object.metadata.namespace ?? ''}/${ref.name}`;
  if (!data.has('trustpolicy.json')) throw new Error(`'trustpolicy.json' not found in secret '${where}'`);
  const hasCertificate = [...data.keys()].some((key) => key.endsWith('.crt') || key.endsWith('.pem'));
  if (!hasCertificate) throw new Error(`no certificates found in secret '${where}'`);
}

// Object identifiers of the curves, as they stand in a key's DER (RFC 5480, section 2.1.1.1).
const curves: readonly (readonly [string, string])[] = [
  ['06082a8648ce3d030107', 'P256'],
  ['06052b81040022', 'P384'],
  ['06052b81040023', 'P521'],
];

function parseKey(pem: Buffer): void {
  const block = /-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END \1-----/.exec(pem.toString('latin1'));
  if (block === null) throw new Error('PEM decoding failed');
  try {
    createPublicKey(block[0]);
  } catch (error) {
    const der = Buffer.from(block[2] ?? '', 'base64').toString('hex');
    const curve = curves.find(([oid]) => der.includes(oid))?.[1];
    if (curve !== undefined) throw new Error(`${curve} point not on curve`, { cause: error });
    throw new Error('failed to parse public key', { cause: error });
  }
}

/** Whether anything claims to sign a digest: a bundle that refers to it, or cosign's older tag. */
async function isSigned(
  reference: Reference,
  client: Pick<OciClient, 'referrers' | 'resolve'>,
  signal: AbortSignal,
): Promise<boolean> {
  const referrers = await client.referrers(reference, { signal });
  if (referrers.some(({ artifactType = '' }) => /sigstore|cosign|notary|notation/i.test(artifactType))) return true;
  try {
    await client.resolve(withTag(reference, `${reference.digest!.replace(':', '-')}.sig`), { signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
