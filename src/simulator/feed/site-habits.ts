import type { Behaviour } from '../profile/index.ts';
import { type Habits, usualHabits } from './habits.ts';

/**
 * How a hospital writes HL7: as its switches say at the moment of writing, and otherwise as it was set up.
 * What is set up by hand stays, whatever the switches say.
 */
export function siteHabits(behaviour: Behaviour, own: Partial<Habits> = {}): Habits {
  const switched = {
    get version() {
      return behaviour.hl7Version;
    },
    get processing() {
      return behaviour.hl7Processing;
    },
    get zSegments() {
      return behaviour.zSegments;
    },
    get csnPrefix() {
      return behaviour.csnFormat === 'letter' ? 'V' : '';
    },
    get accountIs() {
      return behaviour.harFormat === 'csn' ? ('csn' as const) : ('har' as const);
    },
    get demographics() {
      return behaviour.demographicsBy;
    },
    get visitFanOut() {
      return behaviour.visitFanOut;
    },
  };
  const habits = { ...usualHabits, ...own };
  for (const [name, described] of Object.entries(Object.getOwnPropertyDescriptors(switched))) {
    if (own[name as keyof Habits] === undefined) Object.defineProperty(habits, name, described);
  }
  return habits;
}
