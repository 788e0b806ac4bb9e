import { NotPossible } from '../world/core.ts';
import { takeDocument } from './documents.ts';
import type { Incoming } from './message.ts';
import type { Receiving } from './receiving.ts';
import { Refused } from './refused.ts';
import { takeResults } from './results.ts';
import { takeScheduling } from './scheduling.ts';
import { takeAdt } from './visits.ts';

const interfaceUser = 5;

const takers = { SIU: takeScheduling, ADT: takeAdt, ORU: takeResults, MDM: takeDocument } as const;

/** Takes a message in: it has its whole effect, or none and is refused. Returns what it was about. Throws Refused. */
export function take(receiving: Receiving, message: Incoming): string {
  const { rules, hospital } = receiving;
  const { header, type } = message;
  if (message.controlId === '') throw new Refused('AR', 'the message has no control id', 'MSH-10');
  if (!rules.accepts.includes(type) || !Object.hasOwn(takers, type)) {
    throw new Refused('AR', `${type} is not taken in here`, 'MSH-9');
  }
  if (rules.processing.length > 0 && !rules.processing.includes(header.text(11))) {
    throw new Refused('AR', 'the processing id is not expected here', 'MSH-11');
  }
  if (rules.versions.length > 0 && !rules.versions.includes(header.text(12))) {
    throw new Refused('AR', 'the version is not expected here', 'MSH-12');
  }
  try {
    return takers[type as keyof typeof takers](receiving, message, hospital.act('hl7', interfaceUser));
  } catch (error) {
    if (error instanceof NotPossible) throw new Refused('AE', error.message);
    throw error;
  }
}
