export { SandboxError, type SandboxErrorCode } from './sandbox-error.ts';
export { SANDBOX_NAMESPACE, type Sandbox, type SandboxOptions, startSandbox } from './start-sandbox.ts';
export type { SandboxFile, StateFolder } from './state-folder.ts';
