import { BlockList, isIP } from 'node:net';
import { type CelFunc, type CelMap, CelScalar, celFunc, celMap, celMethod, mapType } from '@bufbuild/cel';
import { opaque, payload } from '../opaque.ts';
import { addressProblem, rangeProblem, urlProblem } from './network-problems.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;
const MAP = mapType(DYN, DYN);

/** Bytes of an address; 4 or 16. An IPv4-mapped IPv6 text or one with a zone is refused, as in Kubernetes. */
function parseIp(text: string): Uint8Array | undefined {
  const family = isIP(text);
  if (family === 4) return Uint8Array.from(text.split('.').map(Number));
  if (family !== 6 || text.includes('%') || text.includes('.')) return undefined;
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** Canonical text of an address (RFC 5952). */
function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

interface Ip {
  readonly bytes: Uint8Array;
}

interface Cidr {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

function makeIp(bytes: Uint8Array): CelMap {
  return opaque('ip', new Map([['text', formatIp(bytes)]]), { bytes } satisfies Ip);
}

function makeCidr(cidr: Cidr): CelMap {
  return opaque('cidr', new Map([['text', `${formatIp(cidr.bytes)}/${cidr.bits}`]]), cidr);
}

function ipOf(value: unknown): Uint8Array {
  const ip = payload<Ip>('ip', value);
  if (ip === undefined) throw new Error('no such overload');
  return ip.bytes;
}

function parseIpOrFail(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === undefined) throw new Error(addressProblem(text));
  return bytes;
}

function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits = '', ...rest] = text.split('/');
  const bytes = parseIp(address);
  if (bytes === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > bytes.length * 8)
    return undefined;
  return { bytes, bits: Number(bits) };
}

function parseCidrOrFail(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(rangeProblem(text));
  return cidr;
}

function masked({ bytes, bits }: Cidr): Uint8Array {
  return bytes.map((byte, i) => {
    const keep = Math.max(0, Math.min(8, bits - i * 8));
    return byte & (0xff << (8 - keep)) & 0xff;
  });
}

function containsIp(cidr: Cidr, bytes: Uint8Array): boolean {
  if (cidr.bytes.length !== bytes.length) return false;
  return formatIp(masked(cidr)) === formatIp(masked({ bytes, bits: cidr.bits }));
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && containsIp(outer, inner.bytes);
}

function cidrOf(value: unknown): Cidr {
  const cidr = payload<Cidr>('cidr', value);
  if (cidr === undefined) throw new Error('no such overload');
  return cidr;
}

function isIn(bytes: Uint8Array, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits = '0'] = range.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check(formatIp(bytes), bytes.length === 4 ? 'ipv4' : 'ipv6');
}

const address: CelFunc[] = [
  celFunc('ip', [STRING], MAP, (text) => makeIp(parseIpOrFail(text))),
  celFunc('isIP', [STRING], BOOL, (text) => parseIp(text) !== undefined),
  celFunc('ip.isCanonical', [STRING], BOOL, (text) => formatIp(parseIpOrFail(text)) === text),
  celMethod('family', MAP, [], INT, function () {
    return ipOf(this).length === 4 ? 4n : 6n;
  }),
  celMethod('isUnspecified', MAP, [], BOOL, function () {
    return ipOf(this).every((byte) => byte === 0);
  }),
  celMethod('isLoopback', MAP, [], BOOL, function () {
    return isIn(ipOf(this), ['127.0.0.0/8', '::1/128']);
  }),
  celMethod('isLinkLocalMulticast', MAP, [], BOOL, function () {
    return isIn(ipOf(this), ['224.0.0.0/24', 'ff02::/16']);
  }),
  celMethod('isLinkLocalUnicast', MAP, [], BOOL, function () {
    return isIn(ipOf(this), ['169.254.0.0/16', 'fe80::/10']);
  }),
  celMethod('isGlobalUnicast', MAP, [], BOOL, function () {
    const bytes = ipOf(this);
    const special = [
      '127.0.0.0/8',
      '::1/128',
      '224.0.0.0/4',
      'ff00::/8',
      '169.254.0.0/16',
      'fe80::/10',
      '255.255.255.255/32',
    ];
    return !bytes.every((byte) => byte === 0) && !isIn(bytes, special);
  }),
];

const range: CelFunc[] = [
  celFunc('cidr', [STRING], MAP, (text) => makeCidr(parseCidrOrFail(text))),
  celFunc('isCIDR', [STRING], BOOL, (text) => parseCidr(text) !== undefined),
  celMethod('containsIP', MAP, [STRING], BOOL, function (text) {
    return containsIp(cidrOf(this), parseIpOrFail(text));
  }),
  celMethod('containsIP', MAP, [MAP], BOOL, function (ip) {
    return containsIp(cidrOf(this), ipOf(ip));
  }),
  celMethod('containsCIDR', MAP, [STRING], BOOL, function (text) {
    return containsCidr(cidrOf(this), parseCidrOrFail(text));
  }),
  celMethod('containsCIDR', MAP, [MAP], BOOL, function (cidr) {
    return containsCidr(cidrOf(this), cidrOf(cidr));
  }),
  celMethod('ip', MAP, [], MAP, function () {
    return makeIp(cidrOf(this).bytes);
  }),
  celMethod('masked', MAP, [], MAP, function () {
    const cidr = cidrOf(this);
    return makeCidr({ bytes: masked(cidr), bits: cidr.bits });
  }),
  celMethod('prefixLength', MAP, [], INT, function () {
    return BigInt(cidrOf(this).bits);
  }),
];

interface ParsedUrl {
  readonly text: string;
  readonly url: URL | undefined;
}

/** An absolute URL or a rooted path, as Go's `url.ParseRequestURI` takes them. */
function parseUrl(text: string): ParsedUrl | undefined {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= 0x20 || text.charCodeAt(i) === 0x7f) return undefined;
  if (text.startsWith('/')) return { text, url: undefined };
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) || !URL.canParse(text)) return undefined;
  return { text, url: new URL(text) };
}

function urlOf(value: unknown): ParsedUrl {
  const url = payload<ParsedUrl>('url', value);
  if (url === undefined) throw new Error('no such overload');
  return url;
}

/** The authority as written: the URL class drops default ports. */
function authority(text: string): string {
  const rest = /^[^:/?#]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  return rest.slice(rest.lastIndexOf('@') + 1);
}

function port(host: string): string {
  return /:(\d*)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1] ?? '';
}

const location: CelFunc[] = [
  celFunc('url', [STRING], MAP, (text) => {
    const parsed = parseUrl(text);
    if (parsed === undefined) throw new Error(urlProblem(text));
    return opaque('url', new Map([['text', text]]), parsed);
  }),
  celFunc('isURL', [STRING], BOOL, (text) => parseUrl(text) !== undefined),
  celMethod('getScheme', MAP, [], STRING, function () {
    return urlOf(this).url?.protocol.replace(/:$/, '') ?? '';
  }),
  celMethod('getHost', MAP, [], STRING, function () {
    return authority(urlOf(this).text);
  }),
  celMethod('getHostname', MAP, [], STRING, function () {
    const host = authority(urlOf(this).text);
    return /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, '');
  }),
  celMethod('getPort', MAP, [], STRING, function () {
    return port(authority(urlOf(this).text));
  }),
  celMethod('getEscapedPath', MAP, [], STRING, function () {
    return /^(?:[^:/?#]+:)?(?:\/\/[^/?#]*)?([^?#]*)/.exec(urlOf(this).text)?.[1] ?? '';
  }),
  celMethod('getQuery', MAP, [], MAP, function () {
    const query = /\?([^#]*)/.exec(urlOf(this).text)?.[1] ?? '';
    const values = new Map<string, string[]>();
    for (const [key, value] of new URLSearchParams(query)) values.set(key, [...(values.get(key) ?? []), value]);
    return celMap(values);
  }),
];

/** Kubernetes' addresses, ranges and URLs. */
export const network: CelFunc[] = [
  ...address,
  ...range,
  ...location,
  celFunc('string', [MAP], STRING, (value) => {
    const ip = payload<Ip>('ip', value);
    if (ip !== undefined) return formatIp(ip.bytes);
    const cidr = cidrOf(value);
    return `${formatIp(cidr.bytes)}/${cidr.bits}`;
  }),
];
