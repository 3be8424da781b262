/** Work that runs in a worker thread. */
export interface WorkerJob {
  /** URL of the module whose exported functions may be called; resolved from `import.meta.url` of the caller's package. */
  readonly module: URL;
  /** Exported function of the module: `(input) => output | Promise<output>`, both structured-cloneable. */
  readonly task: string;
  readonly input: unknown;
  /** Buffers to hand over instead of copying. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Default 60 s: the worker is terminated and the job fails. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Threads for parsing, building and unpacking, so that probes, watches and leases never wait. */
export interface WorkerPool {
  run<O>(job: WorkerJob): Promise<O>;
  close(): Promise<void>;
}
