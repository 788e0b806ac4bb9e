import type { Act } from '../world/change.ts';
import type { Observation } from '../world/clinical-records.ts';
import type { NewReading } from '../world/filing.ts';
import { measureCoded } from '../world/measures.ts';
import type { Patient } from '../world/records.ts';
import { flagOf } from '../world/values.ts';
import type { Incoming, Segment } from './message.ts';
import { personOf } from './person.ts';
import { instantIn, type Receiving } from './receiving.ts';
import { Refused } from './refused.ts';

const systolic = '8480-6';
const diastolic = '8462-4';
const bloodPressure = '85354-9';

/** ORU R01: each OBR with its OBX rows is filed; a row that nothing is mapped to refuses the whole message. */
export function takeResults({ hospital, rules }: Receiving, message: Incoming, act: Act): string {
  if (message.trigger !== 'R01')
    throw new Refused('AR', `ORU ${message.trigger} is not taken in here`, 'MSH-9');
  const patient = personOf(hospital, message.first('PID'), rules);
  const groups = message.groups('OBR');
  if (groups.length === 0) throw new Refused('AE', 'the message has no OBR', 'OBR');
  const read = groups.map(({ head, rest }) => {
    const takenAt = instantIn(hospital, head.text(7)) ?? act.at;
    const rows = rest.filter(({ name }) => name === 'OBX');
    return { head, takenAt, readings: readingsOf(hospital, rows, takenAt) };
  });
  const visit = hospital.stays.openVisitOf(patient.number)?.csn;
  let filed = 0;
  for (const { head, takenAt, readings } of read) {
    const corrections = readings.filter(({ status }) => status === 'corrected');
    const news = readings.filter((reading) => !corrections.includes(reading));
    for (const reading of corrections) {
      const before = earlier(hospital.chart('Observation', patient), reading);
      if (!before) throw new Refused('AE', 'there is nothing to correct', 'OBX-11');
      const { value, components, flag } = reading;
      hospital.filing.updateObservation(act, before.number, {
        status: 'corrected',
        ...(value === undefined ? {} : { value }),
        ...(components ? { components } : {}),
        ...(flag === undefined ? {} : { flag }),
      });
    }
    filed += readings.length;
    if (news.length === 0) continue;
    const order = orderOf(hospital.filing.openOrders(), head, patient);
    if (order) hospital.filing.result(act, order.number, news, takenAt);
    else hospital.filing.observations(act, patient.number, visit, news);
  }
  return `${filed} observations`;
}

function orderOf<T extends { number: number; patient: number }>(
  open: readonly T[],
  head: Segment,
  patient: Patient,
) {
  const placer = Number(head.text(2));
  return open.find(({ number, patient: owner }) => number === placer && owner === patient.number);
}

function earlier(chart: readonly Observation[], { measure, takenAt }: NewReading): Observation | undefined {
  return chart.findLast(
    (each) => each.measure === measure && (takenAt === undefined || each.takenAt === takenAt),
  );
}

function readingsOf(hospital: Receiving['hospital'], rows: readonly Segment[], usual: number): NewReading[] {
  const readings: NewReading[] = [];
  let pressure: number | undefined;
  for (const row of rows) {
    const codes = [row.text(3, 4), row.text(3, 1)].filter((code) => code !== '');
    const takenAt = instantIn(hospital, row.text(14)) ?? usual;
    const text = row.text(5);
    if (codes.includes(systolic)) {
      pressure = numberIn(text);
      continue;
    }
    if (codes.includes(diastolic)) {
      const measure = measureCoded(bloodPressure);
      if (pressure === undefined || !measure)
        throw new Refused('AE', 'a diastolic reading stands alone', 'OBX-3');
      readings.push({ measure, components: [pressure, numberIn(text)], takenAt, ...statusOf(row) });
      pressure = undefined;
      continue;
    }
    const measure = codes.map(measureCoded).find((each) => each !== undefined);
    if (!measure) throw new Refused('AE', '40000: no component is mapped to this code', 'OBX-3');
    const typed = row.text(2);
    if (measure.components) {
      const [high, low] = text.split('/').map(numberIn);
      readings.push({ measure, components: [high ?? 0, low ?? 0], takenAt, ...statusOf(row) });
    } else if (typed === 'NM') {
      const value = numberIn(text);
      const flag = row.text(8) || flagOf(measure, value);
      readings.push({ measure, value, takenAt, ...(flag ? { flag } : {}), ...statusOf(row) });
    } else readings.push({ measure, value: text, takenAt, ...statusOf(row) });
  }
  if (pressure !== undefined) throw new Refused('AE', 'a systolic reading stands alone', 'OBX-3');
  return readings;
}

function numberIn(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new Refused('AE', 'a number cannot be read', 'OBX-5');
  return value;
}

function statusOf(row: Segment): { status: Observation['status'] } {
  const code = row.text(11);
  if (code === 'C') return { status: 'corrected' };
  return { status: code === 'P' ? 'preliminary' : 'final' };
}
