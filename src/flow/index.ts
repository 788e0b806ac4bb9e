export {
  type CardSpec,
  type Cards,
  CDS_HOOKS,
  type CdsEvent,
  type CdsHook,
  type CdsTrigger,
  cds,
} from './cds.ts';
export type * from './command.ts';
export { type FindSpec, FlowBuilder, type FlowOptions, type FlowStart, flow } from './define.ts';
export {
  type EventContext,
  eventContext,
  type Hl7Event,
  type MappedSite,
  type SiteValue,
  siteLookup,
  withValueSets,
} from './event.ts';
export * from './flow.ts';
export { type LaneFacts, laneNames } from './lane.ts';
export { type FlowFinding, type LintOptions, lint, MOST_STEPS } from './lint.ts';
export { type Catalogue, type FlowNeeds, needs, sourcesOf } from './needs.ts';
export { type PreparedFlow, prepare, resourceOf } from './prepare.ts';
export { next, trace } from './run.ts';
export { type Asked, awakeSince, isSleeping, rememberedOf, type Slept } from './sleep.ts';
export {
  appointment,
  changes,
  documentReference,
  encounter,
  hl7,
  observation,
  patient,
  type ResourceBuilder,
  type TypedTrigger,
  webhook,
} from './trigger-builders.ts';
export { matches, matchesPattern, triggerText } from './triggers.ts';
export { type Unmet, unmet } from './unmet.ts';
export { flowVersion } from './version.ts';
