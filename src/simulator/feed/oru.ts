import { hl7Time } from '../world/calendar.ts';
import type { Observation, Order } from '../world/clinical-records.ts';
import type { Patient, Visit } from '../world/records.ts';
import { components, segment, text } from './segment.ts';
import { type Envelope, msh, pid, provider, pv1, zpd } from './shared-segments.ts';

// HL7 table 0085.
const statuses: Readonly<Record<Observation['status'], string>> = {
  preliminary: 'P',
  final: 'F',
  corrected: 'C',
  'entered-in-error': 'W',
};

/** ORU R01: the results of one order, or a round of vital signs, which answers no order. */
export function oru(
  envelope: Envelope,
  patient: Patient,
  visit: Visit | undefined,
  order: Order | undefined,
  observations: readonly Observation[],
): string {
  const { habits, timeZone, user } = envelope;
  const [first] = observations;
  const takenAt = first?.takenAt ?? envelope.at;
  const issuedAt = first?.issuedAt ?? envelope.at;
  const corrected = observations.some(
    ({ status }) => status === 'corrected' || status === 'entered-in-error',
  );
  const orderedBy = order ? provider(order.provider) : visit ? provider(visit.provider) : '';
  const lines = [msh(envelope), pid(patient, habits, visit)];
  if (habits.zSegments) lines.push(zpd());
  if (visit) lines.push(pv1(envelope, visit));
  if (order) {
    lines.push(
      segment('ORC', {
        1: 'RE',
        2: components(order.number, habits.sendingApplication),
        3: components(order.number, 'LAB'),
        5: order.status === 'completed' ? 'CM' : 'IP',
        9: hl7Time(order.orderedAt, timeZone),
        12: orderedBy,
      }),
    );
  }
  lines.push(
    segment('OBR', {
      1: '1',
      2: order ? components(order.number, habits.sendingApplication) : '',
      // A round of vital signs has no order; its first reading stands for it.
      3: order ? components(order.number, 'LAB') : components(first?.number, 'FLO'),
      4: order
        ? components(order.panel.id, order.panel.name, 'LAB', order.panel.loinc, order.panel.name, 'LN')
        : components('FLO', 'VITAL SIGNS', 'LFLO', '8716-3', 'Vital signs', 'LN'),
      7: hl7Time(takenAt, timeZone),
      16: orderedBy,
      22: hl7Time(issuedAt, timeZone),
      24: order ? 'LAB' : 'NRS',
      25: corrected ? 'C' : 'F',
    }),
  );
  let row = 0;
  for (const observation of observations) {
    for (const { code, value, type } of rowsOf(observation, envelope)) {
      row += 1;
      const { measure, flag, status } = observation;
      const range =
        measure.low === undefined || measure.high === undefined ? '' : `${measure.low}-${measure.high}`;
      lines.push(
        segment('OBX', {
          1: String(row),
          2: type,
          3: code,
          // Which reading of the flowsheet or the laboratory this row is: its number in the sending system.
          4: String(observation.number),
          5: value,
          6: text(measure.unit),
          7: range,
          8: flag ?? '',
          11: statuses[status],
          14: hl7Time(observation.takenAt, timeZone),
          16: components(user.id, user.family.toUpperCase(), user.given.toUpperCase()),
          19: hl7Time(observation.issuedAt, timeZone),
        }),
      );
      if (observation.note) lines.push(segment('NTE', { 1: '1', 3: text(observation.note) }));
    }
  }
  return `${lines.join('\r')}\r`;
}

interface Row {
  readonly type: 'NM' | 'ST';
  readonly code: string;
  readonly value: string;
}

function rowsOf(observation: Observation, { habits }: Envelope): Row[] {
  const { measure, value, components: parts } = observation;
  const system = measure.category === 'laboratory' ? 'LAB' : 'LFLO';
  const code = (loinc: string, display: string) =>
    components(measure.siteId, measure.display, system, loinc, display, 'LN');
  if (parts && measure.components) {
    if (habits.bloodPressure === 'one text') {
      return [{ type: 'ST', code: code(measure.loinc, measure.display), value: text(parts.join('/')) }];
    }
    return measure.components.map(({ loinc, display }, index) => ({
      type: 'NM' as const,
      code: code(loinc, display),
      value: String(parts[index] ?? ''),
    }));
  }
  const type = typeof value === 'string' ? 'ST' : 'NM';
  return [{ type, code: code(measure.loinc, measure.display), value: text(value) }];
}
