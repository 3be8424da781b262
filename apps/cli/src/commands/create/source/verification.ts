import { CliError } from '../../../framework/errors.ts';
import { type Fields, refTo } from '../../../objects/toolkit-object.ts';

type VerifyFlags = {
  'verify-provider': string;
  'verify-secret-ref': string;
  'verify-subject': string;
  'verify-issuer': string;
};

/** `spec.verify` from the flags; undefined when none asks for it. */
export function verification(flags: VerifyFlags, options: { subjectNeedsProvider?: boolean } = {}): Fields | undefined {
  const provider = flags['verify-provider'];
  const issuer = flags['verify-issuer'];
  const subject = flags['verify-subject'];
  if (provider === '') {
    if (flags['verify-secret-ref'] !== '') {
      throw new CliError('a verification provider must be specified when a secret is specified');
    }
    if (issuer !== '' || (subject !== '' && options.subjectNeedsProvider !== false)) {
      throw new CliError('a verification provider must be specified when OIDC issuer/subject is specified');
    }
    return undefined;
  }
  const secretRef = refTo(flags['verify-secret-ref']);
  return {
    ...(issuer !== '' || subject !== '' ? { matchOIDCIdentity: [{ issuer, subject }] } : {}),
    provider,
    ...(secretRef ? { secretRef } : {}),
  };
}
