import { BlockList, isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the proxy of a URL from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` (upper case first), with Go's rules
 * (golang.org/x/net/http/httpproxy): https URLs use only `HTTPS_PROXY`, loopback is never proxied, `NO_PROXY` holds
 * `*`, hosts with their subdomains, `.suffixes`, addresses and CIDR blocks, each with an optional port.
 *
 * @returns `undefined` for a direct connection
 */
export function proxyOf(url: URL, env: Env): string | undefined {
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  const proxy = url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY');
  if (proxy === '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (isLoopback(host) || isExcepted(host, port, read('NO_PROXY'))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isExcepted(host: string, port: string, list: string): boolean {
  return list.split(',').some((item) => {
    const entry = item.trim().toLowerCase();
    return entry !== '' && (entry === '*' || matches(entry, host, port));
  });
}

function matches(entry: string, host: string, port: string): boolean {
  const slash = entry.indexOf('/');
  if (slash > 0) return isInBlock(host, entry.slice(0, slash), Number(entry.slice(slash + 1)));
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry);
  const name = parts === null ? entry : (parts[1] ?? parts[2]!);
  if (parts?.[3] !== undefined && parts[3] !== port) return false;
  if (isIP(name) !== 0) return host === name;
  const suffix = name.replace(/^\*?\.?/, '');
  return host.endsWith(`.${suffix}`) || (!name.startsWith('.') && !name.startsWith('*.') && host === suffix);
}

function isInBlock(host: string, network: string, prefix: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) return false;
  const block = new BlockList();
  block.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return block.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
