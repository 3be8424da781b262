import { BlockList, isIP } from 'node:net';
import { OciError } from './errors.ts';
import { quoteGo } from './go-format.ts';
import { redactUrl } from './redact.ts';
import { isLocalRegistry } from './reference.ts';

// Loopback, link-local (cloud metadata), private and unspecified addresses. Names that resolve to them are not looked up:
// what a name may reach is the network's own rule.
const privateBlocks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 24],
] as const) {
  privateBlocks.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateBlocks.addSubnet(network, prefix, 'ipv6');
}

/**
 * Resolves where a server sends us, and refuses what a hostile one would like us to ask in its place: another scheme than
 * HTTP, HTTP after HTTPS, or an address inside somebody's network. A registry that is itself local may point anywhere local.
 *
 * @throws {OciError} `PROTOCOL`
 */
export function guardTarget(location: string, base: string, registry: string): string {
  const from = new URL(base);
  if (!URL.canParse(location, base)) throw refused(from, redactUrl(location), 'not a URL');
  const to = new URL(location, base);
  const shown = redactUrl(to.href);
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw refused(from, shown, 'not HTTP');
  if (to.protocol === 'http:' && from.protocol === 'https:') throw refused(from, shown, 'it is not encrypted');
  const isSameHost = to.hostname === from.hostname || to.host === registry;
  if (!isSameHost && isPrivateHost(to.hostname) && !isLocalRegistry(registry)) {
    throw refused(from, shown, 'the address is private or link-local');
  }
  to.username = '';
  to.password = '';
  return to.href;
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  if (family === 6) {
    const mapped = /^::ffff:(.+)$/i.exec(host)?.[1];
    if (mapped !== undefined) return isPrivateHost(dotted(mapped));
  }
  return family !== 0 && privateBlocks.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

// URL writes mapped addresses in hex: ::ffff:7f00:1.
function dotted(mapped: string): string {
  const [high, low] = mapped.split(':').map((part) => Number.parseInt(part, 16));
  if (mapped.includes('.') || high === undefined || low === undefined) return mapped;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function refused(from: URL, target: string, why: string): OciError {
  return new OciError('PROTOCOL', `${from.host} sent us to ${quoteGo(target)}, refused: ${why}`);
}
