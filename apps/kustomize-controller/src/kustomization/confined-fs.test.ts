import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactTree } from './artifact-tree.ts';
import { directoryOf } from './build-manifests.ts';
import { createArtifactFs } from './confined-fs.ts';

let base: string;
let dir: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'fluvial-tree-'));
  dir = join(base, 'tree');
  mkdirSync(join(dir, 'app'), { recursive: true });
  writeFileSync(join(base, 'secret'), 'outside');
  writeFileSync(join(dir, 'app', 'a.yaml'), 'a: 1');
  symlinkSync(join(base, 'secret'), join(dir, 'app', 'link.yaml'));
  symlinkSync('a.yaml', join(dir, 'app', 'inner.yaml'));
});
afterAll(() => rmSync(base, { recursive: true }));

const root = '/tmp/kustomization-0123456789';
const open = () => createArtifactFs(dir, 'sha256:0123456789abcdef');
const read = (path: string) => Buffer.from(open().readFile(path)).toString();

describe('createArtifactFs', () => {
  test('shows the tree under a name of its own', () => {
    expect(open().root).toBe(root);
    expect(read(`${root}/app/a.yaml`)).toBe('a: 1');
    expect(read('app/inner.yaml')).toBe('a: 1');
    expect(open().realpath('app/inner.yaml')).toBe(`${root}/app/a.yaml`);
    expect(open().readdir(`${root}/app`)).toEqual(['a.yaml', 'inner.yaml', 'link.yaml']);
    expect(open().stat('app')).toBe('directory');
    expect(open().stat('app/none')).toBeUndefined();
  });

  test.each([
    [
      'above',
      `${root}/../../etc/passwd`,
      `fs-security-constraint read /etc/passwd: path '/etc/passwd' is not in or below '${root}'`,
    ],
    ['the real folder', () => join(dir, 'app/a.yaml'), 'is not in or below'],
    ['a link that leads out', `${root}/app/link.yaml`, 'is not in or below'],
  ])('refuses %s', (_, path, message) => {
    expect(() => read(typeof path === 'string' ? path : path())).toThrow(message);
  });

  test('messages never tell where the tree really lies', () => {
    let message = '';
    try {
      read(`${root}/app/none.yaml`);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe(`open ${root}/app/none.yaml: no such file or directory`);
  });
});

test('artifactTree reads each file once', () => {
  const { fs } = artifactTree(dir, 'sha256:0123456789abcdef');
  expect(fs.readFile('app/a.yaml')).toBe(artifactTree(dir, 'sha256:0123456789abcdef').fs.readFile('app/a.yaml'));
  expect(() => fs.readFile('../../etc/passwd')).toThrow('is not in or below');
});

test.each([
  [undefined, root],
  ['./', root],
  ['./app//x/', `${root}/app/x`],
  ['../../../etc', `${root}/etc`],
  ['/app', `${root}/app`],
])('directoryOf %j', (path, expected) => {
  expect(directoryOf(open(), path)).toBe(expected);
});
