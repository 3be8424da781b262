/** Every way this package fails: a string that is no version, or one that is no constraint. */
export type SemverErrorCode = 'VERSION_INVALID' | 'CONSTRAINT_INVALID';

/** The one error of this package. `message` reads as the original's, for example `improper constraint: "1,"`. */
export class SemverError extends Error {
  override readonly name = 'SemverError';
  readonly code: SemverErrorCode;

  constructor(code: SemverErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
