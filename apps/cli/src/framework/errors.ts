/** Ends the command with a text on stderr and an exit status. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  /** Symbol before the text; `⚠️` for outcomes that are no failure. */
  readonly symbol: string;

  constructor(message: string, options: { exitCode?: number; symbol?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
    this.symbol = options.symbol ?? '✗';
  }
}

/** Ends the command with an exit status after it has said everything itself. */
export class SilentExit extends Error {
  override readonly name = 'SilentExit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The text that Go prints for a failed file operation: `open x: no such file or directory`. */
export function fileErrorText(operation: string, path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EISDIR: 'is a directory',
    ENOTDIR: 'not a directory',
    EEXIST: 'file exists',
    ELOOP: 'too many levels of symbolic links',
    EPERM: 'operation not permitted',
    ENAMETOOLONG: 'file name too long',
  };
  const reason = known[code] ?? (error instanceof Error ? error.message : String(error));
  return `${operation} ${path}: ${reason}`;
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
