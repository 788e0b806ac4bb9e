import type { HumanName, Period } from '../../r4.ts';
import { dateTime, element, elementOrNone, type Field, present, type Reading } from '../reading.ts';
import { nameUses } from '../tables.ts';

/**
 * XPN[HumanName]: family (XPN.1.1), given (2, 3), suffix (4, 6, 14), prefix (5), use (7), period (12, 13). XPN.3 may hold
 * several names, but where they part is not said: it stays one.
 */
export function humanName(reading: Reading, field: Field): HumanName | undefined {
  const name = {
    family: field.get(1, 1),
    given: present(field.get(2), field.get(3)),
    prefix: present(field.get(5)),
    suffix: present(field.get(4), field.get(6), field.get(14)),
  };
  if (elementOrNone(name) === undefined) return undefined;
  return element<HumanName>({
    use: nameUses.get(field.get(7) ?? ''),
    ...name,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(12)),
      end: dateTime(reading, field.place, field.get(13)),
    }),
  });
}

/** XPN.15: what the person is called by becomes a name of its own. */
export function calledBy(field: Field): HumanName | undefined {
  const given = field.get(15);
  return given === undefined ? undefined : { use: 'nickname', given: [given] };
}

/** XPN[string], for a mother's maiden name: given and family as one text. */
export function nameText(field: Field): string | undefined {
  const words = present(field.get(2), field.get(1, 1));
  return words.length === 0 ? undefined : words.join(' ');
}
