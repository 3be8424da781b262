import { KubeError } from './errors.ts';
import type { Impersonation } from './types.ts';

/**
 * Headers that act as the identity, names and values alternating.
 *
 * @throws {KubeError} `INVALID_ARGUMENT` for an identity without user, or with line breaks
 */
export function impersonationHeaders(identity: Impersonation | undefined): string[] {
  if (identity === undefined) return [];
  const headers: string[] = [];
  const add = (name: string, value: string) => {
    if (value === '' || /[\r\n\0]/.test(value)) {
      throw new KubeError(
        'INVALID_ARGUMENT',
        `${name}: an identity to impersonate must not be empty or hold line breaks`,
      );
    }
    headers.push(name, value);
  };
  // Without a user the server would ignore groups, or, without both, act as ourselves.
  add('impersonate-user', identity.user);
  for (const group of identity.groups ?? []) add('impersonate-group', group);
  if (identity.uid !== undefined) add('impersonate-uid', identity.uid);
  for (const [key, values] of Object.entries(identity.extra ?? {})) {
    for (const value of values) add(`impersonate-extra-${encodeURIComponent(key)}`, value);
  }
  return headers;
}

/** The texts of a `Warning` header: `299 - "text"`, several in one. */
export function warningTexts(header: string | string[]): string[] {
  const texts: string[] = [];
  const whole = Array.isArray(header) ? header.join(', ') : header;
  for (const match of whole.slice(0, 65_536).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    texts.push(match[1]!.replace(/\\(.)/g, '$1'));
  }
  return texts;
}
