/** A pretend hospital: Epic-like FHIR and OAuth, HL7 v2 feeds, a day with a clock of its own, and an admin API. */
export type { AppointmentTruth, PatientTruth, VisitTruth } from './admin/truth.ts';
export type { WallTime } from './day/clock.ts';
export type { Happening } from './day/happening.ts';
export { CannotHappen, type EventRequest } from './day/hospital-day.ts';
export { type KindName, kindNames } from './day/kinds.ts';
export type { FeedOptions, FeedState } from './feed/feed.ts';
export type { Habits } from './feed/habits.ts';
export type { ClientOptions, UsedBy } from './oauth/clients.ts';
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
  type SwitchName,
  switches,
} from './profile/index.ts';
export { createSimulator, type Simulator } from './simulator.ts';
