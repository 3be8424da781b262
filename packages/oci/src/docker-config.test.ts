import { describe, expect, test } from 'vitest';
import { multiKeychain, parseCredentials, staticKeychain } from './credentials.ts';
import {
  dockerConfigJsonKeychain,
  dockerConfigKeychain,
  lookUpCredentials,
  parseDockerCfg,
  parseDockerConfig,
} from './docker-config.ts';

const auth = (text: string): string => Buffer.from(text).toString('base64');
const config = (value: unknown) => parseDockerConfig(JSON.stringify(value));
const basic = (username: string, password: string) => ({ kind: 'basic', username, password });

describe('lookUpCredentials', () => {
  test.each([
    ['the host as it is', { 'ghcr.io': { auth: auth('u:p') } }, 'ghcr.io', 'org/app', basic('u', 'p')],
    ['a host with scheme and path', { 'https://ghcr.io/v2/': { auth: auth('u:p') } }, 'ghcr.io', 'a', basic('u', 'p')],
    ['a host with a port', { 'r.test:5000': { auth: auth('u:p') } }, 'r.test:5000', 'a', basic('u', 'p')],
    ['another port', { 'r.test:5000': { auth: auth('u:p') } }, 'r.test', 'a', { kind: 'anonymous' }],
    [
      'the repository before the host',
      { 'r.test': { auth: auth('host:1') }, 'r.test/org/app': { auth: auth('repo:2') } },
      'r.test',
      'org/app',
      basic('repo', '2'),
    ],
    ['another repository', { 'r.test/org/app': { auth: auth('repo:2') } }, 'r.test', 'org/b', basic('repo', '2')],
    [
      "Docker Hub's old key",
      { 'https://index.docker.io/v1/': { auth: auth('u:p') } },
      'index.docker.io',
      'a',
      basic('u', 'p'),
    ],
    ['a host that ends alike', { 'evil-ghcr.io': { auth: auth('u:p') } }, 'ghcr.io', 'a', { kind: 'anonymous' }],
    ['a password with colons', { 'r.test': { auth: auth('u:p:q') } }, 'r.test', 'a', basic('u', 'p:q')],
    ['username and password', { 'r.test': { username: 'u', password: 'p' } }, 'r.test', 'a', basic('u', 'p')],
    ['an empty entry', { 'r.test': {} }, 'r.test', 'a', { kind: 'anonymous' }],
    [
      'an identity token',
      { 'r.test': { identitytoken: 't' } },
      'r.test',
      'a',
      { kind: 'identity-token', token: 't', username: '' },
    ],
    ['a registry token', { 'r.test': { registrytoken: 't' } }, 'r.test', 'a', { kind: 'registry-token', token: 't' }],
  ])('finds by %s', async (_about, auths, registry, repository, expected) => {
    expect(await lookUpCredentials(config({ auths }), { registry, repository })).toEqual(expected);
  });

  test('asks the helper of the host, else the store', async () => {
    const asked: string[] = [];
    const helper = async (name: string, server: string) => {
      asked.push(`${name} ${server}`);
      if (name === 'none') return undefined;
      return name === 'ecr' ? { username: 'AWS', secret: 's' } : { username: '<token>', secret: 'refresh' };
    };
    const settings = config({
      auths: { 'file.test': { auth: auth('u:p') } },
      credsStore: 'store',
      credHelpers: { 'ecr.test': 'ecr', 'file.test': 'none' },
    });
    const find = (registry: string) => lookUpCredentials(settings, { registry, repository: 'a' }, helper);
    expect(await find('ecr.test')).toEqual({ kind: 'identity-token', token: 'refresh' });
    expect(asked).toEqual(['store ecr.test/a']);
    expect(await find('index.docker.io')).toEqual({ kind: 'identity-token', token: 'refresh' });
  });

  test('a failing helper fails the command', async () => {
    const settings = config({ credsStore: 'x' });
    const helper = async () => {
      throw new Error('error getting credentials');
    };
    await expect(lookUpCredentials(settings, { registry: 'r.test' }, helper)).rejects.toThrow(
      'error getting credentials',
    );
    await expect(lookUpCredentials(settings, { registry: 'r.test' })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
    });
  });
});

test('a Secret runs no helpers', async () => {
  const keychain = dockerConfigJsonKeychain(config({ credsStore: 'x', auths: { 'r.test': { auth: auth('u:p') } } }));
  expect(await keychain.resolve({ registry: 'r.test' })).toEqual(basic('u', 'p'));
});

test('the older Secret type holds the map alone', () => {
  const { auths } = parseDockerCfg(JSON.stringify({ 'r.test': { auth: auth('u:p') } }));
  expect(auths.get('r.test')).toEqual(basic('u', 'p'));
});

describe('parseDockerConfig refuses, without quoting it,', () => {
  test.each([
    ['what is not JSON', 'hunter2'],
    ['a list', '["hunter2"]'],
    ['auths that are a list', '{"auths":["hunter2"]}'],
    ['an entry that is a string', '{"auths":{"r.test":"hunter2"}}'],
    ['an auth that is not base64', '{"auths":{"r.test":{"auth":"hunter2!"}}}'],
    ['an auth without a colon', JSON.stringify({ auths: { 'r.test': { auth: auth('hunter2') } } })],
  ])('%s', (_about, text) => {
    expect(() => parseDockerConfig(text)).toThrow(/^invalid docker config: (?!.*hunter2)/);
  });
});

test('a key named __proto__ is a key', async () => {
  const settings = parseDockerConfig(`{"auths":{"__proto__":{"auth":"${auth('u:p')}"}}}`);
  expect(settings.auths.get('__proto__')).toEqual(basic('u', 'p'));
  expect(await lookUpCredentials(settings, { registry: 'r.test' })).toEqual({ kind: 'anonymous' });
});

describe('dockerConfigKeychain', () => {
  const entry = (user: string) => JSON.stringify({ auths: { 'r.test': { auth: auth(`${user}:p`) } } });
  test.each([
    ["docker's", {}, { '/home/u/.docker/config.json': 'docker' }, 'docker'],
    [
      'DOCKER_CONFIG',
      { DOCKER_CONFIG: '/d' },
      { '/d/config.json': 'env', '/home/u/.docker/config.json': 'docker' },
      'env',
    ],
    [
      'nothing when DOCKER_CONFIG is empty but home is not',
      { DOCKER_CONFIG: '/d' },
      { '/home/u/.docker/config.json': 'docker' },
      undefined,
    ],
    ['REGISTRY_AUTH_FILE', { REGISTRY_AUTH_FILE: '/p/auth.json' }, { '/p/auth.json': 'podman' }, 'podman'],
    ["Podman's runtime folder", { XDG_RUNTIME_DIR: '/run' }, { '/run/containers/auth.json': 'run' }, 'run'],
    ["Podman's config folder", {}, { '/home/u/.config/containers/auth.json': 'conf' }, 'conf'],
    [
      'docker before Podman',
      { REGISTRY_AUTH_FILE: '/p' },
      { '/p': 'podman', '/home/u/.docker/config.json': 'docker' },
      'docker',
    ],
    ['nothing', {}, {}, undefined],
  ] as const)('reads %s', async (_about, env, files, user) => {
    const readFile = async (path: string) => {
      const found = (files as Record<string, string>)[path];
      return found === undefined ? undefined : entry(found);
    };
    const keychain = dockerConfigKeychain({ env, home: '/home/u', readFile });
    const found = await keychain.resolve({ registry: 'r.test' });
    expect(found).toEqual(user === undefined ? { kind: 'anonymous' } : basic(user, 'p'));
  });
});

test('parseCredentials splits at the first colon, or takes a token', () => {
  expect(parseCredentials('u:p:q')).toEqual(basic('u', 'p:q'));
  expect(parseCredentials('token')).toEqual({ kind: 'registry-token', token: 'token' });
});

test('multiKeychain takes the first that knows', async () => {
  const keychain = multiKeychain(staticKeychain({ kind: 'anonymous' }), staticKeychain(parseCredentials('u:p')));
  expect(await keychain.resolve({ registry: 'r.test' })).toEqual(basic('u', 'p'));
  expect(await multiKeychain().resolve({ registry: 'r.test' })).toEqual({ kind: 'anonymous' });
});
