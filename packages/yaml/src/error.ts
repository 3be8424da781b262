/** What went wrong; see the table in the README. */
export type YamlErrorCode = 'SYNTAX' | 'DUPLICATE_KEY' | 'UNSUPPORTED' | 'LIMIT' | 'MULTIPLE_DOCUMENTS' | 'JSON';

export interface YamlErrorOptions {
  readonly cause?: unknown;
  /** One-based; 0 when unknown. */
  readonly line?: number;
  /** One-based; 0 when unknown. */
  readonly column?: number;
  readonly filename?: string;
  /** The reason alone, without place and file name. */
  readonly reason?: string;
}

/**
 * Raised by everything in this package that reads or prints.
 *
 * The message has the shape that Go users know (`yaml: line 3: could not find expected ':'`), preceded by the file
 * name if one was given.
 */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly code: YamlErrorCode;
  readonly line: number;
  readonly column: number;
  readonly filename: string | undefined;
  readonly reason: string;

  constructor(code: YamlErrorCode, message: string, options: YamlErrorOptions = {}) {
    super(options.filename === undefined ? message : `${options.filename}: ${message}`, { cause: options.cause });
    this.code = code;
    this.line = options.line ?? 0;
    this.column = options.column ?? 0;
    this.filename = options.filename;
    this.reason = options.reason ?? message;
  }
}
