import { OciError } from './errors.ts';

/**
 * Reads the next page's address from a `Link` field (RFC 8288): the whole URL, or `undefined` at the last page.
 *
 * @throws {OciError} `PROTOCOL` when it is malformed or points at another origin: a list is one registry's.
 */
export function nextPage(header: string | undefined, url: string): string | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const match = /^\s*<([^>]*)>/.exec(header);
  if (match === null) throw new OciError('PROTOCOL', 'failed to parse link header');
  if (match[1] === '') return undefined;
  if (!URL.canParse(match[1]!, url)) throw new OciError('PROTOCOL', 'failed to parse link header: not a URL');
  const next = new URL(match[1]!, url);
  if (next.origin !== new URL(url).origin) {
    throw new OciError('PROTOCOL', 'pagination URL does not match the registry');
  }
  return next.href;
}
