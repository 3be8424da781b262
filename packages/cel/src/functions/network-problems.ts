// Why a text is no address, range or URL, in the words of Go's net/netip and net/url; of an IPv6 address only in general.

/** Why `ip(text)` fails. */
export function addressProblem(text: string): string {
  const shown = JSON.stringify(text);
  if (/^[0-9a-fA-F:.]+%/.test(text)) return `IP address ${shown} with zone value is not allowed`;
  if (isMapped(text)) return `IPv4-mapped IPv6 address ${shown} is not allowed`;
  return `IP Address ${shown} parse error during conversion from string: ${parseProblem(text)}`;
}

/** Why `cidr(text)` fails. */
export function rangeProblem(text: string): string {
  const shown = JSON.stringify(text);
  const failed = 'network address parse error during conversion from string';
  const slash = text.lastIndexOf('/');
  const [address, bits] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  if (slash >= 0 && isMapped(address)) return `${failed}: IPv4-mapped IPv6 address ${shown} is not allowed`;
  let why = 'prefix length out of range';
  if (slash < 0) why = "no '/'";
  else if (!/^[0-9a-fA-F:.]+$/.test(address) || !/[.:]/.test(address)) why = parseProblem(address);
  else if (!/^(?:0|[1-9]\d{0,2})$/.test(bits)) why = `bad bits after slash: ${JSON.stringify(bits)}`;
  return `${failed}: ${failed}: netip.ParsePrefix(${shown}): ${why}`;
}

/** Why `url(text)` fails. */
export function urlProblem(text: string): string {
  let why = 'invalid URI for request';
  if (text === '') why = 'empty url';
  else if (text.startsWith(':')) why = 'missing protocol scheme';
  return `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`;
}

function isMapped(address: string): boolean {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address);
}

function parseProblem(text: string): string {
  return `ParseAddr(${JSON.stringify(text)}): ${/^[^:%]*\./.test(text) ? dottedProblem(text) : 'unable to parse IP'}`;
}

function dottedProblem(text: string): string {
  const parts = text.split('.');
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const strange = /[^0-9]/.exec(part);
    if (strange !== null) return `unexpected character (at ${JSON.stringify(text.slice(at + strange.index))})`;
    if (part === '') return 'IPv4 field must have at least one digit';
    if (part.length > 1 && part.startsWith('0')) return 'IPv4 field has octet with leading zero';
    if (Number(part) > 255) return 'IPv4 field has value >255';
    if (i === 4) return 'IPv4 address too long';
    at += part.length + 1;
  }
  return 'IPv4 address too short';
}
