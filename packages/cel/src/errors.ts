/**
 * - `PARSE`: the text is not CEL.
 * - `CHECK`: it is CEL but cannot be run here (unknown variable or function, unsupported syntax, bad static argument).
 * - `EVALUATE`: running it failed (missing key, no such overload, division by zero).
 * - `COST`: it passed its bound on size, steps or time.
 */
export type CelErrorCode = 'PARSE' | 'CHECK' | 'EVALUATE' | 'COST';

/** Whatever this package throws. */
export class CelError extends Error {
  readonly code: CelErrorCode;

  constructor(code: CelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CelError';
    this.code = code;
  }
}
