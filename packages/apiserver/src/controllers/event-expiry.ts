import type { ControllerHost } from './controller.ts';

/** kube-apiserver's `--event-ttl`: an hour after the last write an Event goes. */
const TTL_MS = 3_600_000;

/**
 * Lets Events go an hour after they were last written, as the lease of their key does upstream.
 *
 * Writes come in order of time, so one timer for the oldest is enough.
 */
export function startEventExpiry(host: ControllerHost, ttlMs = TTL_MS): void {
  const { api } = host;
  const bucket = api.store.bucket('/events');
  /** Time of the last write by key, oldest first. */
  const written = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const note = (key: string, at: number): void => {
    written.delete(key);
    written.set(key, at);
    schedule();
  };
  const schedule = (): void => {
    if (timer !== undefined) return;
    const oldest = written.values().next().value;
    if (oldest === undefined) return;
    timer = setTimeout(expire, Math.max(0, Math.min(oldest + ttlMs - api.clock().getTime(), ttlMs)));
    timer.unref();
  };
  function expire(): void {
    timer = undefined;
    const now = api.clock().getTime();
    for (const [key, at] of written) {
      if (at + ttlMs > now) break;
      written.delete(key);
      const stored = bucket.get(key);
      if (stored === undefined) continue;
      const { metadata } = stored.object;
      api.store.remove(bucket, key, { ...stored.object, metadata: { ...metadata } });
    }
    schedule();
  }

  host.listen(bucket, ({ type, current }) => {
    if (type === 'DELETED') written.delete(current.key);
    else note(current.key, api.clock().getTime());
  });
  host.onClose(() => clearTimeout(timer));
  const stored = [...bucket.values()].map(({ key, object }) => ({ key, at: lastWrite(object) }));
  for (const { key, at } of stored.sort((a, b) => a.at - b.at)) note(key, at);
}

function lastWrite(object: { metadata: { creationTimestamp?: string }; [field: string]: unknown }): number {
  const times = [object.metadata.creationTimestamp, object['lastTimestamp']].map((time) => Date.parse(String(time)));
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}
