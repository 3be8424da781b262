import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import type { Format } from '@fluvial/sops';
import { encryptFile } from '@fluvial/sops/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './testing/world.ts';

/** Programs that other people wrote for the same formats. */
const programs = {
  age: 'age',
  ageKeygen: 'age-keygen',
  gpg: 'gpg',
  sops: process.env['FLUVIAL_SOPS'] || 'sops',
};
const isHere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const has = {
  age: isHere(programs.age) && isHere(programs.ageKeygen),
  gpg: isHere(programs.gpg),
  sops: isHere(programs.sops),
};
const missingOf = (...names: (keyof typeof has)[]) => names.filter((name) => !has[name]);
const why = (missing: readonly string[]) => (missing.length > 0 ? ` (skipped: no ${missing.join(', no ')} here)` : '');

let world: World;
let dir: string;
let keys: { age?: { recipient: string; file: string }; gpg?: { fingerprint: string; armored: string } };

beforeAll(async () => {
  // The agent's socket needs a short path.
  dir = mkdtempSync(join(tmpdir(), 'fk-'));
  keys = { ...(has.age ? { age: makeAgeKey() } : {}), ...(has.gpg ? { gpg: makeGpgKey() } : {}) };
  if (has.age || has.gpg) world = await startWorld({ simulator: false });
}, 60_000);
afterAll(async () => {
  if (has.gpg) spawnSync('gpgconf', ['--homedir', dir, '--kill', 'all']);
  await world?.close();
  rmSync(dir, { recursive: true, force: true });
});

function run(program: string, args: string[], input?: Uint8Array): string {
  return execFileSync(program, args, {
    input: input ?? '',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, GNUPGHOME: dir, HOME: dir },
  });
}

function makeAgeKey() {
  const file = run(programs.ageKeygen, []);
  return { file, recipient: /public key: (age1\w+)/.exec(file)?.[1] as string };
}

function makeGpgKey() {
  const user = 'Fluvial Test <test@fluvial.example>';
  const batch = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', ''];
  run(programs.gpg, [...batch, '--quick-generate-key', user, 'default', 'default', 'never']);
  const listed = run(programs.gpg, ['--batch', '--with-colons', '--list-secret-keys']);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] as string;
  return { fingerprint, armored: run(programs.gpg, [...batch, '--armor', '--export-secret-keys', fingerprint]) };
}

/** The `sops` blocks' lists of keys, the data key in them as the programs encrypt it. */
function wrap(dataKey: Uint8Array, by: 'age' | 'gpg'): Record<string, unknown> {
  if (by === 'age') {
    const recipient = keys.age?.recipient as string;
    return { age: [{ recipient, enc: run(programs.age, ['--encrypt', '--armor', '-r', recipient], dataKey) }] };
  }
  const fp = keys.gpg?.fingerprint as string;
  const enc = run(
    programs.gpg,
    ['--batch', '--no-encrypt-to', '--trust-model', 'always', '--encrypt', '--armor', '-r', fp],
    dataKey,
  );
  return { pgp: [{ created_at: '2026-01-02T03:04:05Z', fp, enc }] };
}

const secretKind = { apiVersion: 'v1', kind: 'Secret' };
const plain: Record<string, [Format, string]> = {
  'db.yaml': ['yaml', 'apiVersion: v1\nkind: Secret\nmetadata:\n    name: db\nstringData:\n    password: hunter22\n'],
  'a.env': ['dotenv', 'token=swordfish\n'],
  raw: ['binary', 'raw bytes'],
  'conf.json': ['json', '{\n\t"pin": 4711\n}\n'],
};
const kustomization =
  'resources: [db.yaml]\nsecretGenerator:\n- name: made\n  envs: [a.env]\n  files: [raw, conf.json]\n  options: {disableNameSuffixHash: true}\n';

async function decryptsThroughTheController(files: Record<string, string>, secret: Record<string, string>) {
  const ns = await world.namespace();
  await world.kube.create({
    ...secretKind,
    metadata: { name: 'keys', namespace: ns },
    stringData: secret,
  } as KubeObject);
  await world.source(ns, 'app', '1', { ...files, 'kustomization.yaml': kustomization });
  await world.kustomization(ns, 'app', {
    sourceRef: { kind: 'OCIRepository', name: 'app' },
    decryption: { provider: 'sops', secretRef: { name: 'keys' } },
  });
  await world.until(ns, 'app', (object) => {
    const ready = getCondition(object as never, 'Ready');
    if (ready?.status === 'False') throw new Error(ready.message);
    return ready?.status === 'True';
  });
  const data: Record<string, string> = {};
  for (const name of ['db', 'made']) {
    const found = await world.kube.get<KubeObject & { data: Record<string, string> }>(secretKind, name, ns);
    for (const [key, value] of Object.entries(found.data)) data[key] = Buffer.from(value, 'base64').toString();
  }
  expect(data).toEqual({
    password: 'hunter22',
    token: 'swordfish',
    raw: 'raw bytes',
    'conf.json': '{\n\t"pin": 4711\n}\n',
  });
}

const secretOf = (by: 'age' | 'gpg'): Record<string, string> =>
  by === 'age' ? { 'a.agekey': keys.age?.file as string } : { 'a.asc': keys.gpg?.armored as string };

for (const by of ['age', 'gpg'] as const) {
  const missing = missingOf(by);
  test.skipIf(missing.length > 0)(
    `${by} encrypts data keys, and the controller opens them${why(missing)}`,
    async () => {
      const dataKey = randomBytes(32);
      const files: Record<string, string> = {};
      for (const [name, [format, text]] of Object.entries(plain)) {
        files[name] = Buffer.from(
          await encryptFile(text, {
            format,
            dataKey,
            keys: wrap(dataKey, by),
            // Names of objects stay readable.
            ...(name === 'db.yaml' ? { rule: { by: 'encrypted_regex', regex: '^stringData$' } } : {}),
          }),
        ).toString();
      }
      await decryptsThroughTheController(files, secretOf(by));
    },
  );

  const missingForSops = missingOf('sops', by);
  test.skipIf(missingForSops.length > 0)(
    `sops encrypts a tree for ${by}, and the controller opens it${why(missingForSops)}`,
    async () => {
      const recipient =
        by === 'age' ? ['--age', keys.age?.recipient as string] : ['--pgp', keys.gpg?.fingerprint as string];
      const files: Record<string, string> = {};
      for (const [name, [format, text]] of Object.entries(plain)) {
        const path = join(dir, `${by}-${name}`);
        writeFileSync(path, text);
        const rule = name === 'db.yaml' ? ['--encrypted-regex', '^(data|stringData)$'] : [];
        const types = ['--input-type', format, '--output-type', format];
        files[name] = run(programs.sops, ['encrypt', ...recipient, ...rule, ...types, path]);
      }
      await decryptsThroughTheController(files, secretOf(by));
    },
  );
}
