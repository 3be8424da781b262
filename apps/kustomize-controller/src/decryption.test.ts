import { readFileSync } from 'node:fs';
import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { createLogger } from '@fluvial/runtime';
import type { Format } from '@fluvial/sops';
import { type EncryptOptions, encryptFile } from '@fluvial/sops/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KustomizationObject, kustomizationKind } from './kustomization/kustomization-object.ts';
import { startWorld, type World } from './testing/world.ts';

const keyFile = (name: string) =>
  readFileSync(new URL(`../../../packages/sops/testdata/${name}`, import.meta.url), 'utf8');
const recipientOf = (text: string) => /public key: (age1\w+)/.exec(text)?.[1] as string;
const ours = keyFile('a.agekey');
const theirs = keyFile('b.agekey');
const rsa = keyFile('pgp-rsa.asc');
const ecc = keyFile('pgp-ecc.asc');

let world: World;
const log: string[] = [];
beforeAll(async () => {
  world = await startWorld({
    simulator: false,
    log: createLogger({ level: 'trace', destination: { write: (line: string) => void log.push(line) } }),
  });
});
afterAll(() => world.close());

const sourceRef = { kind: 'OCIRepository', name: 'app' };
const secretKind = { apiVersion: 'v1', kind: 'Secret' };
const rule = { by: 'encrypted_regex', regex: '^(data|stringData)$' } as const;
const decryption = { provider: 'sops', secretRef: { name: 'keys' } };
const byAge = { age: [recipientOf(ours)] };
const secretOf = (fields: string, name = 'db') =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData:\n${fields}`;
const plainSecret = secretOf('  password: hunter22\n');

async function seal(text: string, format: Format = 'yaml', keys: Partial<EncryptOptions> = byAge): Promise<string> {
  const isManifest = /^(?:apiVersion|\{"apiVersion)/.test(text);
  return Buffer.from(await encryptFile(text, { format, ...(isManifest ? { rule } : {}), ...keys })).toString('utf8');
}

const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');

/** A namespace with the keys in it, and a Kustomization over the files. */
async function setUp(
  files: Record<string, string>,
  keys: Record<string, string> | undefined,
  spec: Record<string, unknown> = {},
): Promise<string> {
  const ns = await world.namespace();
  if (keys) await putSecret(ns, 'keys', keys);
  await world.source(ns, 'app', '1', files);
  await world.kustomization(ns, 'app', { sourceRef, decryption, ...spec });
  return ns;
}

async function putSecret(namespace: string, name: string, stringData: Record<string, string>): Promise<void> {
  await world.kube.create({ ...secretKind, metadata: { name, namespace }, stringData } as KubeObject);
}

async function applied(ns: string): Promise<void> {
  await world.until(ns, 'app', (object) => {
    if (ready(object)?.status === 'False') throw new Error(ready(object)?.message);
    return ready(object)?.status === 'True';
  });
}

async function failed(ns: string, reason = 'BuildFailed'): Promise<string> {
  const object = await world.until(ns, 'app', (found) => ready(found)?.reason === reason);
  expect(ready(object)?.status).toBe('False');
  return ready(object)?.message ?? '';
}

async function dataOf(ns: string, name: string): Promise<Record<string, string>> {
  const { data } = await world.kube.get<KubeObject & { data: Record<string, string> }>(secretKind, name, ns);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

/** What the object with its history, its events and the log so far tell of what must not be told. */
async function told(ns: string, secret: RegExp): Promise<string[]> {
  await world.manager.events.flush();
  const object = await world.kube.get(kustomizationKind, 'app', ns);
  const { items } = await world.kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: ns });
  expect(log.length).toBeGreaterThan(0);
  return [...log, JSON.stringify(object), ...items.map((item) => JSON.stringify(item))].filter((text) =>
    secret.test(text),
  );
}

describe('keys', () => {
  test.each<[string, Partial<EncryptOptions>, Record<string, string>]>([
    ['age', byAge, { 'a.agekey': ours }],
    ['a PGP key on RSA', { pgp: [rsa] }, { 'rsa.asc': rsa }],
    ['a PGP key on Curve25519', { pgp: [ecc] }, { 'ecc.asc': ecc }],
    ['the second of two age keys in one file', byAge, { 'both.agekey': `${theirs}\n# ours\n${ours}` }],
    [
      'one of many keys, others and unknown entries beside it',
      { pgp: [ecc] },
      {
        'a.agekey': ours,
        'b.agekey': theirs,
        'rsa.asc': rsa,
        'ecc.asc': ecc,
        'README.txt': 'not a key',
      },
    ],
    ['any key of those that the file names', { age: [recipientOf(theirs)], pgp: [rsa] }, { 'rsa.asc': rsa }],
  ])('opens a file with %s', async (_, recipients, keys) => {
    const ns = await setUp({ 'db.yaml': await seal(plainSecret, 'yaml', recipients) }, keys);
    await applied(ns);
    expect(await dataOf(ns, 'db')).toEqual({ password: 'hunter22' });
    expect(await told(ns, /hunter22|AGE-SECRET-KEY|PGP PRIVATE/)).toEqual([]);
  });
});

describe('files', () => {
  test('of generators are opened in each format, and those of ConfigMaps are not', async () => {
    const options = '  options: {disableNameSuffixHash: true}\n';
    const raw = await seal('raw bytes', 'binary');
    const ns = await setUp(
      {
        'kustomization.yaml': `resources: [db.yaml, list.json, sub]\nsecretGenerator:\n- name: env\n  envs: [a.env, plain.env]\n${options}- name: files\n  files: [conf.yaml, conf.ini, app.json=data, .dockerconfigjson=docker, open.txt]\n${options}configMapGenerator:\n- name: public\n  files: [raw=sealed]\n${options}`,
        'db.yaml': await seal(plainSecret),
        'list.json': await seal(
          '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"json"},"stringData":{"a":"from json"}}',
          'json',
        ),
        'a.env': await seal('token=swordfish\n', 'dotenv'),
        'plain.env': 'level=info\n',
        'conf.yaml': await seal('user: root\npins:\n- 1234\n'),
        'conf.ini': await seal('[db]\npass = s3same\n', 'ini'),
        data: await seal('{"answer": 42}', 'json'),
        docker: await seal('{"auths": {}}', 'json'),
        'open.txt': 'nothing to hide',
        'sub/kustomization.yaml': `secretGenerator:\n- name: file\n  files: [raw]\n${options}`,
        'sub/raw': await seal('raw bytes', 'binary'),
        sealed: raw,
      },
      { 'a.agekey': ours },
    );
    await applied(ns);
    expect(await dataOf(ns, 'db')).toEqual({ password: 'hunter22' });
    expect(await dataOf(ns, 'json')).toEqual({ a: 'from json' });
    expect(await dataOf(ns, 'env')).toEqual({ token: 'swordfish', level: 'info' });
    expect(await dataOf(ns, 'files')).toEqual({
      'conf.yaml': 'user: root\npins:\n    - 1234\n',
      'conf.ini': '[db]\npass = s3same\n',
      'app.json': '{\n\t"answer": 42\n}\n',
      '.dockerconfigjson': '{\n\t"auths": {}\n}\n',
      'open.txt': 'nothing to hide',
    });
    expect(await dataOf(ns, 'file')).toEqual({ raw: 'raw bytes' });
    const map = await world.kube.get({ apiVersion: 'v1', kind: 'ConfigMap' }, 'public', ns);
    expect(map['data']).toEqual({ raw });
    expect(await told(ns, /hunter22|swordfish|s3same|raw bytes/)).toEqual([]);
  });

  test('of patches are opened', async () => {
    const ns = await setUp(
      {
        'kustomization.yaml':
          'resources: [map.yaml]\npatches:\n- path: merge.yaml\n- path: ops.json\n  target: {kind: ConfigMap}\n',
        'map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  open: "yes"\n',
        'merge.yaml': await seal('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  merged: m3rged\n'),
        'ops.json': await seal(
          '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"conf"},"data":{"b":"b3"}}',
          'json',
        ),
      },
      { 'a.agekey': ours },
    );
    await applied(ns);
    const map = await world.kube.get({ apiVersion: 'v1', kind: 'ConfigMap' }, 'conf', ns);
    expect(map['data']).toEqual({ open: 'yes', merged: 'm3rged', b: 'b3' });
  });

  test('inside the data of a Secret are opened, as its key tells', async () => {
    const inner = await seal('user: root\n');
    const ns = await setUp(
      {
        'db.yaml': secretOf('').replace('stringData:', `data:\n  conf.json: ${Buffer.from(inner).toString('base64')}`),
      },
      { 'a.agekey': ours },
    );
    await applied(ns);
    expect(await dataOf(ns, 'db')).toEqual({ 'conf.json': '{\n\t"user": "root"\n}\n' });
  });

  test('stay encrypted where the object says so', async () => {
    const inner = await seal('raw bytes', 'binary');
    const disabled = 'metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}\n';
    const ns = await setUp(
      {
        'db.yaml': secretOf('')
          .replace('metadata:\n', disabled)
          .replace('stringData:', `data:\n  raw: ${Buffer.from(inner).toString('base64')}`),
      },
      { 'a.agekey': ours },
    );
    await applied(ns);
    expect(await dataOf(ns, 'db')).toEqual({ raw: inner });
  });
});

test('variables are put into what was decrypted, and are not decrypted themselves', async () => {
  const sealedValue = 'ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]';
  const ns = await setUp(
    { 'db.yaml': await seal(secretOf(`  login: \${user}/\${sealed}/hunter22\n`)) },
    { 'a.agekey': ours },
    { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'variables' }] } },
  );
  await putSecret(ns, 'variables', { user: 'root', sealed: sealedValue });
  await world.kustomization(ns, 'app', {
    sourceRef,
    decryption,
    interval: '59m',
    postBuild: { substituteFrom: [{ kind: 'Secret', name: 'variables' }] },
  });
  await world.until(ns, 'app', (object) => ready(object)?.status === 'True');
  expect(await dataOf(ns, 'db')).toEqual({ login: `root/${sealedValue}/hunter22` });
  expect(await told(ns, /hunter22/)).toEqual([]);
});

describe('ends in a condition, and nothing is told:', () => {
  const cannotGetKey = /^decryption failed for 'Secret\.v1\.\[noGrp\]\/db': .*cannot get sops data key: /s;
  test.each<[string, Partial<EncryptOptions>, (text: string) => string, Record<string, string>, RegExp]>([
    ['the age key of another', byAge, (text) => text, { 'b.agekey': theirs }, cannotGetKey],
    ['the PGP key of another', { pgp: [rsa] }, (text) => text, { 'ecc.asc': ecc }, cannotGetKey],
    ['no key', byAge, (text) => text, {}, cannotGetKey],
    [
      'a file that was changed',
      byAge,
      (text) => text.replace('name: db', 'name: other'),
      { 'a.agekey': ours },
      /^error decrypting sources: '\.\/db\.yaml': failed to verify sops data integrity: the MAC does not match/,
    ],
    [
      'a plain value that was slipped in',
      byAge,
      (text) => text.replace('stringData:\n', 'stringData:\n    more: hunter22\n'),
      { 'a.agekey': ours },
      /^decryption failed for 'Secret\.v1\.\[noGrp\]\/db': .*Input string <redacted> does not match sops' data format$/,
    ],
    [
      'an age key that is none',
      byAge,
      (text) => text,
      { 'a.agekey': 'AGE-SECRET-KEY-1HUNTER22' },
      /^failed to import .a\.agekey. data from sops decryption Secret 'w-\d+\/keys': /,
    ],
    [
      'a PGP key that is none',
      byAge,
      (text) => text,
      { 'a.asc': 'hunter22' },
      /^failed to import .a\.asc. data from sops decryption Secret 'w-\d+\/keys': /,
    ],
  ])('%s', async (_, recipients, change, keys, message) => {
    const ns = await setUp({ 'db.yaml': change(await seal(plainSecret, 'yaml', recipients)) }, keys);
    expect(await failed(ns)).toMatch(message);
    expect(await told(ns, /hunter22|HUNTER22|PGP PRIVATE/)).toEqual([]);
    expect(await world.kube.find(secretKind, 'db', ns)).toBeUndefined();
  });

  test('no Secret with keys, though another tenant has one', async () => {
    const neighbour = await setUp({ 'db.yaml': await seal(plainSecret) }, { 'a.agekey': ours });
    const ns = await setUp({ 'db.yaml': await seal(plainSecret) }, undefined);
    expect(await failed(ns)).toBe('secrets "keys" not found');
    await applied(neighbour);
    expect(await told(ns, /hunter22/)).toEqual([]);
  });

  test('no decryption at all', async () => {
    const ns = await setUp({ 'db.yaml': await seal(plainSecret) }, { 'a.agekey': ours }, { decryption: undefined });
    expect(await failed(ns, 'ReconciliationFailed')).toBe(
      `Secret/${ns}/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    );
  });

  test('an identity that the controller does not hand out', async () => {
    const spec = { decryption: { ...decryption, serviceAccountName: 'tenant' } };
    const ns = await setUp({ 'db.yaml': await seal(plainSecret) }, { 'a.agekey': ours }, spec);
    expect(await failed(ns, 'FeatureGateDisabled')).toBe(
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    );
    const object = await world.kube.get(kustomizationKind, 'app', ns);
    expect(getCondition(object as never, 'Stalled')).toMatchObject({ status: 'True', reason: 'FeatureGateDisabled' });
  });

  test('a larger file than anybody writes', async () => {
    const ns = await setUp(
      {
        'kustomization.yaml': 'secretGenerator:\n- name: file\n  files: [raw]\n',
        raw: await seal('hunter22'.repeat(600_000), 'binary'),
      },
      { 'a.agekey': ours },
    );
    expect(await failed(ns)).toMatch(
      /^error decrypting sources: cannot decrypt file with size \(\d+ bytes\) exceeding limit \(5242880\)$/,
    );
  });

  test.each<[string, Record<string, string>, string]>([
    ['a patch that is none', { 'patch.yaml': 'just: [hunter22]\n' }, 'patches: [{path: patch.yaml}]\n'],
    [
      'a patch of another shape',
      { 'patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  a: {b: hunter22}\n' },
      'patches: [{path: patch.yaml}]\n',
    ],
    [
      'a patch with an unknown directive',
      { 'patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  $patch: hunter22\n' },
      'patches: [{path: patch.yaml}]\n',
    ],
    [
      'a patch for something that is not there',
      { 'patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: nobody\ndata: {a: hunter22}\n' },
      'patches: [{path: patch.yaml}]\n',
    ],
    [
      'a patch of text',
      { 'patch.yaml': 'a: |\n  hunter22\n' },
      'patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n',
    ],
  ])('%s', async (_, sealed, kustomization) => {
    const files = { 'kustomization.yaml': `resources: [map.yaml]\n${kustomization}` } as Record<string, string>;
    files['map.yaml'] = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  a: b\n';
    for (const [name, text] of Object.entries(sealed))
      files[name] = Buffer.from(
        await encryptFile(text, { format: name.endsWith('.env') ? 'dotenv' : 'yaml', ...byAge }),
      ).toString();
    const ns = await setUp(files, { 'a.agekey': ours });
    const message = await failed(ns);
    expect(message).not.toBe('');
    expect(await told(ns, /hunter22/)).toEqual([]);
  });

  test('a value that the server does not take in an object of another kind', async () => {
    const plain =
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: svc\nspec:\n  type: hunter22\n  ports: [{port: 80}]\n';
    const sealed = await encryptFile(plain, {
      format: 'yaml',
      ...byAge,
      rule: { by: 'encrypted_regex', regex: '^type$' },
    });
    const ns = await setUp({ 'svc.yaml': Buffer.from(sealed).toString() }, { 'a.agekey': ours });
    expect(await failed(ns, 'ReconciliationFailed')).toMatch(/spec\.type: Unsupported value: "\*\*\*"/);
    expect(await told(ns, /hunter22/)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ['a name that the server does not take', '  "pin code": hunter22\n', 'ReconciliationFailed'],
    ['text that is no text with variables', '  pin: hunter22${\n', 'BuildFailed'],
    ['a variable that breaks the manifest', '  pin: hunter22${quote}\n', 'BuildFailed'],
  ])('%s', async (_, fields, reason) => {
    const postBuild = { substitute: { user: 'root', quote: ': y' } };
    const ns = await setUp({ 'db.yaml': await seal(secretOf(fields)) }, { 'a.agekey': ours }, { postBuild });
    expect(await failed(ns, reason)).not.toBe('');
    expect(await told(ns, /hunter22/)).toEqual([]);
  });
});
