export { type SandboxFailureCode, sandboxFailures } from './failures.ts';
export type { MirthInput, MirthResult } from './mirth/shim.ts';
export type { SandboxLimits } from './protocol.ts';
export {
  createSandbox,
  SANDBOX_LIMITS,
  type Sandbox,
  type SandboxOptions,
  type SandboxRun,
  type Script,
} from './sandbox.ts';
