/** What went wrong; see the table in the README. */
export type SopsErrorCode =
  | 'SYNTAX'
  | 'METADATA'
  | 'DATA_KEY'
  | 'VALUE'
  | 'MAC'
  | 'EMIT'
  | 'LIMIT'
  | 'KEY_INVALID'
  | 'SERVICE';

/** Raised by everything in this package. No message holds a plain value or a key. */
export class SopsError extends Error {
  override readonly name = 'SopsError';
  readonly code: SopsErrorCode;

  constructor(code: SopsErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
