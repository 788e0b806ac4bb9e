/** One cell of the matrix: what a site can do with a resource, whence we know it, and what there is instead. */
import type { Method } from '../capability.ts';
import type { CellState, Mark } from './profile.ts';

export type Ability = 'read' | 'search' | 'create' | 'update' | 'trigger';
export const ABILITIES: readonly Ability[] = ['read', 'search', 'create', 'update', 'trigger'];

export type GroundKind =
  | 'CapabilityStatement'
  | 'SMART configuration'
  | 'granted scopes'
  | 'trial'
  | 'site record'
  | 'known of the EHR'
  | 'connector';

/** Why a cell says what it says. */
export interface Ground {
  readonly from: GroundKind;
  readonly text: string;
  /** When it was seen, for what a server said. */
  readonly observedAt?: string;
  /** For what is known of the EHR. */
  readonly mark?: Mark;
  readonly source?: string;
}

/** One of several ways to the same end. */
export interface Way {
  readonly name: string;
  readonly state: CellState;
  readonly text: string;
}

export interface Cell {
  readonly state: CellState;
  /** One sentence for people. */
  readonly text: string;
  readonly grounds: readonly Ground[];
  /** What else must hold. */
  readonly conditions: readonly string[];
  /** When it is "no", or only another way works: what to do instead. */
  readonly alternative: string | null;
  /** For `search`. */
  readonly parameters?: {
    readonly native: readonly string[];
    readonly filtered: readonly string[];
    /** Each inner list is one sufficient combination. */
    readonly required: readonly (readonly string[])[];
  };
  /** For `create` by which route, for `trigger` by which method. */
  readonly ways?: readonly Way[];
  /** For `trigger` the method, for `create` the route that the site record chose. */
  readonly chosen?: Method | string | null;
  /** For `trigger`: within which time a change is learnt. */
  readonly latency?: string | null;
}

/** The best of several: yes, then with a condition, then not known, then no. */
export function bestOf(states: readonly CellState[]): CellState {
  for (const state of ['yes', 'with a condition', 'not known'] as const) {
    if (states.includes(state)) return state;
  }
  return 'no';
}

/** The most that holds when both must: no, then not known, then with a condition, then yes. */
export function bothOf(a: CellState, b: CellState): CellState {
  for (const state of ['no', 'not known', 'with a condition'] as const) {
    if (a === state || b === state) return state;
  }
  return 'yes';
}
