/** What is to be made at the demo hospital, as messages, and what must then be there. */
import type { Simulator } from '../../../src/simulator/index.ts';

/**
 * `once`: a record of its own. `there`: what is there already is taken, nothing new comes. `held`: it might be somebody else, so
 * a person decides. `refused`: the hospital does not take it.
 */
export type Expected = 'once' | 'there' | 'held' | 'refused';

export interface Job {
  readonly controlId: string;
  readonly what: 'reading' | 'note' | 'newcomer' | 'booking' | 'walk-in';
  readonly text: string;
  readonly expected: Expected;
  /** By what the judge counts it, as `countOf` names it. */
  readonly key: string;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const pad = (n: number): string => String(n).padStart(2, '0');
const hl7Date = (date: string): string => date.replaceAll('-', '');

/** Days that work is done on, 08:00 to 17:00 in quarter hours: those of the schedule. */
function quarter(now: number, nth: number): number {
  const first = Math.ceil(now / DAY) * DAY + DAY;
  let day = 0;
  for (let left = Math.floor(nth / 36) + 1; ; day++) {
    const weekday = new Date(first + day * DAY).getUTCDay();
    if (weekday !== 0 && weekday !== 6 && --left === 0) break;
  }
  return first + day * DAY + 8 * 60 * MINUTE + (nth % 36) * 15 * MINUTE;
}

/** Respiration: its row is unmapped and mapped again while the proof runs. */
export const MAPPED_AT_TIMES = '9279-1';

/** Quarter hours of the days that a hospital plans ahead. */
const QUARTERS = 36 * 35;

/** Work of so many messages, the same for the same hospital: of ten, four readings, three notes, a newcomer, a booking and a walk-in. */
export function jobsOf(hospital: Simulator, count: number, seed: number): readonly Job[] {
  const now = Math.floor(hospital.now() / MINUTE) * MINUTE;
  const inside = hospital.visits().filter(({ endedAt }) => endedAt === undefined);
  const inHouse = new Set(inside.map(({ patientId }) => patientId));
  const outside = hospital.patients().filter(({ id }) => !inHouse.has(id));
  const at = <Item>(list: readonly Item[], n: number): Item => list[n % list.length] as Item;
  const made = (n: number, type: string, pid: string, zwr: readonly (string | number)[]): string =>
    [
      `MSH|^~\\&|WARD|NORTH|SUTURE|APP|20260105||${type}|${seed}-${n}|T|2.5.1`,
      `PID|1||${pid}`,
      `ZWR|${zwr.join('|')}`,
    ].join('\r');
  // A lane of its own: who is held keeps nobody else back.
  const stranger = (n: number): string => `X${seed}-${n}^^^NORTH^MR`;
  const of = ({ mrn }: { readonly mrn: string }): string => `${mrn}^^^EPI^MR`;

  function reading(n: number): Omit<Job, 'controlId' | 'what'> {
    const visit = at(inside, n * 7);
    const time = new Date(now - n * MINUTE - 47_000).toISOString();
    // Some have a flowsheet row now and then, and some come to two flows.
    const strange = n % 100 === 1;
    const type = n % 100 === 22 ? 'ORU^R02' : 'ORU^R01';
    const code = strange ? MAPPED_AT_TIMES : '8867-4';
    const zwr = [time, `Encounter/${visit.id}`, 60 + (n % 60), '', code, visit.mrn];
    return {
      text: made(n, type, strange ? stranger(n) : of(visit), zwr),
      expected: 'once',
      key: `reading ${visit.patientId} ${time}`,
    };
  }

  function note(n: number): Omit<Job, 'controlId' | 'what'> {
    const visit = at(inside, n * 3);
    const text = `Note ${seed}-${n}: slept well.`;
    const coded = Buffer.from(text).toString('base64');
    return {
      text: made(n, 'MDM^T02', of(visit), ['', `Encounter/${visit.id}`, '', coded, '', visit.mrn]),
      expected: 'once',
      key: `note ${text}`,
    };
  }

  function newcomer(n: number): Omit<Job, 'controlId' | 'what'> {
    const kind = n % 100;
    if (kind === 17 || kind === 27 || kind === 37) {
      // Who is known here: with another birth date (four years earlier: there is a 29 February, too), with another sex, or just as the chart says.
      const known = at(outside, n * 13);
      const born =
        kind === 17
          ? `${Number(known.birthDate.slice(0, 4)) - 4}${known.birthDate.slice(4)}`
          : known.birthDate;
      const other = known.gender === 'female' ? 'M' : 'F';
      const own = known.gender === 'female' ? 'F' : 'M';
      const pid = `${stranger(n)}||${known.family}^${known.given}||${hl7Date(born)}|${kind === 27 ? other : own}|||${known.street}^^${known.city}`;
      return kind === 37
        ? {
            text: made(n, 'ADT^A28', pid, ['', ssn(n)]),
            expected: 'there',
            key: `chart ${known.family} ${known.given}`,
          }
        : {
            text: made(n, 'ADT^A31', pid, ['', known.mrn]),
            expected: 'held',
            key: `chart ${known.family} ${known.given}`,
          };
    }
    const family = `New${seed}x${n}`;
    const born = `19${pad(40 + (n % 60))}${pad(1 + (n % 12))}${pad(1 + (n % 28))}`;
    const pid = `${stranger(n)}||${family}^Ida||${born}|${n % 20 < 10 ? 'F' : 'M'}|||${n} Elm Ct^^Larkfield`;
    return { text: made(n, 'ADT^A28', pid, ['', ssn(n)]), expected: 'once', key: `chart ${family} Ida` };
  }

  function booking(n: number, nth: number): Omit<Job, 'controlId' | 'what'> {
    const who = at(outside, nth * 11 + Math.floor(nth / QUARTERS));
    const time = new Date(quarter(now, nth % QUARTERS)).toISOString();
    return {
      text: made(n, 'SIU^S12', of(who), [time, '', '', '', '', who.mrn]),
      expected: 'once',
      key: `booking ${who.id} ${time}`,
    };
  }

  function walkIn(n: number, nth: number): Omit<Job, 'controlId' | 'what'> {
    const who = at(outside, nth);
    const time = new Date(now - 3 * MINUTE).toISOString();
    // Nobody comes twice while they are here.
    const expected = nth < outside.length ? 'once' : 'refused';
    return {
      text: made(n, 'ADT^A04', of(who), [time, '', '', '', '', who.mrn]),
      expected,
      key: `walk-in ${who.id}${nth < outside.length ? '' : ` ${n}`}`,
    };
  }

  return Array.from({ length: count }, (_, n): Job => {
    const controlId = `${seed}-${n}`;
    const nth = Math.floor(n / 10);
    const last = n % 10;
    if (last < 4 && last !== 3) return { controlId, what: 'reading', ...reading(n) };
    if (last === 7) return { controlId, what: 'newcomer', ...newcomer(n) };
    if (last === 8) return { controlId, what: 'booking', ...booking(n, nth) };
    if (last === 9) return { controlId, what: 'walk-in', ...walkIn(n, nth) };
    return { controlId, what: 'note', ...note(n) };
  });
}

const ssn = (n: number): string =>
  `9${pad(n % 100)}-${pad(10 + (Math.floor(n / 100) % 90))}-${String(1_000 + (n % 9_000)).padStart(4, '0')}`;

/** How often each is there, as the hospital itself knows it. */
export function whatIsThere(hospital: Simulator): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const add = (key: string): void => void found.set(key, (found.get(key) ?? 0) + 1);
  for (const { patientId, state } of hospital.truth({ type: 'Observation', changed: true }))
    add(`reading ${patientId} ${state.takenAt}`);
  for (const { state } of hospital.truth({ type: 'DocumentReference', changed: true }))
    add(`note ${state.text}`);
  for (const { family, given } of hospital.patients()) add(`chart ${family} ${given}`);
  for (const { patientId, start, status } of hospital.appointments())
    if (status === 'booked') add(`booking ${patientId} ${start}`);
  for (const { patientId, endedAt } of hospital.visits())
    if (endedAt === undefined) add(`walk-in ${patientId}`);
  return found;
}
