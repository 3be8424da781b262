import type { OCIRepository } from '@fluvial/api';
import type { Change, ObjectKey } from '@fluvial/runtime';

/** `namespace/name` of each Secret that an object names itself. */
export function secretsOf({ metadata, spec }: OCIRepository): string[] {
  const refs = [spec.secretRef, spec.certSecretRef, spec.proxySecretRef, spec.verify?.secretRef, trustedRootOf(spec)];
  return refs.flatMap((ref) => (ref === undefined ? [] : [`${metadata.namespace ?? ''}/${ref.name}`]));
}

/** `namespace/name` of the ServiceAccount that an object names. */
export function serviceAccountsOf({ metadata, spec }: OCIRepository): string[] {
  return spec.serviceAccountName ? [`${metadata.namespace ?? ''}/${spec.serviceAccountName}`] : [];
}

/**
 * Whom a changed Secret or ServiceAccount wakes: those who use it; and when it has only just appeared, those who have
 * missed it (a first listing tells of every Secret, and most objects are fine with theirs).
 */
export function wakeForSecret(change: Change, users: readonly OCIRepository[]): ObjectKey[] {
  if (change.type === 'deleted') return [];
  const woken = change.type === 'modified' ? users : users.filter(missesSomething);
  return woken.map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
}

function missesSomething({ status }: OCIRepository): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value, reason }) =>
      (type === 'FetchFailed' && value === 'True' && reason === 'AuthenticationFailed') ||
      (type === 'SourceVerified' && value === 'False'),
  );
}

function trustedRootOf(spec: OCIRepository['spec']): { name: string } | undefined {
  return spec.verify !== undefined && 'trustedRootSecretRef' in spec.verify
    ? spec.verify.trustedRootSecretRef
    : undefined;
}
