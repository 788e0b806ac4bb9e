export { type Approval, approvalDesk, sleepShown } from './approval.ts';
export { type Attention, attentionOf } from './attention.ts';
export type { CapabilityControl, DriftState, SiteCapabilities } from './capabilities.ts';
export { secretVariable } from './context.ts';
export type * from './control.ts';
export type { Drain } from './drain.ts';
export { createEngine } from './engine.ts';
export type { KeyControl, KeyView } from './keys/keyring.ts';
export { type CursorControl, type CursorView, cursorDesk } from './learning/cursors.ts';
export {
  createNecessary,
  type NecessaryControl,
  type NecessaryCount,
  type NecessaryView,
  necessaryCounts,
  necessaryDesk,
} from './necessary.ts';
export type { Engine, EngineOptions } from './options.ts';
export { FINDING } from './outcomes.ts';
export { type KeyedHash, type Person, patientKeysOf, personName } from './patient.ts';
export type { CodeFile, EngineProject } from './present.ts';
export { type DeadGroupOfSites, deadGroupsOfSites } from './replay/dead-sites.ts';
export type * from './replay/wish.ts';
export type { CdsService, Responder } from './respond.ts';
export type { CdsAnswer, CdsRequest } from './respond-request.ts';
export { SHELVED_AFTER } from './retention.ts';
export type { DryStep, RunControl, RunRequest } from './run.ts';
export { scanEntry } from './scan.ts';
export { createScripts } from './scripts.ts';
export type { ServiceState } from './service/promise.ts';
export { type ShapeControl, type ShapeFinding, type ShapeState, shapesOf } from './shapes/index.ts';
export type { Begun, SignedIn, SignInControl, SignInView } from './sign-in/desk.ts';
export { signInFailures } from './sign-in/failures.ts';
export type { Drained, QueuedPolicy, Replaced } from './swap.ts';
export { type CodePlace, type Gap, type GapControl, gapsOf } from './unmapped.ts';
export { type WriteControl, type WriteWord, writeDesk } from './writes.ts';
