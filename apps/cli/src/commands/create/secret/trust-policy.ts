import { valueAt } from '../../../objects/toolkit-object.ts';

const levels = new Set(['strict', 'permissive', 'audit', 'skip']);

/**
 * What is wrong with a notation trust policy document; undefined when nothing is.
 *
 * Rule: the trust policy chapter of the Notary Project's trust store and trust policy specification.
 */
export function checkTrustPolicy(document: unknown): string | undefined {
  if (valueAt(document, 'version') === undefined)
    return 'trust policy document has empty version, version must be specified';
  if (valueAt(document, 'version') !== '1.0') {
    return `trust policy document uses unsupported version ${JSON.stringify(valueAt(document, 'version'))}`;
  }
  const policies = valueAt(document, 'trustPolicies');
  if (!Array.isArray(policies) || policies.length === 0) {
    return 'trust policy document can not have zero trust policy statements';
  }
  const names = new Set<string>();
  for (const policy of policies) {
    const name = valueAt(policy, 'name');
    if (typeof name !== 'string' || name === '')
      return 'a trust policy statement is missing a name, every statement requires a name';
    if (names.has(name))
      return `multiple trust policy statements use the same name ${JSON.stringify(name)}, statement names must be unique`;
    names.add(name);
    const problem = checkStatement(policy, name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkStatement(policy: unknown, name: string): string | undefined {
  const level = valueAt(policy, 'signatureVerification', 'level');
  if (typeof level !== 'string' || !levels.has(level)) {
    return `trust policy statement ${JSON.stringify(name)} has invalid signatureVerification: invalid signature verification level ${JSON.stringify(level ?? '')}`;
  }
  const scopes = valueAt(policy, 'registryScopes');
  if (!Array.isArray(scopes) || scopes.length === 0) {
    return `trust policy statement ${JSON.stringify(name)} has zero registry scopes, it must specify registry scopes with at least one value`;
  }
  const stores = valueAt(policy, 'trustStores');
  const identities = valueAt(policy, 'trustedIdentities');
  const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0;
  if (level === 'skip') {
    if (isFilled(stores) || isFilled(identities)) {
      return `trust policy statement ${JSON.stringify(name)} is set to skip signature verification but configured with trust stores and/or trusted identities, remove them if signature verification needs to be skipped`;
    }
    return undefined;
  }
  if (!isFilled(stores) || !isFilled(identities)) {
    return `trust policy statement ${JSON.stringify(name)} is either missing trust stores or trusted identities, both must be specified`;
  }
  return undefined;
}
