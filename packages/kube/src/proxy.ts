import { BlockList, isIP } from 'node:net';

/**
 * The proxy that the environment names for a server, by the rules of Go's programs: `HTTPS_PROXY` or `HTTP_PROXY` by
 * the server's scheme, never for loopback, not for what `NO_PROXY` lists (hosts, domains, addresses, networks, `*`).
 */
export function proxyFromEnvironment(
  server: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const url = new URL(server);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return undefined;
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const proxy = url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY');
  if (proxy === undefined) return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  for (const entry of (read('NO_PROXY') ?? '').split(',')) {
    if (isExcluded(entry.trim().toLowerCase(), host, port)) return undefined;
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExcluded(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [network, bits] = entry.split('/');
  if (bits !== undefined) return isInNetwork(host, network ?? '', Number(bits));
  const withPort = /^(.*[^:]):(\d+)$/.exec(entry);
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? entry).replace(/^\*/, '').replace(/^\[|\]$/g, '');
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
