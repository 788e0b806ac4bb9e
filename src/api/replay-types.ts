/** What goes over the wire about dead letters in groups and replays; see `types.ts`. */
import type {
  DeadGroupOfSites,
  Difference,
  ReplayPreview,
  ReplaySample,
  ReplayVersion,
  SampleStep,
} from '../engine/index.ts';
import type { DeliveryState } from '../message/index.ts';
import type { Job } from '../store/index.ts';

export type { Difference, Job, ReplayPreview, ReplaySample, ReplayVersion, SampleStep };

/** GET /api/dead/groups?site=&flow= */
export interface DeadGroups {
  readonly groups: readonly DeadGroupRow[];
}
export interface DeadGroupRow extends DeadGroupOfSites {
  /** Steps of the flow as it is now, to replay from; `null` when there is no such flow any more. */
  readonly steps: readonly string[] | null;
}

/** Which deliveries, and how. One filter at least; or deliveries by id (for a dry run only). */
export interface ReplaySet {
  readonly deliveryIds?: readonly string[] | undefined;
  /** A group of dead letters. */
  readonly fingerprint?: string | undefined;
  readonly site?: string | undefined;
  readonly connection?: string | undefined;
  readonly flow?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** Message received at this time or later, and before that; milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly fromStep?: string | undefined;
  /** `present` when left out. */
  readonly version?: ReplayVersion | undefined;
}

/** POST /api/replays/preview: a dry run. */
export interface PreviewBody extends ReplaySet {
  /** How many are looked at in full: 0..20, 3 when left out. */
  readonly samples?: number | undefined;
  /** With values: recorded for each sample. Otherwise their places alone are told. */
  readonly reveal?: boolean | undefined;
}

/** POST /api/replays: begins a replay of all that the filter finds. */
export interface StartReplayBody extends ReplaySet {
  /** Deliveries a second at most; 100 when left out. */
  readonly rate?: number | undefined;
  readonly reason: string;
}

/** GET /api/replays: the newest first. */
export interface ReplayJobs {
  readonly jobs: readonly Job[];
}

/** POST /api/replays/edit: a new message in the place of one that was refused; the original stays. */
export interface EditBody {
  readonly deliveryId: string;
  /** Base64; or in its place `text`, written in the character set that it declares, its lines as segments. */
  readonly bytes?: string | undefined;
  readonly text?: string | undefined;
  readonly reason: string;
}
export interface EditAnswer {
  readonly messageId: string;
  readonly deliveryId: string;
}
