/** ORC[Provenance]: who entered, verified, ordered and acted on an order, and when. */
import { type Assembly, add, draftOf, refer } from '../assembly.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { toCodedOrganization } from '../datatypes/xon.ts';
import type { Line } from '../line.ts';
import { type Draft, dateTime, element, instant } from '../reading.ts';
import { apply, type Row, row, rows, segmentMap } from '../rows.ts';
import { codeable, provenanceParticipant } from '../tables.ts';

/** ORC-1 as what was done to the order's record. */
const operations = new Map([
  ['NW', 'CREATE'],
  ['SC', 'UPDATE'],
  ['OC', 'CANCEL'],
  ['CA', 'CANCEL'],
]);

const agent = (number: number, code: string): Row =>
  row(number, 'agent[]', (field, reading, line) => {
    const home = number === 12 ? line.first(24) : undefined;
    const at = home && address(reading, home);
    const who = practitioner(reading, field, at === undefined ? {} : { address: [at] });
    if (who === undefined) return undefined;
    const entering = number === 10 ? line.first(17) : undefined;
    return element({
      type: codeable(provenanceParticipant, code),
      who,
      onBehalfOf: entering && toCodedOrganization(entering, reading, line),
    });
  });

const map = segmentMap(
  'ORC[Provenance]',
  row(1, 'activity', (field) => {
    const code = operations.get(field.get(1) ?? '');
    return code === undefined
      ? undefined
      : codeable('http://terminology.hl7.org/CodeSystem/v3-DataOperation', code);
  }),
  row(9, 'recorded', (field, reading) => instant(reading, field.place, field.get(1))),
  row(9, 'occurredDateTime', (field, reading) => dateTime(reading, field.place, field.get(1))),
  agent(10, 'enterer'),
  agent(11, 'verifier'),
  agent(12, 'author'),
  agent(19, 'performer'),
  rows([17], ['agent.onBehalfOf'], nothing),
  rows([24], ['agent.who'], nothing),
);
function nothing(): void {
  return;
}

/** Made when the order says who, and when it or the message says when. */
export function orderProvenance(assembly: Assembly, request: Draft, orc: Line): void {
  const { reading, msh } = assembly;
  const draft = draftOf('Provenance', { target: [refer(request)] });
  apply(map, draft, orc, reading);
  draft.recorded ??= instant(reading, 'MSH-7', msh?.value(7));
  if (draft.recorded === undefined || draft.agent === undefined) return;
  add(assembly, draft, 'order', request.id as string, ...assembly.messageKey);
}
