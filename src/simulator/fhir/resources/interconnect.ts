import { systems } from '../../world/identity.ts';
import type { Provider } from '../../world/records.ts';
import type { Site } from '../declaration.ts';

const number = 9_999;

/** The background user: who a backend client writes as. */
export function interconnectUser({ hospital }: Pick<Site, 'hospital'>): Provider {
  return {
    number,
    fhirId: hospital.identities.fhirId('Practitioner', number),
    id: '999001',
    npi: '',
    family: 'Interconnect',
    given: 'User',
    specialty: '',
  };
}

/** The user as Practitioner: a name and a user id, and no licence. */
export function isInterconnect(provider: Provider): boolean {
  return provider.number === number;
}

export function userIdentifiers({ id, npi }: Provider) {
  const internal = { use: 'usual', type: { text: 'INTERNAL' }, system: systems.user, value: id.padStart(10) };
  return npi === ''
    ? [internal]
    : [{ use: 'usual', type: { text: 'NPI' }, system: systems.npi, value: npi }, internal];
}
