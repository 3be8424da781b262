import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../types.ts';
import { Journal } from './journal.ts';
import { Store } from './store.ts';

let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'apiserver-journal-'));
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function open(): { store: Store; journal: Journal } {
  const journal = new Journal(dir);
  const store = new Store({ journal });
  journal.load(store);
  return { store, journal };
}

function object(name: string, value: string): KubeObject {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data: { value } };
}

function contents(store: Store): { [key: string]: unknown } {
  return Object.fromEntries(
    store
      .bucket('/configmaps')
      .list()
      .map((stored) => [stored.key, stored.object['data']]),
  );
}

describe('Journal', () => {
  test('a store comes back with its objects, revision and history', () => {
    const first = open();
    const bucket = first.store.bucket('/configmaps');
    first.store.put(bucket, 'ns/a', object('a', 'one\nline é "quoted"'));
    first.store.put(bucket, 'ns/b', object('b', '2'));
    first.store.put(bucket, 'a role\u2028of mine', object('a role', '4'));
    first.store.put(bucket, 'ns/a', object('a', '3'));
    first.store.remove(bucket, 'ns/b', object('b', '2'));
    const revision = first.store.revision;
    first.store.close();

    const { store } = open();
    expect(contents(store)).toEqual({ 'ns/a': { value: '3' }, 'a role\u2028of mine': { value: '4' } });
    expect(store.revision).toBe(revision);
    expect(
      store
        .bucket('/configmaps')
        .since(revision - 2)
        ?.map((c) => c.type),
    ).toEqual(['MODIFIED', 'DELETED']);
    store.close();
  });

  test('a log cut at any byte gives a prefix of the writes, and goes on from there', () => {
    const { store } = open();
    const bucket = store.bucket('/configmaps');
    const sizes: number[] = [];
    const log = path.join(dir, 'log-0000000000');
    for (let i = 0; i < 6; i++) {
      store.put(bucket, `ns/${i}`, object(String(i), 'x'.repeat(i * 7)));
      sizes.push(fs.statSync(log).size);
    }
    store.close();
    const whole = fs.readFileSync(log);
    for (let cut = 0; cut <= whole.length; cut++) {
      fs.writeFileSync(log, whole.subarray(0, cut));
      const again = open();
      const expected = sizes.filter((size) => size <= cut).length;
      expect(Object.keys(contents(again.store)).length, `cut at ${cut}`).toBe(expected);
      again.store.put(again.store.bucket('/configmaps'), 'ns/new', object('new', 'y'));
      again.store.close();
      const third = open();
      expect(Object.keys(contents(third.store)).length).toBe(expected + 1);
      third.store.close();
    }
  });

  test('a damaged byte ends the log there', () => {
    const { store } = open();
    for (let i = 0; i < 3; i++) store.put(store.bucket('/configmaps'), `ns/${i}`, object(String(i), 'x'));
    store.close();
    const log = path.join(dir, 'log-0000000000');
    const bytes = fs.readFileSync(log);
    const second = bytes.indexOf(10) + 30;
    bytes[second] = bytes[second]! ^ 1;
    fs.writeFileSync(log, bytes);
    const again = open();
    expect(Object.keys(contents(again.store))).toEqual(['ns/0']);
    again.store.close();
  });

  test('a snapshot replaces the log, an unfinished one is passed over', () => {
    const { store, journal } = open();
    for (let i = 0; i < 5; i++) store.put(store.bucket('/configmaps'), 'ns/a', object('a', String(i)));
    journal.compact(store);
    store.put(store.bucket('/configmaps'), 'ns/b', object('b', 'after'));
    const revision = store.revision;
    store.close();
    expect(fs.readdirSync(dir).sort()).toEqual(['log-0000000001', 'snapshot-0000000001']);
    fs.writeFileSync(path.join(dir, 'snapshot-0000000002.tmp'), 'half');

    const again = open();
    expect(contents(again.store)).toEqual({ 'ns/a': { value: '4' }, 'ns/b': { value: 'after' } });
    expect(again.store.revision).toBe(revision);
    expect(again.store.bucket('/configmaps').since(2)).toBeUndefined();
    expect(again.store.bucket('/configmaps').since(revision - 1)).toHaveLength(1);
    again.store.close();
  });
});

describe('Bucket', () => {
  test('listAt shows the past as long as its history is kept', () => {
    const store = new Store({ historySize: 4 });
    const bucket = store.bucket('/configmaps');
    store.put(bucket, 'ns/a', object('a', '1'));
    const then = store.put(bucket, 'ns/b', object('b', '1')).revision;
    store.put(bucket, 'ns/c', object('c', '1'));
    store.remove(bucket, 'ns/a', object('a', '1'));
    store.put(bucket, 'ns/b', object('b', '2'));
    expect(bucket.listAt(then)?.map((s) => [s.key, s.object['data']])).toEqual([
      ['ns/a', { value: '1' }],
      ['ns/b', { value: '1' }],
    ]);
    for (let i = 0; i < 10; i++) store.put(bucket, 'ns/d', object('d', String(i)));
    expect(bucket.listAt(then)).toBeUndefined();
  });
});
