/** A pretend hospital: Epic-like FHIR and OAuth, HL7 v2 feeds, a day with a clock of its own, and an admin API. */

export { type Action, NoSuchThing } from './admin/actions.ts';
export type { ResourceTruth, TruthQuery, TruthType } from './admin/resource-truth.ts';
export type { AppointmentTruth, PatientTruth, VisitTruth } from './admin/truth.ts';
export type { WallTime } from './day/clock.ts';
export type { Happening } from './day/happening.ts';
export { CannotHappen, type EventRequest } from './day/hospital-day.ts';
export { type KindName, kindNames } from './day/kinds.ts';
export type { Pace } from './day/routine.ts';
export type { RequestFilter, RequestRecord } from './faults/request-log.ts';
export { type ActiveFault, BadFault, type Fault } from './faults/rule.ts';
export type { FeedOptions, FeedState } from './feed/feed.ts';
export type { Habits } from './feed/habits.ts';
export { oldHabits } from './feed/habits.ts';
export {
  type GenericBehaviour,
  type GenericOptions,
  type GenericRequest,
  type GenericResponse,
  GenericServer,
  type GenericServerOptions,
  genericSwitches,
} from './generic/index.ts';
export type { ClientOptions, UsedBy } from './oauth/clients.ts';
export { refusals } from './oauth/errors.ts';
export type { LaunchRequest } from './oauth/launches.ts';
export type { Interaction, ScopeSpelling } from './oauth/scopes.ts';
export { testPassword } from './oauth/users.ts';
export type { SimulatorOptions } from './options.ts';
export {
  type Behaviour,
  behaviourOf,
  NoSuchBehaviour,
  type ProfileName,
  profileNames,
  profiles,
  readTyped,
  type SwitchName,
  switches,
  switchGroups,
} from './profile/index.ts';
export type { AcknowledgementRule, Answer, ReceivingRules } from './receive/rules.ts';
export type { Hl7Receiver, ReceivedMessage, ReceiverOptions } from './receive/server.ts';
export { createSimulator, type Simulator } from './simulator.ts';
export type { JournalEntry, ResourceChange } from './world/journal.ts';
