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
export { type FindSpec, FlowBuilder, type FlowStart, flow } from './define.ts';
export type { FlowOptions } from './define-options.ts';
export { type RouteDone, Ways } from './define-route.ts';
export {
  type EventContext,
  eventContext,
  type Hl7Event,
  type MappedSite,
  type SiteValue,
  siteLookup,
  withValueSets,
} from './event.ts';
export { type FlowFiles, withFiles } from './files.ts';
export * from './flow.ts';
export { type LaneFacts, laneNames } from './lane.ts';
export { lateness } from './late.ts';
export { type FlowFinding, type LintOptions, lint } from './lint.ts';
export { MOST_EFFECTS, MOST_STEPS } from './lint-flow.ts';
export type { LookupValue } from './lookup.ts';
export {
  NECESSARY_STEP,
  type NecessaryRule,
  necessaryOf,
  type Permitted,
  permitted,
  permittedCall,
} from './necessary.ts';
export { type Catalogue, type FlowNeeds, needs, sourcesOf, valueSetsBack } from './needs.ts';
export {
  everyStep,
  idOfKey,
  listsAround,
  MOST_ITEMS,
  orderOfKeys,
  stepsWithin,
  USUAL_ITEMS,
} from './nested.ts';
export { type PreparedFlow, prepare, resourceOf } from './prepare.ts';
export { type ItemsThrough, next, trace } from './run.ts';
export {
  dueOccurrences,
  MOST_MISSED,
  nextOccurrence,
  type ScheduleTrigger,
} from './schedule.ts';
export { runsAt, sitesNamed } from './sites.ts';
export { type Asked, awakeSince, isSleeping, rememberedOf, type Slept } from './sleep.ts';
export {
  appointment,
  bulk,
  changes,
  documentReference,
  encounter,
  file,
  hl7,
  manual,
  observation,
  patient,
  type ResourceBuilder,
  type ScheduleEvent,
  schedule,
  type TypedTrigger,
  webhook,
} from './trigger-builders.ts';
export { matches, matchesPattern, startedType, triggerText } from './triggers.ts';
export { type Unmet, unmet } from './unmet.ts';
export { flowVersion } from './version.ts';
export { checkFlowFile, type ReadFlow, readFlow, type YamlFault } from './yaml/read.ts';
export { toYaml } from './yaml/write.ts';
