/** How observations are asked for, checked and recognised: a search takes one category, and goes by when it was issued. */
import { type FhirResource, objectsIn, referencedId } from '../../../fhir/index.ts';
import { resultOf } from '../../learn/identities.ts';
import { type Learnable, within } from '../../learn/learnable.ts';

const categoriesOf = (resource: FhirResource): unknown[] =>
  objectsIn(resource.category).flatMap((category) => objectsIn(category.coding).map(({ code }) => code));

export const learnable: Learnable = {
  resource: 'Observation',
  searches: ({ patient, days, settings }) =>
    settings.categories.map((category) => ({ patient, category, issued: `ge${days.from}` })),
  fits(resource, { patient, days, settings }, baseUrl) {
    const subject = (resource.subject as { reference?: unknown } | undefined)?.reference;
    return (
      resource.resourceType === 'Observation' &&
      referencedId(subject, 'Patient', baseUrl) === patient &&
      categoriesOf(resource).some((code) => settings.categories.includes(code as string)) &&
      within(resource.issued, { from: days.from, to: '9999-12-31' })
    );
  },
  identify: resultOf,
};
