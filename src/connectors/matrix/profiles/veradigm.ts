/** Veradigm and Altera (Allscripts). Read in their documentation; no server of it was asked. */
import type { EhrProfile, ResourceFacts } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { no, unknown } = factsFrom('overview', 'not verified');
const statement = factsFrom('introduction', 'not verified');
const readOnly = no('The FHIR API is documented as limited to reading.', {
  alternative: 'The Unity API (not FHIR) reads and writes; call it as a web service.',
});
const ask = statement.unknown(
  'Each type is said to be searched and read; which parameters, the statement of the site says.',
);
const rows: ResourceFacts = {
  read: ask,
  search: ask,
  create: readOnly,
  update: readOnly,
  lastUpdated: unknown('Nothing was found about it.'),
};

export const veradigm: EhrProfile = {
  id: 'veradigm',
  name: 'Veradigm EHR, Altera TouchWorks, Sunrise, Paragon (Allscripts)',
  vendors: ['veradigm', 'allscripts', 'altera', 'touchworks', 'sunrise'],
  verified: false,
  sources: {
    overview: {
      title: 'Veradigm FHIR, Process Overview',
      address: 'https://developer.veradigm.com/Fhir/ProcessOverview',
    },
    introduction: {
      title: 'Veradigm FHIR, Introduction',
      address: 'https://developer.veradigm.com/Fhir/Introduction',
    },
  },
  fhirVersions: ['R4', 'DSTU2'],
  resources: {
    Patient: rows,
    Appointment: {
      ...rows,
      read: unknown(
        'Veradigm Practice Management gives appointments through the Unity API only; of the others nothing was found.',
      ),
      search: unknown(
        'Veradigm Practice Management gives appointments through the Unity API only; of the others nothing was found.',
      ),
    },
    Encounter: rows,
    Observation: rows,
    DocumentReference: rows,
  },
  services: {
    'bulk export': unknown('Nothing certain was found about it.'),
    'CDS Hooks': unknown('Nothing certain was found about it.'),
    Subscription: unknown('Nothing certain was found about it.'),
    'patient match': unknown('Nothing certain was found about it.'),
    'backend sign-in': unknown('Nothing certain was found about it.'),
  },
  notes: [
    { text: 'Single sign-on for FHIR R4 is not yet supported in Sunrise and Paragon.', source: 'overview' },
    { text: 'DSTU2 answers still, but without support since June 2025.', source: 'introduction' },
  ],
};
