/** What a resource's declaration lists of its writing. */
import { type Kind, kinds } from '../acting/index.ts';
import type { Capability } from '../capability.ts';
import { CREATES, UPDATES } from './writing-rules.ts';

const ABOUT: Readonly<Record<string, (type: string) => string>> = {
  create: (type) =>
    `Makes one ${type}, once, for the patient that is named, by the route that the site record chooses.`,
  update: (type) => `Changes one ${type} by its id.`,
  upsert: (type) => `Finds a ${type}, and makes it only if it is not there.`,
};

/** What a resource's declaration lists of them. */
export function writingCapabilities(type: string): readonly Capability[] {
  const kind = kinds.find((each) => each.type === type) as Kind;
  return Object.keys(ABOUT)
    .filter((verb) => verb !== 'update' || UPDATES.has(type))
    .map((verb) => ({
      name: `${kind.name}.${verb}`,
      about: ABOUT[verb]?.(type) ?? '',
      resource: type,
      effect: true,
      findsOut: true,
      scopes: [
        ...(verb === 'update' || !CREATES.has(type) ? [] : [`system/${type}.c`]),
        ...(verb !== 'create' && UPDATES.has(type) ? [`system/${type}.u`] : []),
        // It is looked for after a lost answer, and its patient is read before anything is written.
        `system/${type}.${type === 'Patient' ? 'rs' : 's'}`,
        ...(type === 'Patient' ? [] : ['system/Patient.r']),
        ...(type === 'DocumentReference' ? ['system/Binary.r'] : []),
      ],
    }));
}
