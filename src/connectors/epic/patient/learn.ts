/** How patients are read again: one by one, by id. A search by anything less is answered with nobody. */
import type { FhirResource } from '../../../fhir/index.ts';
import { patientOf } from '../../learn/identities.ts';
import type { Learnable } from '../../learn/learnable.ts';

export const learnable: Learnable = {
  resource: 'Patient',
  searches: ({ patient }) => [{ _id: patient }],
  fits: (resource: FhirResource, { patient }) =>
    resource.resourceType === 'Patient' && resource.id === patient,
  identify: patientOf,
  // Merged away or deleted: the number on the roster leads to the survivor, if there is one.
  always: true,
};
