import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Work that runs in a worker thread. */
export interface WorkerJob {
  /** Module whose exported functions may be called: `new URL('./x.js', import.meta.url)` of the caller. */
  readonly module: URL;
  /** Exported function of the module: `(input) => output | Promise<output>`, both structured-cloneable. */
  readonly task: string;
  readonly input: unknown;
  /** Buffers to hand over instead of copying. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Runs on the event loop instead: for small inputs, where the copy costs more than the work. Default false. */
  readonly inline?: boolean;
  /** Default 60 s: the worker is terminated and the job fails. Not for inline jobs. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Threads for parsing, building and unpacking, so that probes, watches and leases never wait. */
export interface WorkerPool {
  /** @throws {WorkerError} `TIMEOUT`, `CRASHED`, `CLOSED`; otherwise what the task threw (message and `code`). */
  run<O>(job: WorkerJob): Promise<O>;
  close(): Promise<void>;
}

export type WorkerErrorCode = 'TIMEOUT' | 'CRASHED' | 'CLOSED' | 'TASK';

/** A job that did not come back with a value. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  readonly code: WorkerErrorCode;
  /** For `TASK`: name and code of the error that the task threw. */
  readonly taskError: { readonly name: string; readonly code?: string } | undefined;

  constructor(
    code: WorkerErrorCode,
    message: string,
    options: { cause?: unknown; taskError?: { name: string; code?: string } } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.taskError = options.taskError;
  }
}

export interface WorkerPoolOptions {
  /** Threads. Default: one less than there are cores, at least one. They start on demand. */
  readonly size?: number;
  /** Heap of one thread, MiB. Default 512: a job that needs more crashes its thread only. */
  readonly maxHeapMiB?: number;
  /** A thread without work ends after this time. Default 30 s. */
  readonly idleMs?: number;
}

// Evaluated rather than loaded from a file, so that a bundle needs no second entry for it.
const bootstrap = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', async ({ module, task, input }) => {
  try {
    const output = await (await import(module))[task](input);
    const transfer = output instanceof Uint8Array && output.byteLength === output.buffer.byteLength ? [output.buffer] : [];
    parentPort.postMessage({ output }, transfer);
  } catch (error) {
    const known = error instanceof Error;
    parentPort.postMessage({ error: { message: known ? error.message : String(error), name: known ? error.name : 'Error', code: known ? error.code : undefined } });
  }
});`;

interface Thread {
  readonly worker: Worker;
  job: Pending | undefined;
  idle: NodeJS.Timeout | undefined;
}

interface Pending {
  readonly job: WorkerJob;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Answer = { output: unknown } | { error: { message: string; name: string; code?: string } };

/** A pool of threads that start when there is work and end when there is none. */
export function createWorkerPool({
  size = Math.max(1, availableParallelism() - 1),
  maxHeapMiB = 512,
  idleMs = 30_000,
}: WorkerPoolOptions = {}): WorkerPool {
  const threads = new Set<Thread>();
  const queue: Pending[] = [];
  let closed = false;

  function start(): Thread {
    const worker = new Worker(bootstrap, { eval: true, resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } });
    const thread: Thread = { worker, job: undefined, idle: undefined };
    worker.on('message', (answer: Answer) => {
      const pending = thread.job;
      thread.job = undefined;
      if ('output' in answer) pending?.resolve(answer.output);
      else pending?.reject(new WorkerError('TASK', answer.error.message, { taskError: answer.error }));
      next(thread);
    });
    worker.on('error', (error) =>
      fail(thread, new WorkerError('CRASHED', `the worker thread ended: ${error.message}`, { cause: error })),
    );
    worker.on('exit', () => fail(thread, new WorkerError('CRASHED', 'the worker thread ended')));
    threads.add(thread);
    return thread;
  }

  function fail(thread: Thread, error: WorkerError): void {
    if (!threads.delete(thread)) return;
    clearTimeout(thread.idle);
    thread.job?.reject(error);
    thread.job = undefined;
    void thread.worker.terminate();
    if (!closed && queue.length > 0) dispatch();
  }

  function next(thread: Thread): void {
    const pending = queue.shift();
    if (pending) {
      assign(thread, pending);
      return;
    }
    thread.worker.unref();
    thread.idle = setTimeout(() => {
      threads.delete(thread);
      void thread.worker.terminate();
    }, idleMs).unref();
  }

  function assign(thread: Thread, pending: Pending): void {
    clearTimeout(thread.idle);
    thread.worker.ref();
    const { job } = pending;
    const limit = setTimeout(
      () => fail(thread, new WorkerError('TIMEOUT', `the step took longer than ${job.timeoutMs ?? 60_000} ms`)),
      job.timeoutMs ?? 60_000,
    );
    const onAbort = () => {
      pending.reject(job.signal?.reason);
      fail(thread, new WorkerError('CRASHED', 'aborted'));
    };
    job.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      clearTimeout(limit);
      job.signal?.removeEventListener('abort', onAbort);
    };
    thread.job = {
      job,
      resolve: (value) => {
        settle();
        pending.resolve(value);
      },
      reject: (error) => {
        settle();
        pending.reject(error);
      },
    };
    thread.worker.postMessage({ module: job.module.href, task: job.task, input: job.input }, [...(job.transfer ?? [])]);
  }

  function dispatch(): void {
    while (queue.length > 0) {
      const free =
        [...threads].find((thread) => thread.job === undefined) ?? (threads.size < size ? start() : undefined);
      if (free === undefined) return;
      assign(free, queue.shift() as Pending);
    }
  }

  return {
    async run<O>(job: WorkerJob): Promise<O> {
      job.signal?.throwIfAborted();
      if (job.inline) {
        const module = (await import(job.module.href)) as Record<string, (input: unknown) => O | Promise<O>>;
        return (module[job.task] as (input: unknown) => O | Promise<O>)(job.input);
      }
      if (closed) throw new WorkerError('CLOSED', 'the worker pool is closed');
      return new Promise<O>((resolve, reject) => {
        queue.push({ job, resolve: resolve as (value: unknown) => void, reject });
        dispatch();
      });
    },
    async close() {
      closed = true;
      for (const pending of queue.splice(0)) pending.reject(new WorkerError('CLOSED', 'the worker pool is closed'));
      await Promise.all(
        [...threads].map(async (thread) => {
          fail(thread, new WorkerError('CLOSED', 'the worker pool is closed'));
          await thread.worker.terminate();
        }),
      );
    },
  };
}
