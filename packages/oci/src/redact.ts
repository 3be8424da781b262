// Query values that belong to the protocol. Anything else may be a signature of a redirect's target.
const knownParameters = new Set(['scope', 'service', 'mount', 'from', 'digest', 'n', 'last', 'artifactType']);

/** A URL as it may stand in a message: no userinfo, unknown query values hidden, query sorted. */
export function redactUrl(text: string): string {
  if (!text.includes('?') && !text.includes('@')) return text;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return text.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/s, '?REDACTED');
  }
  const pairs = [...url.searchParams]
    .map(([key, value]) => [key, knownParameters.has(key) ? value : 'REDACTED'] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`);
  return `${url.protocol}//${url.host}${url.pathname}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** Takes secrets out of a text that a server wrote. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length > 3) clean = clean.replaceAll(secret, 'REDACTED');
  }
  return clean;
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
