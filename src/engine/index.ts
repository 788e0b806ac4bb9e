export { type Approval, approvalDesk, sleepShown } from './approval.ts';
export { secretVariable } from './context.ts';
export type * from './control.ts';
export type { Drain } from './drain.ts';
export { createEngine, type Engine, type EngineOptions } from './engine.ts';
export type { KeyedHash } from './patient.ts';
export { type DeadGroupOfSites, deadGroupsOfSites } from './replay/dead-sites.ts';
export type * from './replay/wish.ts';
