import { getServers } from 'node:dns';
import { OciError, type OciErrorCode } from './errors.ts';
import type { HttpRequest } from './http.ts';
import { redactUrl } from './redact.ts';

interface NodeError {
  readonly code?: string;
  readonly message?: string;
  readonly name?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/**
 * Puts a failure to get any answer into words: `Get "https://host/v2/": dial tcp 127.0.0.1:9: connect: connection refused`.
 * The words are those of Go's net/http, which is where users know them from.
 */
export function networkError(cause: unknown, request: Pick<HttpRequest, 'method' | 'url' | 'signal'>): OciError {
  const { method, url, signal } = request;
  const { code, text, isTransient } = describe(cause, url, signal);
  const verb = method[0] + method.slice(1).toLowerCase();
  return new OciError(code, `${verb} "${redactUrl(url)}": ${text}`, { cause, isTransient });
}

/** The same for a body that broke off while it was read: no method, no URL. */
export function bodyError(cause: unknown, url: string, signal: AbortSignal | undefined): OciError {
  if (cause instanceof OciError) return cause;
  const { code, text, isTransient } = describe(cause, url, signal);
  return new OciError(code, text === 'EOF' ? 'unexpected EOF' : text, { cause, isTransient });
}

/** Whether the same request may be sent again at once: the connection died under it. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof OciError) || error.code !== 'NETWORK') return false;
  return lostCodes.has((rootOf(error.cause) as NodeError).code ?? '');
}

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'HPE_INVALID_EOF_STATE']);

interface Description {
  readonly code: OciErrorCode;
  readonly text: string;
  readonly isTransient: boolean;
}

function describe(cause: unknown, url: string, signal: AbortSignal | undefined): Description {
  if (signal?.aborted === true) {
    const isTimeout = (signal.reason as NodeError | undefined)?.name === 'TimeoutError';
    return isTimeout
      ? { code: 'TIMEOUT', text: 'context deadline exceeded', isTransient: true }
      : { code: 'ABORTED', text: 'context canceled', isTransient: false };
  }
  const error = rootOf(cause) as NodeError;
  const where = error.address === undefined ? hostPort(url) : joinHostPort(error.address, error.port ?? 0);
  const network = (text: string): Description => ({ code: 'NETWORK', text, isTransient: true });
  const timeout = (text: string): Description => ({ code: 'TIMEOUT', text, isTransient: true });
  const tls = (text: string): Description => ({ code: 'TLS', text: `tls: ${text}`, isTransient: false });
  switch (error.code) {
    case 'ECONNREFUSED':
      return network(`dial tcp ${where}: connect: connection refused`);
    case 'ENETUNREACH':
      return network(`dial tcp ${where}: connect: network is unreachable`);
    case 'EHOSTUNREACH':
      return network(`dial tcp ${where}: connect: no route to host`);
    case 'EADDRNOTAVAIL':
      return network(`dial tcp ${where}: connect: cannot assign requested address`);
    case 'ENOTFOUND':
      return network(`dial tcp: lookup ${lookedUp(error, url)}: no such host`);
    case 'EAI_AGAIN':
      return network(`dial tcp: lookup ${lookedUp(error, url)}: server misbehaving`);
    case 'ETIMEDOUT':
      return timeout(`dial tcp ${where}: connect: connection timed out`);
    case 'UND_ERR_CONNECT_TIMEOUT':
      return timeout(`dial tcp ${hostPort(url)}: i/o timeout`);
    case 'UND_ERR_HEADERS_TIMEOUT':
      return timeout('net/http: timeout awaiting response headers');
    case 'UND_ERR_BODY_TIMEOUT':
      return timeout('context deadline exceeded (Client.Timeout or context cancellation while reading body)');
    case 'ECONNRESET':
      return network(error.message?.includes('socket disconnected') ? 'EOF' : 'read: connection reset by peer');
    case 'EPIPE':
      return network('write: broken pipe');
    case 'UND_ERR_SOCKET':
    case 'HPE_INVALID_EOF_STATE':
    case 'ECONNABORTED':
      return network('EOF');
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_HTTP_REQUEST':
      return { code: 'TLS', text: 'http: server gave HTTP response to HTTPS client', isTransient: false };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return tls('failed to verify certificate: x509: certificate has expired or is not yet valid');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return tls(`failed to verify certificate: x509: certificate is ${validFor(error)}, not ${hostName(url)}`);
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return tls('failed to verify certificate: x509: certificate signed by unknown authority');
    default:
      return other(error);
  }
}

function other(error: NodeError): Description {
  const code = error.code ?? '';
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('CERT_')) {
    return { code: 'TLS', text: `tls: ${error.message ?? code}`, isTransient: false };
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { code: 'PROTOCOL', text: `malformed HTTP response: ${error.message ?? code}`, isTransient: false };
  }
  return { code: 'NETWORK', text: error.message ?? String(error), isTransient: true };
}

// Node tries all addresses of a name and reports them together; the first is the one that Go reports.
function rootOf(cause: unknown): unknown {
  const error = cause as NodeError | undefined;
  if (error?.errors !== undefined && error.errors.length > 0) return rootOf(error.errors[0]);
  if (error?.code === undefined && error?.cause !== undefined) return rootOf(error.cause);
  return cause ?? {};
}

function lookedUp(error: NodeError, url: string): string {
  const [server] = getServers();
  const name = error.hostname ?? hostName(url);
  if (server === undefined) return name;
  return `${name} on ${/:\d+$/.test(server) && !isBareIpv6(server) ? server : joinHostPort(server, 53)}`;
}

function isBareIpv6(address: string): boolean {
  return !address.startsWith('[') && address.split(':').length > 2;
}

function validFor(error: NodeError): string {
  const names = (error.cert?.subjectaltname ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
    .filter((entry) => entry !== '');
  return names.length === 0 ? 'not valid for any names' : `valid for ${names.join(', ')}`;
}

function hostName(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function hostPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}
