import { describe, expect, test } from 'vitest';
import { KeyQueue } from './queue.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const key = (name: string) => ({ namespace: 'ns', name });
const names = (queue: KeyQueue) => {
  const taken: string[] = [];
  for (let item = queue.take(); item; item = queue.take()) taken.push(item.key.name);
  return taken;
};

describe('KeyQueue', () => {
  test('hands a key out once however often it is added', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    queue.add(key('a'));
    queue.add(key('a'));
    queue.add(key('b'));
    expect(names(queue)).toEqual(['a', 'b']);
  });

  test('never hands out a running key; added meanwhile it comes afterwards', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    queue.add(key('a'));
    const first = queue.take();
    queue.add(key('a'), 'change', { kind: 'Source', namespace: 'ns', name: 's' });
    expect(queue.take()).toBeUndefined();
    expect(first?.woken.aborted).toBe(true);
    expect(first?.woken.reason).toEqual({ kind: 'Source', namespace: 'ns', name: 's' });
    queue.done(key('a'));
    expect(names(queue)).toEqual(['a']);
  });

  test('changes go before periodic runs, but do not starve them', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    queue.add(key('slow'), 'periodic');
    for (let index = 0; index < 20; index++) queue.add(key(`c${index}`));
    const order = names(queue);
    expect(order[0]).toBe('c0');
    expect(order.indexOf('slow')).toBeGreaterThan(0);
    expect(order.indexOf('slow')).toBeLessThan(10);
  });

  test('namespaces take turns, in order within each', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    for (const name of ['a1', 'a2', 'a3']) queue.add({ namespace: 'a', name });
    for (const name of ['b1', 'b2']) queue.add({ namespace: 'b', name });
    expect(names(queue)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
    expect(queue.depth).toBe(0);
  });

  test('tells how long its keys have been at work', () => {
    const clock = createFakeClock();
    const queue = new KeyQueue({ clock });
    queue.add(key('a'));
    queue.take();
    clock.advance(250);
    expect(queue.runningMs()).toEqual([250]);
    queue.done(key('a'));
    expect(queue.runningMs()).toEqual([]);
  });

  test('a change lifts a key out of the periodic lane', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    queue.add(key('a'), 'periodic');
    queue.add(key('b'));
    queue.add(key('a'));
    expect(names(queue)).toEqual(['b', 'a']);
  });

  test('of several delayed adds the earliest counts, and a run drops them', () => {
    const clock = createFakeClock();
    const queue = new KeyQueue({ clock });
    queue.addAfter(key('a'), 1000);
    queue.addAfter(key('a'), 100);
    queue.addAfter(key('a'), 5000);
    clock.advance(100);
    expect(names(queue)).toEqual(['a']);
    queue.done(key('a'));
    clock.advance(10_000);
    expect(queue.take()).toBeUndefined();
  });

  test('backs off from 750 ms to 15 min, until forgotten', () => {
    const queue = new KeyQueue({ clock: createFakeClock() });
    const delays = Array.from({ length: 13 }, () => queue.addRateLimited(key('a')));
    expect(delays.slice(0, 4)).toEqual([750, 1500, 3000, 6000]);
    expect(delays.at(-1)).toBe(900_000);
    queue.forget(key('a'));
    expect(queue.addRateLimited(key('a'))).toBe(750);
  });

  test('closed, it keeps quiet', () => {
    const clock = createFakeClock();
    const queue = new KeyQueue({ clock });
    queue.add(key('a'));
    queue.addAfter(key('b'), 10);
    queue.close();
    clock.advance(100);
    queue.add(key('c'));
    expect(queue.take()).toBeUndefined();
  });
});
