/** `IN_USE`: another process has the folder. `FOLDER`: it can't be made. `PORT`: an asked-for port is taken. */
export type SandboxErrorCode = 'IN_USE' | 'FOLDER' | 'PORT';

/** Why a sandbox did not start. The message names the remedy. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SandboxError';
    this.code = code;
  }
}
