import { readFileSync } from 'node:fs';
import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { encryptFile } from '@fluvial/sops/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KustomizationObject } from './kustomization/kustomization-object.ts';
import { startWorld, type World } from './testing/world.ts';

const keyOf = (name: string) =>
  readFileSync(new URL(`../../../packages/sops/testdata/${name}.agekey`, import.meta.url), 'utf8');
const recipientOf = (text: string) => /public key: (age1\w+)/.exec(text)?.[1] as string;
const ours = keyOf('a');
const theirs = keyOf('b');

let world: World;
beforeAll(async () => {
  world = await startWorld({ simulator: false });
});
afterAll(() => world.close());

const sourceRef = { kind: 'OCIRepository', name: 'app' };
const secretKind = { apiVersion: 'v1', kind: 'Secret' };
const plainSecret = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter22\n';
const rule = { by: 'encrypted_regex', regex: '^(data|stringData)$' } as const;
const encrypted = async (text: string, format: 'yaml' | 'dotenv' | 'binary' = 'yaml') =>
  Buffer.from(
    await encryptFile(text, { format, age: [recipientOf(ours)], ...(format === 'yaml' ? { rule } : {}) }),
  ).toString('utf8');
const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');

async function setUp(files: Record<string, string>, keys: Record<string, string>): Promise<string> {
  const ns = await world.namespace();
  await world.kube.create({
    ...secretKind,
    metadata: { name: 'keys', namespace: ns },
    stringData: keys,
  } as KubeObject);
  await world.source(ns, 'app', '1', files);
  await world.kustomization(ns, 'app', { sourceRef, decryption: { provider: 'sops', secretRef: { name: 'keys' } } });
  return ns;
}

test('decrypts manifests and the files of generators', async () => {
  const files = {
    'kustomization.yaml':
      'resources: [db.yaml, sub]\nsecretGenerator:\n- name: env\n  envs: [a.env]\n  options: {disableNameSuffixHash: true}\n',
    'db.yaml': await encrypted(plainSecret),
    'a.env': await encrypted('token=swordfish\n', 'dotenv'),
    'sub/kustomization.yaml':
      'secretGenerator:\n- name: file\n  files: [raw]\n  options: {disableNameSuffixHash: true}\n',
    'sub/raw': await encrypted('raw bytes', 'binary'),
  };
  const ns = await setUp(files, { 'a.agekey': ours });
  await world.until(ns, 'app', (object) => ready(object)?.status === 'True');
  const data = async (name: string) => {
    const { data: values } = await world.kube.get<KubeObject & { data: Record<string, string> }>(secretKind, name, ns);
    return Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  };
  expect(await data('db')).toEqual({ password: 'hunter22' });
  expect(await data('env')).toEqual({ token: 'swordfish' });
  expect(await data('file')).toEqual({ raw: 'raw bytes' });
});

test.each<[string, (text: string) => string, Record<string, string>, RegExp]>([
  [
    'the key of another',
    (text) => text,
    { 'b.agekey': theirs },
    /^decryption failed for 'Secret\.v1\.\[noGrp\]\/db': .*cannot get sops data key: /s,
  ],
  ['no key', (text) => text, {}, /^decryption failed for 'Secret\.v1\.\[noGrp\]\/db': .*cannot get sops data key: /s],
  [
    'a file that was changed',
    (text) => text.replace('name: db', 'name: other'),
    { 'a.agekey': ours },
    /^error decrypting sources: '\.\/db\.yaml': failed to verify sops data integrity: the MAC does not match/,
  ],
])('ends in a condition: %s', async (_, change, keys, message) => {
  const ns = await setUp({ 'db.yaml': change(await encrypted(plainSecret)) }, keys);
  const object = await world.until(ns, 'app', (found) => ready(found)?.reason === 'BuildFailed');
  expect(ready(object)?.message).toMatch(message);
  const { items } = await world.kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: ns });
  expect(JSON.stringify([object, items])).not.toContain('hunter22');
  expect(await world.kube.find(secretKind, 'db', ns)).toBeUndefined();
});
