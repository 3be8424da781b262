import { anonymous, type Credentials, type CredentialTarget, type Keychain } from './credentials.ts';
import { OciError } from './errors.ts';

/** Asks `docker-credential-NAME get` for one server; `undefined` when it has none. Throws what the command should show. */
export type CredentialHelper = (name: string, server: string) => Promise<HelperAnswer | undefined>;

/** What a credential helper answers. Username `<token>` marks the secret as an identity token. */
export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/** Reads a whole small file; `undefined` when it does not exist. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** What {@link dockerConfigKeychain} reads from. */
export interface DockerKeychainOptions {
  /** `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder; absent when there is none. */
  readonly home?: string;
  readonly readFile: ReadFile;
  /** Default: helpers are an error. */
  readonly helper?: CredentialHelper;
}

/** A parsed docker `config.json`, as far as credentials go. */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, Credentials>;
  readonly credsStore: string | undefined;
  readonly credHelpers: ReadonlyMap<string, string>;
}

const maxConfigBytes = 1024 * 1024; // A Secret's own bound; real files have a few hundred bytes.
const hubKey = 'https://index.docker.io/v1/';

/**
 * Parses docker's `config.json`: also the content of a `kubernetes.io/dockerconfigjson` Secret.
 *
 * @throws {OciError} `CREDENTIALS_INVALID`; the message never quotes the text.
 */
export function parseDockerConfig(text: string): DockerConfig {
  const root = parseObject(text);
  const credHelpers = new Map<string, string>();
  for (const [key, value] of entriesOf(root['credHelpers'], 'credHelpers')) {
    if (typeof value === 'string') credHelpers.set(key, value);
  }
  const store = root['credsStore'];
  return {
    auths: parseAuths(root['auths']),
    credsStore: typeof store === 'string' && store !== '' ? store : undefined,
    credHelpers,
  };
}

/**
 * Parses the older `.dockercfg` form (Secret type `kubernetes.io/dockercfg`): the `auths` map alone.
 *
 * @throws {OciError} `CREDENTIALS_INVALID`
 */
export function parseDockerCfg(text: string): DockerConfig {
  return { auths: parseAuths(parseObject(text)), credsStore: undefined, credHelpers: new Map() };
}

/**
 * Finds the credentials of one target in a config, with docker's host matching: the repository's full name first, then
 * its registry; keys match as written or after scheme and path are dropped.
 */
export async function lookUpCredentials(
  config: DockerConfig,
  target: CredentialTarget,
  helper: CredentialHelper = refuseHelpers,
): Promise<Credentials> {
  const { registry, repository } = target;
  const keys = repository === undefined ? [registry] : [`${registry}/${repository}`, registry];
  for (const key of keys) {
    const found = await lookUpKey(config, key === 'index.docker.io' ? hubKey : key, helper);
    if (found.kind !== 'anonymous') return found;
  }
  return anonymous;
}

/** A keychain over one parsed config; what source-controller makes of a Secret. Helpers named in it are not run. */
export function dockerConfigJsonKeychain(config: DockerConfig): Keychain {
  const withoutHelpers: DockerConfig = { auths: config.auths, credsStore: undefined, credHelpers: new Map() };
  return { resolve: (target) => lookUpCredentials(withoutHelpers, target) };
}

/**
 * The keychain of a command: docker's config, else Podman's, else anonymous. Files are read once, on first use.
 *
 * Docker's counts as present when `~/.docker/config.json` or `$DOCKER_CONFIG/config.json` exists; read is then the one in
 * `$DOCKER_CONFIG`, or `~/.docker` when unset.
 */
export function dockerConfigKeychain(options: DockerKeychainOptions): Keychain {
  let loading: Promise<DockerConfig | undefined> | undefined;
  return {
    async resolve(target) {
      loading ??= loadConfig(options);
      const config = await loading;
      return config === undefined ? anonymous : lookUpCredentials(config, target, options.helper);
    },
  };
}

async function loadConfig({ env, home, readFile }: DockerKeychainOptions): Promise<DockerConfig | undefined> {
  const homeFile = home === undefined ? undefined : `${home}/.docker/config.json`;
  const envFile = env['DOCKER_CONFIG'] ? `${env['DOCKER_CONFIG']}/config.json` : undefined;
  const homeText = homeFile === undefined ? undefined : await readFile(homeFile);
  const envText = envFile === undefined ? undefined : await readFile(envFile);
  if (homeText !== undefined || envText !== undefined) {
    const text = envFile === undefined ? homeText : envText;
    return text === undefined ? undefined : parseDockerConfig(text);
  }
  const configHome = env['XDG_CONFIG_HOME'] || (home === undefined ? undefined : `${home}/.config`);
  const podmanFiles = [
    env['REGISTRY_AUTH_FILE'],
    env['XDG_RUNTIME_DIR'] ? `${env['XDG_RUNTIME_DIR']}/containers/auth.json` : undefined,
    configHome === undefined ? undefined : `${configHome}/containers/auth.json`,
  ];
  for (const file of podmanFiles) {
    const text = file ? await readFile(file) : undefined;
    if (text !== undefined) return parseDockerConfig(text);
  }
  return undefined;
}

async function lookUpKey(config: DockerConfig, key: string, helper: CredentialHelper): Promise<Credentials> {
  const name = config.credHelpers.get(key) ?? config.credsStore;
  if (name !== undefined) {
    const answer = await helper(name, key);
    if (answer !== undefined && (answer.username !== '' || answer.secret !== '')) return fromHelper(answer);
    // A store keeps no entry for what was written to the file by hand.
  }
  const exact = config.auths.get(key);
  if (exact !== undefined) return exact;
  const host = hostOf(key);
  for (const [entry, credentials] of config.auths) {
    if (hostOf(entry) === key || (key === hubKey && hostOf(entry) === host)) return credentials;
  }
  return anonymous;
}

function fromHelper({ username, secret }: HelperAnswer): Credentials {
  if (username === '<token>') return { kind: 'identity-token', token: secret };
  return { kind: 'basic', username, password: secret };
}

function hostOf(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  return slash < 0 ? bare : bare.slice(0, slash);
}

function parseAuths(value: unknown): ReadonlyMap<string, Credentials> {
  const auths = new Map<string, Credentials>();
  for (const [key, entry] of entriesOf(value, 'auths')) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw broken(`the entry of ${hostOf(key)} is not an object`);
    }
    auths.set(key, parseEntry(hostOf(key), entry as Record<string, unknown>));
  }
  return auths;
}

function parseEntry(host: string, entry: Record<string, unknown>): Credentials {
  const text = (name: string): string => (typeof entry[name] === 'string' ? (entry[name] as string) : '');
  let username = text('username');
  let password = text('password');
  if (text('auth') !== '') {
    const decoded = decodeBase64(text('auth'));
    const colon = decoded?.indexOf(':') ?? -1;
    if (decoded === undefined || colon < 0) throw broken(`the auth of ${host} is not base64 of "user:password"`);
    username = decoded.slice(0, colon);
    password = decoded.slice(colon + 1).replace(/^\0+|\0+$/g, '');
  }
  if (text('identitytoken') !== '') return { kind: 'identity-token', token: text('identitytoken'), username };
  if (text('registrytoken') !== '') return { kind: 'registry-token', token: text('registrytoken') };
  return username === '' && password === '' ? anonymous : { kind: 'basic', username, password };
}

function decodeBase64(text: string): string | undefined {
  const bare = text.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(bare) || bare.length % 4 !== 0) return undefined;
  return Buffer.from(bare, 'base64').toString('utf8');
}

function parseObject(text: string): Record<string, unknown> {
  if (text.length > maxConfigBytes) throw broken(`longer than ${maxConfigBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which holds passwords.
    throw broken('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken('not a JSON object');
  return value as Record<string, unknown>;
}

function entriesOf(value: unknown, name: string): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw broken(`${name} is not an object`);
  return Object.entries(value);
}

async function refuseHelpers(name: string): Promise<never> {
  throw new OciError('CREDENTIALS_INVALID', `credential helper ${JSON.stringify(name)} is not available here`);
}

function broken(problem: string): OciError {
  return new OciError('CREDENTIALS_INVALID', `invalid docker config: ${problem}`);
}
