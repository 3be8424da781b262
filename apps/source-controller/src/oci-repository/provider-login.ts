import type { OCIRepository } from '@fluvial/api';
import type { Repository } from '@fluvial/oci';
import { StallingError } from '@fluvial/runtime';
import type { Options } from '../options.ts';
import { types } from './conditions.ts';
import { fetchFailed } from './failures.ts';

// Source: Flux's documentation of the three providers' registries.
const registries: Readonly<Record<string, { readonly name: string; readonly pattern: RegExp; readonly text: string }>> =
  {
    aws: host(
      'AWS',
      '([0-9+]*).dkr[.-]ecr(?:-fips)?\\.([^/.]*)\\.(amazonaws\\.com[.cn]*|amazonaws\\.eu|sc2s\\.sgov\\.gov|c2s\\.ic\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov|on\\.aws)',
    ),
    azure: host('Azure', '^.+\\.(azurecr\\.io|azurecr\\.cn|azurecr\\.de|azurecr\\.us)$'),
    gcp: host('GCP', '^(((.+\\.)?gcr\\.io)|(.+-docker\\.pkg\\.dev)|(docker\\.s3nsregistry\\.fr))$'),
  };

function host(name: string, text: string) {
  return { name, pattern: new RegExp(text), text };
}

/**
 * Refuses a login by a cloud provider's identity, which this version does not have: called when `spec.provider` asks for
 * one and no credentials were given.
 *
 * @throws {StallingError} `FeatureGateDisabled`, `AuthenticationFailed`
 * @throws {TransientError} `AuthenticationFailed`: the registry is none of the provider's
 */
export function refuseProviderLogin(
  spec: OCIRepository['spec'],
  repository: Repository,
  options: Pick<Options, 'objectLevelIdentity'>,
): never {
  const provider = spec.provider ?? 'generic';
  if (spec.serviceAccountName && !options.objectLevelIdentity) {
    throw new StallingError(
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
      { reason: 'FeatureGateDisabled' },
    );
  }
  const text = `failed to get credential from ${provider}`;
  const known = Object.hasOwn(registries, provider) ? registries[provider] : undefined;
  const { registry } = repository;
  if (known !== undefined && !known.pattern.test(registry) && !(provider === 'aws' && registry === 'public.ecr.aws')) {
    throw fetchFailed(
      'AuthenticationFailed',
      `${text}: invalid ${known.name} registry: '${registry}'. must match ${known.text}`,
    );
  }
  throw new StallingError(
    `${text}: login by the provider's identity is not available in this version; name a docker config in spec.secretRef`,
    { reason: 'AuthenticationFailed', condition: types.fetchFailed },
  );
}
