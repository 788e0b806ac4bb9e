import { day, hour, minute } from '../calendar.ts';
import type { Measure, Observation, Order, Panel } from '../clinical-records.ts';
import { measureNamed, panels, rounds } from '../measures.ts';
import { historyNumber } from '../numbers.ts';
import { createRandom, type Random } from '../random.ts';
import type { Visit } from '../records.ts';
import { type Constitution, constitution, reading } from '../values.ts';
import { type HistoryParts, recordsPerContact } from './parts.ts';

export interface Readings {
  readonly observations: readonly Observation[];
  readonly orders: readonly Order[];
}

const roundEvery = 8 * hour;
const mostRounds = 20;
const mostPanels = 10;
const shareFiledLate = 0.03;

/** The person behind the readings of a patient: the routine of the day asks for the same. */
export function constitutionOf(
  parts: Pick<HistoryParts, 'seed' | 'now'>,
  patient: number,
  birthDate: string,
): Constitution {
  const age = (parts.now - Date.parse(birthDate)) / (365 * day);
  return constitution(createRandom(parts.seed, `constitution ${patient}`), age);
}

/** The vital signs and the laboratory results of every visit in a history. */
export function readingsOf(parts: HistoryParts, patient: number, visits: readonly Visit[]): Readings {
  const { seed, now, identities, people } = parts;
  const random = createRandom(seed, `readings ${patient}`);
  const person = constitutionOf(parts, patient, people.seeded(patient).birthDate);
  const observations: Observation[] = [];
  const orders: Order[] = [];

  for (const visit of visits) {
    // The last figures of a history's CSN are the contact's place in it.
    let next = placeOf(visit) * recordsPerContact;
    let nextOrder = next;
    const until = visit.endedAt ?? now;
    const file = (measure: Measure, takenAt: number, issuedAt: number, order?: Order) => {
      if (issuedAt > now) return;
      const number = historyNumber(patient, next);
      next += 1;
      observations.push({
        number,
        fhirId: identities.fhirId('Observation', number),
        patient,
        visit: visit.csn,
        measure,
        status: 'final',
        ...reading(random, measure, person),
        ...(order ? { order: order.number } : {}),
        takenAt,
        issuedAt,
        changedAt: issuedAt,
      });
    };

    for (const takenAt of roundsOf(random, visit, until)) {
      const late = random.chance(shareFiledLate) ? random.integer(2 * 24) * hour : 0;
      const issuedAt = takenAt + (1 + random.integer(15)) * minute + late;
      for (const measure of rounds[visit.kind]) file(measure, takenAt, issuedAt);
    }
    for (const { panel, orderedAt } of panelsOf(random, visit, until)) {
      const collectedAt = orderedAt + (5 + random.integer(40)) * minute;
      const found = collectedAt + (30 + random.integer(90)) * minute;
      // Who has left waits for nothing; who is still here may.
      const resultedAt = visit.endedAt === undefined ? found : Math.min(found, now);
      const number = historyNumber(patient, nextOrder);
      nextOrder += 1;
      const done = resultedAt <= now;
      const order: Order = {
        number,
        fhirId: identities.fhirId('ServiceRequest', number),
        reportId: identities.fhirId('DiagnosticReport', number),
        patient,
        visit: visit.csn,
        panel,
        provider: visit.provider,
        status: done ? 'completed' : 'active',
        orderedAt,
        ...(done ? { collectedAt, resultedAt } : {}),
        changedAt: done ? resultedAt : orderedAt,
      };
      orders.push(order);
      for (const name of panel.measures) file(measureNamed(name) as Measure, collectedAt, resultedAt, order);
    }
  }
  return { observations, orders };
}

export function placeOf(visit: Visit): number {
  return visit.csn % 128;
}

function roundsOf(random: Random, visit: Visit, until: number): number[] {
  const first = visit.startedAt + (2 + random.integer(10)) * minute;
  if (visit.kind === 'clinic') return [first];
  const every = visit.kind === 'emergency' ? 2 * hour : roundEvery;
  const count = Math.min(mostRounds, 1 + Math.floor((until - first) / every));
  return Array.from({ length: Math.max(1, count) }, (_, index) => first + index * every).filter(
    (at) => at <= until,
  );
}

function panelsOf(random: Random, visit: Visit, until: number): { panel: Panel; orderedAt: number }[] {
  const first = visit.startedAt + (5 + random.integer(20)) * minute;
  const [metabolic, cells] = panels as readonly [Panel, Panel];
  if (visit.kind === 'clinic') {
    return random.chance(0.35) ? [{ panel: random.pick(panels.slice(0, 4)), orderedAt: first }] : [];
  }
  if (visit.kind === 'emergency') {
    const troponin = panels.at(-1) as Panel;
    const wanted = visit.complaint === 'Chest pain' ? [metabolic, cells, troponin] : [metabolic, cells];
    return random.chance(0.8) ? wanted.map((panel) => ({ panel, orderedAt: first })) : [];
  }
  const days = Math.min(mostPanels / 2, 1 + Math.floor((until - first) / day));
  return Array.from({ length: days }, (_, index) => first + index * day)
    .filter((at) => at <= until)
    .flatMap((orderedAt) => [
      { panel: metabolic, orderedAt },
      { panel: cells, orderedAt },
    ]);
}
