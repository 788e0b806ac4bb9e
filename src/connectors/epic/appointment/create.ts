/** `appointment.create` at Epic: there is no create by FHIR R4. It goes by `$book`, by SIU or by the site's own web service. */
import { type FhirResource, objectsIn } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

export function prepareAppointment(appointment: FhirResource): FhirResource {
  if (typeof appointment.start !== 'string' || Number.isNaN(Date.parse(appointment.start)))
    throw refuse('Appointment.start', 'the time that it begins is needed, with its offset');
  if (!/(Z|[+-]\d\d:\d\d)$/.test(appointment.start))
    throw refuse('Appointment.start', 'a time without an offset is another moment at another site');
  if (objectsIn(appointment.participant).length === 0)
    throw refuse('Appointment.participant', 'nobody takes part');
  return { ...appointment, status: appointment.status ?? 'booked' };
}
