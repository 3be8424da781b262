import { describe, expect, test } from 'vitest';
import { OciError } from './errors.ts';
import { isLocalRegistry, parseReference, parseRepository, withDigest, withTag } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  test.each([
    ['ghcr.io/org/app:1.0', 'ghcr.io', 'org/app', 'ghcr.io/org/app:1.0'],
    ['ghcr.io/org/app', 'ghcr.io', 'org/app', 'ghcr.io/org/app:latest'],
    [`ghcr.io/org/app@${digest}`, 'ghcr.io', 'org/app', `ghcr.io/org/app@${digest}`],
    [`ghcr.io/org/app:1.0@${digest}`, 'ghcr.io', 'org/app', `ghcr.io/org/app@${digest}`],
    ['localhost:5000/app', 'localhost:5000', 'app', 'localhost:5000/app:latest'],
    ['localhost/app:x', 'localhost', 'app', 'localhost/app:x'],
    ['127.0.0.1:5000/a/b/c:X.y_z-1', '127.0.0.1:5000', 'a/b/c', '127.0.0.1:5000/a/b/c:X.y_z-1'],
    ['[::1]:5000/app:1', '[::1]:5000', 'app', '[::1]:5000/app:1'],
    ['alpine', 'index.docker.io', 'library/alpine', 'index.docker.io/library/alpine:latest'],
    ['org/app:1', 'index.docker.io', 'org/app', 'index.docker.io/org/app:1'],
    ['docker.io/alpine:3', 'index.docker.io', 'library/alpine', 'index.docker.io/library/alpine:3'],
    ['docker.io/org/app', 'index.docker.io', 'org/app', 'index.docker.io/org/app:latest'],
    ['index.docker.io/org/app', 'index.docker.io', 'org/app', 'index.docker.io/org/app:latest'],
    ['registry.test/a/_b', 'registry.test', 'a/_b', 'registry.test/a/_b:latest'],
  ])('reads %s', (text, registry, repository, name) => {
    const reference = parseReference(text);
    expect(reference).toMatchObject({ text, registry, repository, name, context: `${registry}/${repository}` });
    expect(reference.name.endsWith(reference.identifier)).toBe(true);
    expect(reference.digest === undefined).toBe(reference.tag !== undefined);
  });

  test.each([
    ['an empty text', ''],
    ['an upper-case repository', '127.0.0.1:5000/ns/App:1'],
    ['an empty tag', 'ghcr.io/org/app:'],
    ['a tag with a plus', 'ghcr.io/org/app:1+2'],
    ['a tag that is too long', `ghcr.io/org/app:${'t'.repeat(129)}`],
    ['a repository that is too long', `ghcr.io/${'r'.repeat(256)}`],
    ['an unknown digest algorithm', 'ghcr.io/org/app@md5:abc'],
    ['a short digest', 'ghcr.io/org/app@sha256:abc'],
    ['two digests', `ghcr.io/org/app@${digest}@${digest}`],
    ['a scheme', 'https://ghcr.io/org/app'],
    ['userinfo', 'user:pass@ghcr.io/org/app'],
    ['a query', 'ghcr.io/org/app?x=1'],
    ['a port that is no number', 'ghcr.io:abc/org/app'],
    ['a port that is too large', 'ghcr.io:99999/org/app'],
    ['a host with a space', 'gh cr.io/org/app'],
    ['a host alone', 'ghcr.io/'],
    ['a line break', 'ghcr.io/org/app\nx'],
  ])('refuses %s', (_about, text) => {
    const parse = () => parseReference(text);
    expect(parse).toThrow(OciError);
    expect(parse).toThrow(`could not parse reference: ${text}`);
  });

  test('allows plain HTTP for local hosts, or when asked to', () => {
    expect(parseReference('ghcr.io/a/b').allowsHttp).toBe(false);
    expect(parseReference('ghcr.io/a/b', { insecure: true }).allowsHttp).toBe(true);
    expect(parseReference('127.0.0.1:5000/a').allowsHttp).toBe(true);
  });
});

test.each([
  ['localhost:5000', true],
  ['localhost', false],
  ['registry.localhost', true],
  ['registry.localhost:80', true],
  ['127.0.0.1', true],
  ['127.0.0.1:1', true],
  ['127.0.0.2:1', false],
  ['[::1]:5000', true],
  ['10.1.2.3:5000', true],
  ['172.16.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1:80', true],
  ['8.8.8.8', false],
  ['localhost.example.com', false],
])('isLocalRegistry %s: %s', (host, expected) => {
  expect(isLocalRegistry(host)).toBe(expected);
});

test('parseRepository takes no tag', () => {
  expect(parseRepository('ghcr.io/org/app').context).toBe('ghcr.io/org/app');
  expect(() => parseRepository('ghcr.io/org/app:1')).toThrow('repository can only contain the characters');
});

test('withTag and withDigest stay in the repository', () => {
  const base = parseReference('ghcr.io/org/app:1');
  expect(withTag(base, '2').name).toBe('ghcr.io/org/app:2');
  expect(withDigest(base, digest)).toMatchObject({ name: `ghcr.io/org/app@${digest}`, identifier: digest });
  expect(withDigest(base, digest).tag).toBeUndefined();
  expect(() => withTag(base, '../x')).toThrow(OciError);
  expect(() => withDigest(base, 'sha256:../../x')).toThrow(OciError);
});
