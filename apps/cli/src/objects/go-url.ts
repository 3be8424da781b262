/** The parts of a URL as Go's parser sees them. */
export type GoUrl = { scheme: string; user: string; host: string; path: string };

/**
 * Splits a URL by Go's rules.
 *
 * @throws {Error} with Go's text: `parse ":x": missing protocol scheme`.
 */
export function parseGoUrl(text: string): GoUrl {
  const fail = (reason: string) => new Error(`parse ${JSON.stringify(text)}: ${reason}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (/[\x00-\x1f\x7f]/.test(text)) throw fail('net/url: invalid control character in URL');
  let rest = text.split('#')[0]!;
  let scheme = '';
  const head = /^([^/?:]*):/.exec(rest);
  if (head !== null) {
    const name = head[1]!;
    if (name === '') throw fail('missing protocol scheme');
    if (/^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(name)) {
      scheme = name.toLowerCase();
      rest = rest.slice(head[0].length);
    } else throw fail('first path segment in URL cannot contain colon');
  }
  rest = rest.split('?')[0]!;
  if (!rest.startsWith('//')) return { scheme, user: '', host: '', path: rest };
  const slash = rest.indexOf('/', 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const port = /:([^\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) throw fail(`invalid port ${JSON.stringify(`:${port}`)} after host`);
  if (host.includes(' ')) throw fail(`invalid character " " in host name`);
  return { scheme, user: at < 0 ? '' : authority.slice(0, at), host, path };
}
