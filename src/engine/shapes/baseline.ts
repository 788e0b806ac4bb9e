/** What the messages of a connection are held against: what the site record says of them, and what they were seen to look like. */
import { type FeedFact, NOT_A_CODE } from '../../hl7/index.ts';
import type { Observed, SiteRecord } from '../../site/index.ts';

export type Shape = NonNullable<Observed['shape']>;

/** By kind and value, how often. */
export type ShapeFacts = Shape['facts'];

/** `known`: said. `against`: the record says what there is, and this is not among it. `unsaid`: it says nothing of such things. */
export type Judgement = 'known' | 'against' | 'unsaid';

/**
 * A fact as it is held against others. Offsets change twice a year: whether one is said at all is what maps rely on.
 */
export const watched = (fact: FeedFact): FeedFact =>
  fact.kind === 'time offset' && fact.value !== '' ? { kind: fact.kind, value: 'said' } : fact;

export const shapeHas = (facts: ShapeFacts, { kind, value }: FeedFact): boolean => {
  const known = facts[kind];
  if (known === undefined) return false;
  if (kind === 'time offset' && value !== '') return Object.keys(known).some((each) => each !== '');
  return Object.hasOwn(known, value);
};

/** @param written What was written down as seen: of versions the record names the usual one alone, and others may be known. */
export function judge(
  { hl7 }: SiteRecord,
  connection: string,
  { kind, value }: FeedFact,
  written: ShapeFacts,
): Judgement {
  const profile = hl7?.profiles?.[connection];
  const listed = (list: Readonly<Record<string, unknown>> | undefined, name: string): Judgement =>
    list === undefined || name === '' || name === NOT_A_CODE
      ? 'unsaid'
      : Object.hasOwn(list, name)
        ? 'known'
        : 'against';
  const [, behind = ''] = value.split(' ', 2);
  switch (kind) {
    case 'type': {
      const sends = hl7?.sends?.[connection];
      if (sends === undefined || value === NOT_A_CODE) return 'unsaid';
      return sends.some((type) => fits(type, value)) ? 'known' : 'against';
    }
    case 'segment':
      return behind.startsWith('Z') ? listed(profile?.segments, behind) : 'unsaid';
    case 'version':
      if (profile?.version === undefined) return 'unsaid';
      return profile.version === value || shapeHas(written, { kind, value }) ? 'known' : 'against';
    case 'assigner':
      // Orders and appointments have assigners of their own, of which the record says nothing.
      return /^(PID|PV1|MRG)-/.test(value) ? listed(profile?.assigners, behind) : 'unsaid';
    case 'id type':
      return listed(profile?.idTypes, behind);
    default:
      return 'unsaid';
  }
}

/** `ADT^*`, `ADT` and `ADT^A01` as the record spells types. */
function fits(said: string, type: string): boolean {
  if (said === type) return true;
  const [code, trigger = '*'] = said.split('^');
  const [own, event = ''] = type.split('^');
  return (
    code === own && (trigger === '*' || (trigger.endsWith('*') && event.startsWith(trigger.slice(0, -1))))
  );
}
