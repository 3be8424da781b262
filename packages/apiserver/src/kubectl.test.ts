import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from './start-api-server.ts';

const run = promisify(execFile);
const kubectl = process.env['FLUVIAL_KUBECTL'] ?? '';
const absent = kubectl === '' || !fs.existsSync(kubectl);

/** With the real kubectl, named by FLUVIAL_KUBECTL; without it there is nothing to test. */
describe.skipIf(absent)('kubectl', () => {
  let server: ApiServer;
  let home: string;

  beforeAll(async () => {
    server = await startApiServer();
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'apiserver-kubectl-'));
    fs.writeFileSync(path.join(home, 'kubeconfig'), server.kubeconfig());
  });
  afterAll(async () => {
    await server.close();
    fs.rmSync(home, { recursive: true, force: true });
  });

  /** Standard output, and the standard error of a failure; ages are masked. */
  async function k(args: string, stdin = ''): Promise<string> {
    const child = run(kubectl, args.split(' '), {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        KUBECONFIG: path.join(home, 'kubeconfig'),
        KUBECTL_KUBERC: 'false',
      },
    });
    child.child.stdin?.end(stdin);
    const text = await child.then(
      ({ stdout }) => stdout,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
    return text.replace(/\b\d+(s|m|ms)\b/g, 'AGE').trim();
  }

  test('a session as the user sees it', async () => {
    expect(await k('get configmap none')).toBe('Error from server (NotFound): configmaps "none" not found');
    expect(await k('create configmap one --from-literal=a=1')).toBe('configmap/one created');
    expect(await k('create configmap one --from-literal=a=1')).toBe(
      'error: failed to create configmap: configmaps "one" already exists',
    );
    expect(await k('get configmap one')).toBe('NAME   DATA   AGE\none    1      AGE');
    const manifest = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\ndata: {a: ${value}}\n`;
    expect(await k('apply -f -', manifest('b'))).toBe('configmap/two created');
    expect(await k('apply -f -', manifest('b'))).toBe('configmap/two unchanged');
    expect(await k('apply -f -', manifest('c'))).toBe('configmap/two configured');
    expect(await k('apply --server-side --field-manager=x -f -', manifest('d'))).toContain(
      'conflict with "kubectl-client-side-apply" using v1: .data.a',
    );
    expect(await k('create deployment web --image=example.com/web:1')).toBe('deployment.apps/web created');
    expect(await k('wait --for=condition=Available deployment/web --timeout=20s')).toBe(
      'deployment.apps/web condition met',
    );
    expect(await k('rollout status deployment/web')).toBe('deployment "web" successfully rolled out');
    expect(await k('get deployment web')).toMatch(
      /^NAME {3}READY {3}UP-TO-DATE {3}AVAILABLE {3}AGE\nweb {4}1\/1 {5}1 {12}1 {11}AGE$/,
    );
    expect(await k('scale deployment web --replicas=3')).toBe('deployment.apps/web scaled');
    expect(await k('explain deployment.spec.replicas')).toContain('FIELD: replicas <integer>');
    expect(await k('auth can-i --as=jane get pods')).toContain('no');
    expect(await k('delete deployment web')).toBe('deployment.apps "web" deleted from default namespace');
    expect(await k('create -f -', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: three}\ndatas: {a: b}\n')).toBe(
      'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"',
    );
    expect(await k('create namespace gone')).toBe('namespace/gone created');
    expect(await k('delete namespace gone')).toBe('namespace "gone" deleted');
    expect((await k('api-resources --api-group=apps -o name')).split('\n')).toContain('deployments.apps');
  });
});
