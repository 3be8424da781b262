import * as fs from 'node:fs';
import * as path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Store } from './store.ts';

/** Log bytes after which a snapshot is worth its time, at least. */
const MIN_COMPACT_BYTES = 8 * 1024 * 1024;

const SNAPSHOT = /^snapshot-(\d{10})$/;
const LOG = /^log-(\d{10})$/;

/**
 * The durable side of the store: an append-only log and, now and then, a snapshot.
 *
 * Every record is one line, `CRC OP REVISION BUCKET KEY JSON\n`; the checksum covers the rest of the line. A write is
 * one `write(2)` before the answer is sent, so it survives the death of the process at any moment (not of the machine:
 * there is no fsync per write). On load a line that is cut or damaged ends the log, and the file is cut there.
 *
 * Files: `snapshot-N` (complete only with its end line) and `log-N`, which goes on where the snapshot ends.
 */
export class Journal {
  readonly #dir: string;
  #generation = 0;
  #fd = -1;
  #bytes = 0;
  #compactAt = MIN_COMPACT_BYTES;

  constructor(dir: string) {
    this.#dir = dir;
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** Reads everything back into `store` and opens the log for appending. Call once. */
  load(store: Store): void {
    const names = fs.readdirSync(this.#dir);
    const snapshots = names.flatMap((name) => SNAPSHOT.exec(name)?.[1] ?? []).sort();
    for (const id of snapshots.reverse()) {
      if (this.#loadSnapshot(store, `snapshot-${id}`)) {
        this.#generation = Number(id);
        break;
      }
    }
    const log = this.#file('log');
    let size = 0;
    if (fs.existsSync(log)) {
      const bytes = fs.readFileSync(log);
      size = readRecords(bytes, (record) => {
        if (record.op === 'P') store.restore(record.bucket, record.key, record.revision, record.json);
        else if (record.op === 'D') store.restore(record.bucket, record.key, record.revision, undefined);
      });
      if (size < bytes.length) fs.truncateSync(log, size);
    }
    this.#fd = fs.openSync(log, 'a', 0o600);
    this.#bytes = size;
    this.#removeOld(names);
  }

  put(bucket: string, key: string, revision: number, json: string): void {
    this.#append(`P ${revision} ${bucket} ${escapeKey(key)} ${json}`);
  }

  remove(bucket: string, key: string, revision: number): void {
    this.#append(`D ${revision} ${bucket} ${escapeKey(key)} `);
  }

  /** Writes a snapshot when the log has outgrown the live data. */
  maybeCompact(store: Store): void {
    if (this.#bytes >= this.#compactAt) this.compact(store);
  }

  compact(store: Store): void {
    const next = this.#generation + 1;
    const id = String(next).padStart(10, '0');
    const temporary = path.join(this.#dir, `snapshot-${id}.tmp`);
    const fd = fs.openSync(temporary, 'w', 0o600);
    let live = 0;
    try {
      let chunk = '';
      for (const bucket of store.buckets.values()) {
        for (const stored of bucket.values()) {
          chunk += seal(`P ${stored.revision} ${bucket.name} ${escapeKey(stored.key)} ${stored.json}`);
          if (chunk.length > 1 << 20) {
            live += writeAll(fd, chunk);
            chunk = '';
          }
        }
      }
      chunk += seal(`E ${store.revision} - - `);
      live += writeAll(fd, chunk);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, path.join(this.#dir, `snapshot-${id}`));
    const names = fs.readdirSync(this.#dir);
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#generation = next;
    this.#fd = fs.openSync(this.#file('log'), 'a', 0o600);
    this.#bytes = 0;
    this.#compactAt = Math.max(MIN_COMPACT_BYTES, live * 2);
    this.#removeOld(names);
  }

  close(): void {
    if (this.#fd < 0) return;
    fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  #append(record: string): void {
    try {
      this.#bytes += writeAll(this.#fd, seal(record));
    } catch (cause) {
      // A full disk leaves half a line; cut it, or the records after it would be lost at the next start.
      fs.ftruncateSync(this.#fd, this.#bytes);
      throw cause;
    }
  }

  #file(kind: 'log' | 'snapshot'): string {
    return path.join(this.#dir, `${kind}-${String(this.#generation).padStart(10, '0')}`);
  }

  #loadSnapshot(store: Store, name: string): boolean {
    const bytes = fs.readFileSync(path.join(this.#dir, name));
    const records: LogRecord[] = [];
    const end = readRecords(bytes, (record) => records.push(record));
    if (end !== bytes.length || records.at(-1)?.op !== 'E') return false;
    const revision = records.at(-1)!.revision;
    // The history before the snapshot is gone: no watch may start earlier.
    store.restoreRevision(revision);
    for (const record of records) {
      if (record.op === 'P') store.restore(record.bucket, record.key, record.revision, record.json);
    }
    for (const bucket of store.buckets.values()) bucket.compact(revision);
    return true;
  }

  #removeOld(names: readonly string[]): void {
    const keep = String(this.#generation).padStart(10, '0');
    for (const name of names) {
      const id = SNAPSHOT.exec(name)?.[1] ?? LOG.exec(name)?.[1];
      if (name.endsWith('.tmp') || (id !== undefined && id !== keep))
        fs.rmSync(path.join(this.#dir, name), { force: true });
    }
  }
}

interface LogRecord {
  readonly op: string;
  readonly revision: number;
  readonly bucket: string;
  readonly key: string;
  readonly json: string;
}

/** Roles may have blanks in their names; a record may not. */
function escapeKey(key: string): string {
  return key.replace(/[%\s]/g, encodeURIComponent);
}

function seal(record: string): string {
  return `${crc32(record).toString(16).padStart(8, '0')} ${record}\n`;
}

function writeAll(fd: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done);
  return bytes.length;
}

/** Calls `each` for every sound record from the start; returns the number of bytes they take. */
function readRecords(bytes: Buffer, each: (record: LogRecord) => void): number {
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at);
    if (end < 0) break;
    const line = bytes.toString('utf8', at, end);
    const body = line.slice(9);
    if (line.charCodeAt(8) !== 32 || Number.parseInt(line.slice(0, 8), 16) !== crc32(body)) break;
    const [op, revision, bucket, key] = body.split(' ', 4) as [string, string, string, string];
    const head = op.length + revision.length + bucket.length + key.length + 4;
    each({
      op,
      revision: Number(revision),
      bucket,
      key: key.includes('%') ? decodeURIComponent(key) : key,
      json: body.slice(head),
    });
    at = end + 1;
  }
  return at;
}
