/** `PARSE`: the text is not a valid expression; `UNSET`: strict mode met a variable without value; `LIMIT`. */
export type EnvsubstErrorCode = 'PARSE' | 'UNSET' | 'LIMIT';

/** Raised by `expand`; the message is what the original reports. */
export class EnvsubstError extends Error {
  override readonly name = 'EnvsubstError';
  readonly code: EnvsubstErrorCode;
  /** The variable at fault, if one is known. */
  readonly variable: string | undefined;

  constructor(code: EnvsubstErrorCode, message: string, variable?: string) {
    super(message);
    this.code = code;
    this.variable = variable;
  }
}
