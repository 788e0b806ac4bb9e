import type { AnyDeclaration, Site } from '../declaration.ts';
import { provenances } from '../provenance.ts';
import type { Operation } from '../server.ts';
import { allergies } from './allergy.ts';
import { appointments } from './appointment.ts';
import { schedulingOperations } from './appointment-operations.ts';
import { binaries } from './binary.ts';
import { conditions } from './condition.ts';
import { coverages } from './coverage.ts';
import { locations, organizations, practitionerRoles, practitioners } from './directory.ts';
import { documentReferences } from './document-reference.ts';
import { encounters } from './encounter.ts';
import { medicationRequests, medications } from './medication.ts';
import { observations } from './observation.ts';
import { diagnosticReports, serviceRequests } from './order.ts';
import { patients } from './patient.ts';
import { groups, type PatientGroup, type PatientGroups, patientLists } from './patient-list.ts';
import { matchOperation } from './patient-match.ts';
import { schedules, slots } from './schedule.ts';

export type { PatientGroup, PatientGroups };

/** Every type that this hospital serves, whatever the version. */
export function declarationsOf<G extends PatientGroup>(
  site: Site,
  patientGroups?: PatientGroups<G>,
): readonly AnyDeclaration[] {
  const all: AnyDeclaration[] = [
    patients(site),
    appointments(site),
    encounters(site),
    observations(site),
    documentReferences(site),
    binaries(site),
    conditions(site),
    allergies(site),
    medicationRequests(site),
    medications(site),
    coverages(site),
    serviceRequests(site),
    diagnosticReports(site),
    practitioners(site),
    practitionerRoles(site),
    locations(site),
    organizations(site),
    patientLists(site),
    slots(site),
    schedules(site),
    provenances(site, () => all),
  ];
  if (patientGroups) all.push(groups(site, patientGroups));
  return all;
}

export function operationsOf(site: Site): readonly Operation[] {
  return [matchOperation(site), ...schedulingOperations(site)];
}
