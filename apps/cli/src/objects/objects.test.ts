import { describe, expect, test } from 'vitest';
import { selectTags } from '../commands/artifact/list.ts';
import { reportDifferences } from '../commands/build/difference-report.ts';
import { maskSecret } from '../commands/build/mask-secret.ts';
import { formatLine } from '../commands/logs.ts';
import { formatBytes } from '../commands/stats.ts';
import { localTime } from '../commands/trace/blocks.ts';
import { parseInventoryId } from '../commands/tree/walk-inventory.ts';
import { parseGoUrl } from './go-url.ts';
import { humanAge } from './human-age.ts';
import { reconciledStateOf } from './kstatus.ts';
import { checkLabelSelector } from './label-selector.ts';
import { shortenRevision } from './shorten-revision.ts';
import type { ToolkitObject } from './toolkit-object.ts';

describe('humanAge', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const rows: [number, string][] = [
    [45 * second, '45s'],
    [119 * second, '119s'],
    [130 * second, '2m10s'],
    [2 * minute, '2m'],
    [17 * minute, '17m'],
    [3 * hour + 5 * minute, '3h5m'],
    [30 * hour, '30h'],
    [4 * day + 2 * hour, '4d2h'],
    [12 * day, '12d'],
    [800 * day, '2y70d'],
    [9 * 365 * day, '9y'],
  ];
  for (const [ms, text] of rows) test(text, () => expect(humanAge(ms)).toBe(text));
});

describe('shortenRevision', () => {
  test('cuts digests and commits, nothing else', () => {
    const digest = 'ab'.repeat(32);
    expect(shortenRevision(`latest@sha256:${digest}`)).toBe('latest@sha256:abababab');
    expect(shortenRevision(`main@sha1:${'0'.repeat(40)} x`)).toBe('main@sha1:00000000 x');
    expect(shortenRevision('deadbeef')).toBe('deadbeef');
    expect(shortenRevision(`x${digest}`)).toBe(`x${digest}`);
  });
});

describe('parseGoUrl', () => {
  test('parts', () => {
    expect(parseGoUrl('ssh://git@host:22/a/b?x#y')).toEqual({
      scheme: 'ssh',
      user: 'git',
      host: 'host:22',
      path: '/a/b',
    });
    expect(parseGoUrl('HTTPS://h')).toMatchObject({ scheme: 'https', host: 'h' });
  });
  for (const [text, reason] of [
    ['git@host:app', 'parse "git@host:app": first path segment in URL cannot contain colon'],
    [':x', 'parse ":x": missing protocol scheme'],
    ['http://h:port/', 'parse "http://h:port/": invalid port ":port" after host'],
  ]) {
    test(text!, () => expect(() => parseGoUrl(text!)).toThrow(reason));
  }
});

describe('checkLabelSelector', () => {
  for (const selector of ['a=b', 'a==b,c', '!a', 'a in (b, c)', 'a notin (b),x=y', '']) {
    test(`takes ${selector}`, () => expect(() => checkLabelSelector(selector)).not.toThrow());
  }
  for (const [selector, reason] of [
    ['(', `couldn't parse the selector string "(": found '(', expected: !, identifier, or 'end of string'`],
    ['a b', `unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt`],
    ['a=b,', `found '', expected: identifier after ','`],
    ['a!=b', '"!=" is not a valid label selector operator'],
  ]) {
    test(`refuses ${selector}`, () => expect(() => checkLabelSelector(selector!)).toThrow(reason));
  }
});

describe('reconciledStateOf', () => {
  const condition = (type: string, status: 'True' | 'False', observedGeneration?: number) => ({
    type,
    status,
    reason: 'Test',
    message: `${type} message`,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    ...(observedGeneration ? { observedGeneration } : {}),
  });
  const object = (status: ToolkitObject['status'], generation = 2): ToolkitObject => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'x', generation },
    ...(status ? { status } : {}),
  });
  test('waits for the controller and the present generation', () => {
    expect(reconciledStateOf(object(undefined)).is).toBe('in-progress');
    expect(reconciledStateOf(object({ observedGeneration: -1, conditions: [condition('Ready', 'True')] })).is).toBe(
      'in-progress',
    );
    expect(reconciledStateOf(object({ observedGeneration: 2, conditions: [condition('Ready', 'True', 1)] })).is).toBe(
      'in-progress',
    );
    expect(reconciledStateOf(object({ observedGeneration: 2, conditions: [condition('Ready', 'True', 2)] })).is).toBe(
      'current',
    );
  });
  test('a failure is waited out, a stall is not', () => {
    expect(reconciledStateOf(object({ observedGeneration: 2, conditions: [condition('Ready', 'False', 2)] })).is).toBe(
      'in-progress',
    );
    const stalled = object({
      observedGeneration: 2,
      conditions: [condition('Stalled', 'True', 2), condition('Ready', 'False', 2)],
    });
    expect(reconciledStateOf(stalled)).toEqual({ is: 'failed', message: 'Stalled message' });
  });
});

describe('formatBytes', () => {
  for (const [bytes, text] of [
    [0, '-'],
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [2 ** 21, '2.0 MiB'],
  ] as const) {
    test(text, () => expect(formatBytes(bytes)).toBe(text));
  }
});

describe('selectTags', () => {
  const tags = ['1.0.0', '1.10.0', 'v1.2.0', 'latest', 'sha256-x.sig', '2.0.0-rc.1', '1.2'];
  test('last first as plain text, without signatures', () => {
    expect(selectTags(tags, '', '')).toEqual(['v1.2.0', 'latest', '2.0.0-rc.1', '1.2', '1.10.0', '1.0.0']);
  });
  test('by range, only full versions', () =>
    expect(selectTags(tags, '1.x', '')).toEqual(['v1.2.0', '1.10.0', '1.0.0']));
  test('by pattern, unanchored', () => expect(selectTags(tags, '', 'at')).toEqual(['latest']));
  test('bad ones say so', () => {
    expect(() => selectTags(tags, 'banana', '')).toThrow(`semver 'banana' parse error: improper constraint: "banana"`);
    expect(() => selectTags(tags, '', '(')).toThrow("regex '(' parse error: error parsing regexp: ");
  });
});

describe('parseInventoryId', () => {
  test('namespace, name, group, kind', () => {
    expect(parseInventoryId('ns_a_apps_Deployment')).toEqual({
      namespace: 'ns',
      name: 'a',
      group: 'apps',
      kind: 'Deployment',
    });
    expect(parseInventoryId('_system__x_rbac.authorization.k8s.io_ClusterRole')).toMatchObject({
      namespace: '',
      name: 'system:x',
    });
    expect(parseInventoryId('_ns__Namespace')).toEqual({ namespace: '', name: 'ns', group: '', kind: 'Namespace' });
    expect(parseInventoryId('nonsense')).toBeUndefined();
  });
});

describe('localTime', () => {
  test('has date, clock, offset and zone', () => {
    expect(localTime('2026-08-10T12:40:28Z')).toMatch(/^2026-08-1\d \d\d:\d\d:28 [+-]\d{4} ([A-Z]+|[+-]\d{4})$/);
  });
});

describe('formatLine', () => {
  const line = JSON.stringify({
    level: 'error',
    ts: 'T',
    msg: 'Reconciler error',
    controllerKind: 'Kustomization',
    name: 'app',
    namespace: 'team',
    error: 'boom',
  });
  test('prints and filters', () => {
    const none = { level: '', kind: '', name: '', namespace: '' };
    expect(formatLine(line, none)).toBe('T error Kustomization/app.team - Reconciler error boom');
    expect(formatLine(line, { ...none, kind: 'kustomization', namespace: 'team' })).toBeDefined();
    expect(formatLine(line, { ...none, level: 'info' })).toBeUndefined();
    expect(formatLine(line, { ...none, namespace: 'other' })).toBeUndefined();
    expect(formatLine('plain text', none)).toBeUndefined();
  });
});

describe('reportDifferences', () => {
  const object = (kind: string, fields: Record<string, unknown>) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'x', resourceVersion: '7' },
    status: { phase: Math.random() },
    ...fields,
  });
  test('bookkeeping and status do not count', () => {
    expect(
      reportDifferences(object('ConfigMap', { data: { a: '1' } }), object('ConfigMap', { data: { a: '1' } })),
    ).toBe('');
  });
  test('entries of maps and values', () => {
    expect(
      reportDifferences(
        object('ConfigMap', { data: { a: '1', b: '2' } }),
        object('ConfigMap', { data: { a: '9', c: '3' } }),
      ),
    ).toBe(
      'data\n- one map entry removed:   + one map entry added:\nb: 2                         c: 3\n\ndata.a\n± value change\n- 1\n+ 9\n\n',
    );
  });
  test('entries of lists by their names', () => {
    const ports = (...list: unknown[]) => object('Service', { spec: { ports: list } });
    expect(reportDifferences(ports({ name: 'http', port: 80 }), ports({ name: 'http', port: 81 }))).toBe(
      'spec.ports.http.port\n± value change\n- 80\n+ 81\n\n',
    );
    expect(
      reportDifferences(ports({ name: 'http', port: 80 }), ports({ name: 'http', port: 80 }, { name: 'b', port: 1 })),
    ).toBe('spec.ports\n+ one list entry added:\n  - name: b\n    port: 1\n\n');
  });
  test('long texts line by line', () => {
    const text = (value: string) => object('ConfigMap', { data: { f: value } });
    expect(reportDifferences(text('a\nb\nc\n'), text('a\nB\nc\n'))).toBe(
      'data.f\n± value change in multiline text (one insert, one deletion)\n  a\n- b\n+ B\n  c\n\n',
    );
  });
  test('values of Secrets stay hidden', () => {
    const report = reportDifferences(
      object('Secret', { data: { a: 'c2VjcmV0', b: 'eA==' } }),
      object('Secret', { data: { a: 'b3RoZXI=', b: 'eA==' } }),
    );
    expect(report).toBe('data.a\n± value change\n- *** (before)\n+ *** (after)\n\n');
  });
});

describe('maskSecret', () => {
  test('ciphertext never comes out', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x' },
      stringData: { a: 'ENC[AES256_GCM,data:x]' },
      sops: { mac: 'ENC[AES256_GCM,data:y]' },
    };
    expect(maskSecret(secret)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x' },
      stringData: { a: '**SOPS**' },
    });
  });
});
