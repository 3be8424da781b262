import { isIP } from 'node:net';
import { OciError } from './errors.ts';

// reference  := repository [ ":" tag ] [ "@" digest ]
// repository := [ host "/" ] path        host only if it holds "." or ":", or is "localhost"
//
// The grammar of go-containerregistry's `pkg/name` with weak validation, because that is what Flux accepts.

const dockerHub = 'index.docker.io';
const repositoryPattern = /^[a-z0-9_\-./]+$/;
const tagPattern = /^[\w\-.]+$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** A repository on a registry. */
export interface Repository {
  /** `host[:port]`; Docker Hub is `index.docker.io`. */
  readonly registry: string;
  /** Path without the host; one-element paths on Docker Hub begin with `library/`. */
  readonly repository: string;
  /** `registry/repository`. */
  readonly context: string;
  /** Whether plain HTTP may be tried after HTTPS: asked for, or a loopback or private address. */
  readonly allowsHttp: boolean;
}

/** A tag or digest in a repository. */
export interface Reference extends Repository {
  /** As given to {@link parseReference}. */
  readonly text: string;
  /** Absent when a digest was given. Default `latest`. */
  readonly tag?: string;
  readonly digest?: string;
  /** Digest or tag, as it stands in a URL. */
  readonly identifier: string;
  /** `registry/repository:tag` or `registry/repository@digest`. */
  readonly name: string;
}

/** Options of the parsers. */
export interface ReferenceOptions {
  /** Plain HTTP is allowed whatever the host. Default false. */
  readonly insecure?: boolean;
}

/**
 * Parses `host/path[:tag][@digest]`, without a scheme. A tag beside a digest is dropped.
 *
 * @throws {OciError} `REFERENCE_INVALID`: `could not parse reference: TEXT`; its cause says what is wrong.
 */
export function parseReference(text: string, options: ReferenceOptions = {}): Reference {
  try {
    const at = text.indexOf('@');
    if (at < 0) return parseTagged(text, text, options);
    const digest = text.slice(at + 1);
    if (!digestPattern.test(digest)) throw invalid(`unsupported digest: ${digest}`);
    const { tag: _, ...base } = parseTagged(text, text.slice(0, at), options);
    return { ...base, digest, identifier: digest, name: `${base.context}@${digest}` };
  } catch (cause) {
    throw new OciError('REFERENCE_INVALID', `could not parse reference: ${text}`, { cause });
  }
}

/**
 * Parses `host/path`.
 *
 * @throws {OciError} `REFERENCE_INVALID`
 */
export function parseRepository(text: string, options: ReferenceOptions = {}): Repository {
  if (text === '') throw invalid('a repository name must be specified');
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const hasHost = first === 'localhost' || first.includes('.') || first.includes(':');
  const path = hasHost ? text.slice(slash + 1) : text;
  if (path.length < 1 || path.length > 255) {
    throw invalid(`repository must be between 1 and 255 characters in length: ${path}`);
  }
  if (!repositoryPattern.test(path)) {
    throw invalid(`repository can only contain the characters \`abcdefghijklmnopqrstuvwxyz0123456789_-./\`: ${path}`);
  }
  const host = hasHost ? first : dockerHub;
  if (!isAuthority(host)) throw invalid(`registries must be valid RFC 3986 URI authorities: ${host}`);
  const registry = host === 'docker.io' ? dockerHub : host;
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path;
  return {
    registry,
    repository,
    context: `${registry}/${repository}`,
    allowsHttp: options.insecure === true || isLocalRegistry(registry),
  };
}

/** The same repository, another tag. @throws {OciError} `REFERENCE_INVALID` */
export function withTag(repository: Repository, tag: string): Reference {
  checkTag(tag);
  const name = `${repository.context}:${tag}`;
  return { ...repositoryOf(repository), text: name, tag, identifier: tag, name };
}

/** The same repository, a digest. @throws {OciError} `REFERENCE_INVALID` */
export function withDigest(repository: Repository, digest: string): Reference {
  if (!digestPattern.test(digest)) throw invalid(`unsupported digest: ${digest}`);
  const name = `${repository.context}@${digest}`;
  return { ...repositoryOf(repository), text: name, digest, identifier: digest, name };
}

/** Drops tag and digest. */
export function repositoryOf({ registry, repository, context, allowsHttp }: Repository): Repository {
  return { registry, repository, context, allowsHttp };
}

/**
 * Tells whether a registry host is loopback, `*.localhost` or an RFC 1918 address: those may be reached over plain HTTP
 * without being asked to.
 */
export function isLocalRegistry(host: string): boolean {
  if (/^localhost:/.test(host) || /\.localhost(:\d{1,5})?$/.test(host)) return true;
  if (/^127\.0\.0\.1(:\d{1,5})?$/.test(host) || /^(::1|\[::1\](:\d{1,5})?)$/.test(host)) return true;
  const address = host.split(':', 1)[0]!;
  if (isIP(address) !== 4) return false;
  const [a, b] = address.split('.').map(Number) as [number, number];
  return a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
}

function parseTagged(text: string, tagged: string, options: ReferenceOptions): Reference {
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon >= 0 && !tagged.includes('/', colon);
  const tag = hasTag ? tagged.slice(colon + 1) : 'latest';
  checkTag(tag);
  const repository = parseRepository(hasTag ? tagged.slice(0, colon) : tagged, options);
  return { ...repository, text, tag, identifier: tag, name: `${repository.context}:${tag}` };
}

function checkTag(tag: string): void {
  if (tag.length < 1 || tag.length > 128) throw invalid(`tag must be between 1 and 128 characters in length: ${tag}`);
  if (!tagPattern.test(tag)) throw invalid(`tag can only contain letters, digits, \`_\`, \`-\` and \`.\`: ${tag}`);
}

// The host goes into a URL: whatever would be read as userinfo, path or query is refused.
function isAuthority(host: string): boolean {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s/?#@[\]:%\\]+))(?::(\d{1,5}))?$/.exec(host);
  if (match === null) return false;
  const port = match[3];
  if (port !== undefined && Number(port) > 65_535) return false;
  return URL.canParse(`http://${host}`);
}

function invalid(message: string): OciError {
  return new OciError('REFERENCE_INVALID', message);
}
