import type { WallTime } from './day/clock.ts';
import type { Pace } from './day/routine.ts';
import type { FeedOptions } from './feed/feed.ts';
import type { Habits } from './feed/habits.ts';
import type { GenericOptions } from './generic/index.ts';
import type { ClientOptions } from './oauth/clients.ts';
import { type Behaviour, isProfile, type ProfileName, profileNames, readBehaviour } from './profile/index.ts';
import type { ReceiverOptions } from './receive/server.ts';

/** How a pretend hospital is set up. Every part has a value of its own when it is left out. */
export interface SimulatorOptions {
  /** The HTTP port; 0, the usual value, takes a free one. */
  readonly port?: number;
  /** The address to bind; 127.0.0.1 unless told. */
  readonly host?: string;
  /** The same seed, number of patients and start give the same hospital and the same day (`larkfield`). */
  readonly seed?: string | number;
  /** How many patients it begins with (60). */
  readonly patients?: number;
  /** Hospital time for wall time: 1 is real time, 60 a minute in a second (1). */
  readonly speed?: number;
  /** Where the hospital's clock starts (real now), milliseconds since 1970 or a Date. */
  readonly now?: number | Date;
  /**
   * Events for each minute of the hospital's clock. When absent, 40 divided by the speed: an event every second
   * or two of wall time. 0 makes none, so that only `happen` changes anything. `natural`: what a hospital of this
   * size does at each hour of the day.
   */
  readonly eventsPerMinute?: Pace;
  /** The hospital's zone: HL7 times are local to it and carry no offset; FHIR instants are in UTC (`America/Chicago`). */
  readonly timeZone?: string;
  /** Outgoing HL7 interfaces (none). */
  readonly feeds?: readonly FeedOptions[];
  /** The incoming HL7 interface, SIU, ADT, ORU and MDM (none). */
  readonly receiver?: ReceiverOptions;
  /** What this site does differently in HL7. */
  readonly habits?: Partial<Habits>;
  /** The applications on record (none); more by `POST /admin/clients`. */
  readonly clients?: readonly ClientOptions[];
  /** Which kind of hospital it is (`sandbox-2026-05`). */
  readonly profile?: ProfileName;
  /** Switches that are not as the profile has them. */
  readonly behaviour?: Partial<Behaviour>;
  /** Lifetime of an access token, seconds: the switch `accessTokenSeconds`. */
  readonly expiresIn?: number;
  /** The most entries of a page of a search: the switch `pageSize`. */
  readonly pageSize?: number;
  /** The server that is not Epic, at /generic/R4 (the hospital's charts, no troubles). */
  readonly generic?: GenericOptions;
  /** Real time and timers, for tests that want to own them. */
  readonly wall?: WallTime;
  /** Told in one line about each request and each happening. The simulator prints nothing itself. */
  readonly log?: (line: string) => void;
}

/** Fills in what was left out, and refuses what cannot be. */
export function settle(options: SimulatorOptions) {
  const patients = options.patients ?? 60;
  const speed = options.speed ?? 1;
  const eventsPerMinute = options.eventsPerMinute ?? 40 / speed;
  if (!Number.isInteger(patients) || patients < 1 || patients > 1_000_000) {
    throw new RangeError('patients must be a whole number from 1 to 1000000');
  }
  if (!(speed > 0) || speed > 86_400) throw new RangeError('speed must be above 0 and at most 86400');
  if (eventsPerMinute !== 'natural' && (!(eventsPerMinute >= 0) || eventsPerMinute > 60_000)) {
    throw new RangeError('eventsPerMinute must be from 0 to 60000');
  }
  const profile = options.profile ?? 'sandbox-2026-05';
  if (!isProfile(profile)) throw new RangeError(`profile must be one of ${profileNames.join(', ')}`);
  const behaviour = readBehaviour({
    ...options.behaviour,
    ...(options.expiresIn === undefined ? {} : { accessTokenSeconds: options.expiresIn }),
    ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
  });
  const names = (options.feeds ?? []).map((feed) => feed.name);
  if (new Set(names).size < names.length) throw new RangeError('each feed needs a name of its own');
  return {
    ...options,
    patients,
    speed,
    eventsPerMinute,
    seed: String(options.seed ?? 'larkfield'),
    timeZone: options.timeZone ?? 'America/Chicago',
    profile,
    behaviour,
  };
}

export type Settled = ReturnType<typeof settle>;
