/** ORC-2 and 3, OBR-2 and 3: the numbers of an order. */
import type { Identifier } from '../../r4.ts';
import { toEntityIdentifier } from '../datatypes/cx.ts';
import { type Row, row } from '../rows.ts';

/** The order number of ORC, else of OBR: neither twice. */
export function orderNumber(number: 2 | 3, type: 'PLAC' | 'FILL'): Row {
  const read = toEntityIdentifier(type);
  return row(number, 'identifier[]', read, {
    when: (_, draft) =>
      !((draft.identifier ?? []) as Identifier[]).some((each) => each.type?.coding?.[0]?.code === type),
  });
}
