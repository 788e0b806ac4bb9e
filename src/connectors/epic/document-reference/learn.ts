/** How documents are asked for, checked and recognised: what was updated since the last look, and once a day all of a window. */
import { referencedId } from '../../../fhir/index.ts';
import { noteOf } from '../../learn/identities.ts';
import { type Learnable, within } from '../../learn/learnable.ts';

export const learnable: Learnable = {
  resource: 'DocumentReference',
  remembers: true,
  searches: ({ patient, days, since }) => [
    since === undefined
      ? { patient, date: `ge${days.from}` }
      : { patient, _lastupdated: `ge${new Date(since).toISOString()}` },
  ],
  fits(resource, { patient, days, since }, baseUrl) {
    const subject = (resource.subject as { reference?: unknown } | undefined)?.reference;
    return (
      resource.resourceType === 'DocumentReference' &&
      referencedId(subject, 'Patient', baseUrl) === patient &&
      // Nothing in the answer says when it was updated: there is nothing to check it by.
      (since !== undefined || within(resource.date, { from: days.from, to: '9999-12-31' }))
    );
  },
  identify: noteOf,
};
