import { reading } from './reading.ts';
import { signingIn } from './signing-in.ts';
import type { Ground, Switch } from './switch.ts';
import { writing } from './writing.ts';

/** The switches by what they are about. */
export const switchGroups = { signingIn, reading, writing } as const;

/** Every switch of the hospital: what it stands for, how sure its ground is, and what it may be. */
export const switches = { ...signingIn, ...reading, ...writing } as const;

type Switches = typeof switches;
export type SwitchName = keyof Switches;

/**
 * How this hospital behaves where hospitals, or releases, differ: plain data, one value for each switch.
 * It may change while the hospital runs: read a value when it is needed and keep no copy.
 */
export type Behaviour = { readonly [N in SwitchName]: Switches[N] extends Switch<infer T> ? T : never };

/** A value that a switch cannot have, or a switch that is none. */
export class NoSuchBehaviour extends RangeError {}

/** Checks values as they come from a command line or a request. Throws NoSuchBehaviour. */
export function readBehaviour(values: Readonly<Record<string, unknown>>): Partial<Behaviour> {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(switches, name)) {
      throw new NoSuchBehaviour(`${name} is no switch; GET /admin/behaviour lists all of them`);
    }
    const { accepts, expects } = switches[name as SwitchName] as Switch<unknown>;
    if (!accepts(value)) throw new NoSuchBehaviour(`${name} must be ${expects}`);
  }
  return values as Partial<Behaviour>;
}

/** Reads what somebody typed for a switch. Throws NoSuchBehaviour. */
export function readTyped(name: string, typed: string): Partial<Behaviour> {
  if (!Object.hasOwn(switches, name)) return readBehaviour({ [name]: typed });
  const { usual } = switches[name as SwitchName] as Switch<unknown>;
  if (typeof usual === 'boolean')
    return readBehaviour({ [name]: { true: true, false: false }[typed] ?? typed });
  if (typeof usual === 'number')
    return readBehaviour({ [name]: typed.trim() === '' ? typed : Number(typed) });
  if (Array.isArray(usual)) {
    return readBehaviour({ [name]: typed.split(/[\s,]+/).filter((each) => each !== '') });
  }
  return readBehaviour({ [name]: typed });
}

export interface DescribedSwitch {
  readonly name: SwitchName;
  readonly value: unknown;
  readonly usual: unknown;
  readonly expects: string;
  readonly about: string;
  readonly ground: Ground;
  readonly words?: readonly string[];
}

/** All switches with their values, for the admin API and its page. */
export function describeBehaviour(behaviour: Behaviour): DescribedSwitch[] {
  return (Object.entries(switches) as [SwitchName, Switch<unknown>][]).map(
    ([name, { usual, expects, about, ground, words }]) => ({
      name,
      value: behaviour[name],
      usual,
      expects,
      about,
      ground,
      ...(words ? { words } : {}),
    }),
  );
}
