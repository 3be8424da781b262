import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parseYamlDocument } from '@fluvial/yaml';
import { KubeError } from './errors.ts';
import { type Authorization, bearerToken, type KubeConfig, type TlsOptions } from './kube-config.ts';
import { proxyFromEnvironment } from './proxy.ts';
import type { Impersonation } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type LoadKubeConfigOptions = {
  /** File to read. Default: `KUBECONFIG` (a list; the first to name a thing wins), in-cluster, `~/.kube/config`. */
  kubeconfig?: string;
  /** Default: the file's `current-context`. */
  context?: string;
  /** Override what the context names. */
  cluster?: string;
  user?: string;
  namespace?: string;
  server?: string;
  token?: string;
  /** Inside a pod, its own service account comes before `~/.kube/config`. Default true; command lines pass false. */
  preferInCluster?: boolean;
  /** Default `process.env`. */
  env?: Environment;
  /** Where a pod finds its service account. Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  serviceAccountDir?: string;
};

/** What a kubeconfig from somebody else (a Secret) may do. All default to false: it can hold data only. */
export type KubeConfigPermissions = {
  /** Run commands or auth providers of this machine. */
  exec?: boolean;
  /** Read files of this machine: token, certificates. */
  files?: boolean;
  /** Skip the check of the server's certificate. */
  insecureTls?: boolean;
  /** Send all requests through a proxy of its choice. */
  proxy?: boolean;
};

const everything: KubeConfigPermissions = { exec: true, files: true, insecureTls: true, proxy: true };
/** Mounted tokens live for an hour and more and are renewed long before their end. */
const tokenFileAgeMs = 60_000;
const pluginAnswerAgeMs = 15_000;
const maxKubeConfigBytes = 16 * 1024 * 1024;

/**
 * Loads the configuration as kubectl and the Go controllers do.
 *
 * Plain users (token, token file, certificate, password) need nothing more; a user with a plugin (`exec`,
 * `auth-provider`) brings in @kubernetes/client-node, which takes half a second to load.
 *
 * @throws {KubeError} `CONFIG`
 */
export async function loadKubeConfig(options: LoadKubeConfigOptions = {}): Promise<KubeConfig> {
  const env = options.env ?? process.env;
  const files = configFiles(options, env);
  const documents: Document[] = [];
  for (const file of files.paths) {
    const document = readDocument(file, files.required);
    if (document !== undefined) documents.push(document);
  }
  if (documents.length === 0) {
    const inCluster = inClusterConfig(options, env);
    if (inCluster !== undefined) return inCluster;
    throw new KubeError('CONFIG', `invalid configuration: no kubeconfig found (looked for ${files.paths.join(', ')})`);
  }
  return fromDocuments(documents, options, everything, env);
}

/**
 * Reads a kubeconfig that came as text. It is trusted only as far as `allow` says.
 *
 * @throws {KubeError} `CONFIG` also when it asks for what is not allowed
 */
export async function parseKubeConfig(
  text: string,
  options: { context?: string; allow?: KubeConfigPermissions; env?: Environment } = {},
): Promise<KubeConfig> {
  const document = { entries: parseDocument(text, 'kubeconfig'), dir: '/' };
  return fromDocuments([document], options, options.allow ?? {}, options.env ?? {});
}

type Entries = Record<string, unknown>;
type Document = { readonly entries: Entries; readonly dir: string };

function configFiles(options: LoadKubeConfigOptions, env: Environment): { paths: string[]; required: boolean } {
  if (options.kubeconfig) return { paths: [resolve(options.kubeconfig)], required: true };
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return { paths: listed.map((path) => resolve(path)), required: false };
  const isInPod = Boolean(env.KUBERNETES_SERVICE_HOST);
  if (isInPod && options.preferInCluster !== false) return { paths: [], required: false };
  return { paths: [join(env.HOME || homedir(), '.kube', 'config')], required: false };
}

function readDocument(path: string, required: boolean): Document | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KubeError('CONFIG', `cannot read kubeconfig ${path}: ${(cause as Error).message}`, { cause });
  }
  if (bytes.length > maxKubeConfigBytes) throw new KubeError('CONFIG', `kubeconfig ${path} is too large`);
  return { entries: parseDocument(bytes.toString('utf8'), path), dir: dirname(path) };
}

function parseDocument(text: string, name: string): Entries {
  let value: unknown;
  try {
    value = parseYamlDocument(text);
  } catch (cause) {
    // The cause's text may quote a line, and lines hold tokens.
    throw new KubeError('CONFIG', `${name} is not valid YAML`, { cause });
  }
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new KubeError('CONFIG', `${name} is not a kubeconfig`);
  return value as Entries;
}

async function fromDocuments(
  documents: Document[],
  options: LoadKubeConfigOptions,
  allow: KubeConfigPermissions,
  env: Environment,
): Promise<KubeConfig> {
  const contextName = options.context || firstString(documents, 'current-context');
  const context = contextName === '' ? undefined : findNamed(documents, 'contexts', contextName, 'context');
  if (contextName !== '' && context === undefined) {
    throw new KubeError('CONFIG', `context ${JSON.stringify(contextName)} does not exist`);
  }
  const clusterName = options.cluster || text(context?.entry.cluster);
  const cluster = findNamed(documents, 'clusters', clusterName, 'cluster');
  const server = options.server || text(cluster?.entry.server);
  if (server === '') {
    throw new KubeError(
      'CONFIG',
      clusterName === ''
        ? 'invalid configuration: no current context names a cluster'
        : `invalid configuration: no server found for cluster ${JSON.stringify(clusterName)}`,
    );
  }
  const userName = options.user || text(context?.entry.user);
  const user = findNamed(documents, 'users', userName, 'user');
  if (userName !== '' && user === undefined) {
    throw new KubeError('CONFIG', `invalid configuration: user ${JSON.stringify(userName)} does not exist`);
  }
  checkPermissions(cluster?.entry ?? {}, user?.entry ?? {}, allow);
  const base: KubeConfig = {
    server,
    tls: tlsOptions(cluster, user),
    proxyUrl: proxyOf(cluster?.entry, server, env),
    namespace: options.namespace || text(context?.entry.namespace) || 'default',
    context: contextName,
    cluster: clusterName,
    user: userName,
    impersonate: impersonationOf(user?.entry),
  };
  if (options.token) return { ...base, authorize: bearerToken(options.token) };
  return { ...base, authorize: await authorizerOf(user, cluster) };
}

function checkPermissions(cluster: Entries, user: Entries, allow: KubeConfigPermissions): void {
  const refuse = (field: string) => {
    throw new KubeError('CONFIG', `the kubeconfig uses ${field}, which is not allowed here`);
  };
  if (!allow.exec) for (const field of ['exec', 'auth-provider']) if (user[field]) refuse(field);
  if (!allow.files) {
    for (const field of ['tokenFile', 'client-certificate', 'client-key']) if (user[field]) refuse(field);
    if (cluster['certificate-authority']) refuse('certificate-authority');
  }
  if (!allow.insecureTls && cluster['insecure-skip-tls-verify']) refuse('insecure-skip-tls-verify');
  if (!allow.proxy && cluster['proxy-url']) refuse('proxy-url');
}

type Found = { readonly entry: Entries; readonly dir: string };

function findNamed(documents: Document[], list: string, name: string, field: string): Found | undefined {
  if (name === '') return undefined;
  for (const { entries, dir } of documents) {
    const items = entries[list];
    if (!Array.isArray(items)) continue;
    for (const item of items as Entries[]) {
      if (item?.name !== name) continue;
      const entry = item[field];
      return { entry: typeof entry === 'object' && entry !== null ? (entry as Entries) : {}, dir };
    }
  }
  return undefined;
}

function firstString(documents: Document[], field: string): string {
  for (const { entries } of documents) if (text(entries[field]) !== '') return text(entries[field]);
  return '';
}

function tlsOptions(cluster: Found | undefined, user: Found | undefined): TlsOptions {
  return {
    ca: dataOrFile(cluster, 'certificate-authority'),
    cert: dataOrFile(user, 'client-certificate'),
    key: dataOrFile(user, 'client-key'),
    serverName: text(cluster?.entry['tls-server-name']) || undefined,
    insecureSkipVerify: cluster?.entry['insecure-skip-tls-verify'] === true,
  };
}

function dataOrFile(found: Found | undefined, field: string): Buffer | undefined {
  if (found === undefined) return undefined;
  const data = text(found.entry[`${field}-data`]);
  if (data !== '') return Buffer.from(data, 'base64');
  const path = text(found.entry[field]);
  return path === '' ? undefined : readBytes(inDir(found.dir, path), field);
}

function readBytes(path: string, field: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new KubeError('CONFIG', `unable to read ${field} ${path}: ${(cause as Error).message}`, { cause });
  }
}

function proxyOf(cluster: Entries | undefined, server: string, env: Environment): string | undefined {
  const named = text(cluster?.['proxy-url']);
  if (named !== '') return named;
  try {
    return proxyFromEnvironment(server, env);
  } catch (cause) {
    throw new KubeError('CONFIG', `invalid server address ${JSON.stringify(server)}`, { cause });
  }
}

function impersonationOf(user: Entries | undefined): Impersonation | undefined {
  const name = text(user?.as);
  const groups = Array.isArray(user?.['as-groups']) ? user['as-groups'].map(String) : undefined;
  if (name === '' && groups === undefined) return undefined;
  const extra = user?.['as-user-extra'];
  return {
    user: name,
    groups,
    uid: text(user?.['as-uid']) || undefined,
    extra: typeof extra === 'object' && extra !== null ? (extra as Record<string, string[]>) : undefined,
  };
}

async function authorizerOf(user: Found | undefined, cluster: Found | undefined): Promise<KubeConfig['authorize']> {
  if (user === undefined) return undefined;
  const { entry } = user;
  if (entry.exec || entry['auth-provider']) return pluginAuthorizer(user, cluster);
  const token = text(entry.token);
  const tokenFile = text(entry.tokenFile);
  if (tokenFile !== '') return tokenFileAuthorizer(inDir(user.dir, tokenFile));
  if (token !== '') return bearerToken(token);
  const username = text(entry.username);
  if (username !== '') {
    const basic = Buffer.from(`${username}:${text(entry.password)}`).toString('base64');
    const authorization: Authorization = { headers: { authorization: `Basic ${basic}` } };
    return () => authorization;
  }
  return undefined;
}

/** Reads the file again when it was read a minute ago, or when the server refused its token. */
export function tokenFileAuthorizer(
  path: string,
  now: () => number = () => performance.now(),
): NonNullable<KubeConfig['authorize']> {
  let current: Authorization | undefined;
  let readAt = 0;
  return ({ refresh }) => {
    if (current !== undefined && !refresh && now() - readAt < tokenFileAgeMs) return current;
    const token = readBytes(path, 'token file').toString('utf8').trim();
    if (token === '') throw new KubeError('CONFIG', `token file ${path} is empty`);
    current = { headers: { authorization: `Bearer ${token}` } };
    readAt = now();
    return current;
  };
}

async function pluginAuthorizer(
  user: Found,
  cluster: Found | undefined,
): Promise<NonNullable<KubeConfig['authorize']>> {
  const { KubeConfig: ClientNodeConfig } = await import('@kubernetes/client-node');
  const single = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    clusters: [{ name: 'it', cluster: cluster?.entry ?? { server: 'https://127.0.0.1' } }],
    users: [{ name: 'it', user: user.entry }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
  });
  const open = () => {
    const config = new ClientNodeConfig();
    config.loadFromString(single);
    config.makePathsAbsolute(user.dir);
    return config;
  };
  let config = open();
  let current: { readonly authorization: Promise<Authorization>; readonly at: number } | undefined;
  return ({ refresh }) => {
    if (current !== undefined && !refresh && performance.now() - current.at < pluginAnswerAgeMs) {
      return current.authorization;
    }
    // A fresh instance forgets the plugin's cached answer.
    if (refresh) config = open();
    const authorization = askPlugin(config);
    authorization.catch(() => {
      current = undefined;
    });
    current = { authorization, at: performance.now() };
    return authorization;
  };
}

type PluginOptions = { headers: Record<string, unknown>; cert?: string | Buffer; key?: string | Buffer };

async function askPlugin(config: { applyToHTTPSOptions(options: object): Promise<void> }): Promise<Authorization> {
  const options: PluginOptions = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new KubeError('CONFIG', `the kubeconfig's auth plugin failed: ${(cause as Error).message}`, { cause });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers)) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  }
  return { headers, cert: options.cert, key: options.key };
}

function inClusterConfig(options: LoadKubeConfigOptions, env: Environment): KubeConfig | undefined {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  const dir = options.serviceAccountDir ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const server = options.server || `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  let namespace = 'default';
  try {
    namespace = readFileSync(join(dir, 'namespace'), 'utf8').trim() || namespace;
  } catch {
    // Not every runtime mounts it.
  }
  return {
    server,
    tls: { ca: readBytes(join(dir, 'ca.crt'), 'certificate authority') },
    namespace: options.namespace || namespace,
    authorize: options.token ? bearerToken(options.token) : tokenFileAuthorizer(join(dir, 'token')),
  };
}

const inDir = (dir: string, path: string): string => (isAbsolute(path) ? path : join(dir, path));
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
