import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a slow reader before its watch is ended. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

/** Shortest time between two rounds of writes, so that a burst is one packet to each watcher and not hundreds. */
const MIN_GAP_MS = 4;
/** Longest time that a frame waits for company. */
const MAX_GAP_MS = 50;
/** The pause after a round, in times of what the round took: writing leaves most of the process to requests. */
const PAUSE_FACTOR = 2;

/** Bursts of a round that are remembered: watches of one kind mostly get the same frames. */
const SHARED_BURSTS = 4;

/**
 * Writes what the watches of a server have to tell, all of them in one round: the first frame after a pause goes out
 * with its turn of the event loop, what follows waits a few milliseconds. Many watches with the same frames share one
 * encoded burst.
 */
export class FrameWriter {
  #dirty: FrameStream[] = [];
  #scheduled = false;
  #notBefore = 0;

  open(response: ServerResponse): FrameStream {
    return new FrameStream(response, (stream) => this.#add(stream));
  }

  #add(stream: FrameStream): void {
    this.#dirty.push(stream);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#notBefore - performance.now();
    if (wait <= 0) setImmediate(() => this.#round());
    else setTimeout(() => this.#round(), wait);
  }

  #round(): void {
    this.#scheduled = false;
    const started = performance.now();
    const streams = this.#dirty;
    this.#dirty = [];
    const bursts: { frames: readonly string[]; bytes: Buffer }[] = [];
    const encode = (frames: readonly string[]): Buffer => {
      const known = bursts.find((burst) => isSame(burst.frames, frames));
      if (known !== undefined) return known.bytes;
      const bytes = Buffer.from(frames.length === 1 ? frames[0]! : frames.join(''));
      if (bursts.length === SHARED_BURSTS) bursts.shift();
      bursts.push({ frames, bytes });
      return bytes;
    };
    for (const stream of streams) stream.flush(encode);
    // Node writes to the sockets at the end of this turn: only then is the round over.
    process.nextTick(() => {
      const ended = performance.now();
      this.#notBefore = ended + Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, (ended - started) * PAUSE_FACTOR));
    });
  }
}

/** The answer of one watch. */
export class FrameStream {
  readonly #response: ServerResponse;
  readonly #wake: (stream: FrameStream) => void;
  #pending: string[] = [];
  #ended = false;
  /** Told when the reader is too slow; its connection is cut then. */
  onOverflow: (() => void) | undefined;

  constructor(response: ServerResponse, wake: (stream: FrameStream) => void) {
    this.#response = response;
    this.#wake = wake;
  }

  push(frame: string): void {
    if (this.#ended) return;
    this.#pending.push(frame);
    if (this.#pending.length === 1) this.#wake(this);
  }

  /** Sends what is left and ends the answer. */
  end(): void {
    if (this.#ended) return;
    this.flush((frames) => frames.join(''));
    this.#ended = true;
    if (!this.#response.writableEnded) this.#response.end();
  }

  /** Sends what waits. */
  flush(encode: (frames: readonly string[]) => string | Buffer): void {
    const frames = this.#pending;
    if (frames.length === 0) return;
    this.#pending = [];
    if (this.#response.destroyed || this.#ended) return;
    this.#response.write(encode(frames));
    if (this.#response.writableLength > MAX_BACKLOG_BYTES) {
      this.#ended = true;
      this.#response.destroy();
      this.onOverflow?.();
    }
  }
}

/** Frames of one change are one string for all watches: the comparison ends at the pointers. */
function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
