/** Epic, by its FHIR R4 API as a backend service. */

import type { Json } from '../../std/index.ts';
import type { Capability, ResourceSpec } from '../capability.ts';
import type { Call, CallContext, Connection, ConnectionContext, Connector } from '../contract.ts';
import { appointment, findAppointment, readAppointment } from './appointment/index.ts';
import { check } from './check.ts';
import { type EpicConfig, parseEpic } from './config.ts';
import { documentReference } from './document-reference/index.ts';
import { encounter } from './encounter/index.ts';
import { epicFailure } from './failures.ts';
import type { Lookup } from './lookup.ts';
import { observation } from './observation/index.ts';
import { observe } from './observe.ts';
import { findPatient, patient, readPatient } from './patient/index.ts';
import { openSession, watchOf } from './session.ts';
import { createSweep } from './sweep.ts';

export type { EpicConfig } from './config.ts';
export { epicFailures } from './failures.ts';

const resources: readonly ResourceSpec[] = [patient, appointment, encounter, observation, documentReference];
const capabilities: readonly Capability[] = resources.flatMap((resource) => resource.capabilities);

const actions: Readonly<Record<string, (args: Json, lookup: Lookup) => Promise<Json>>> = {
  'patient.find': findPatient,
  'patient.read': readPatient,
  'appointment.find': findAppointment,
  'appointment.read': readAppointment,
};

function open(config: EpicConfig, context: ConnectionContext): Connection {
  const session = openSession(config, context, watchOf(context));
  const { client } = session;
  // Made and published from the start: Epic may keep an empty key set for hours. What is wrong with it, signing in says.
  context.secrets.signingKey(config.auth.key).catch(() => undefined);
  const { Appointment } = config.learn;
  const sweep =
    Appointment &&
    createSweep({
      client,
      context,
      mrnSystem: config.mrnSystem,
      csnSystem: config.csnSystem,
      window: Appointment.window,
      batch: Appointment.batch,
    });

  return {
    test: (signal) => check(config, context, signal),
    observe: (signal) => observe(config, context, signal),
    learns: Appointment
      ? [{ resource: 'Appointment', method: Appointment.method, every: Appointment.every }]
      : [],
    async learn(request) {
      if (request.resource !== 'Appointment' || sweep === undefined) throw epicFailure('EPIC_NOT_LEARNT');
      return sweep(request);
    },
    async call(call: Call, { signal }: CallContext): Promise<Json> {
      const action = Object.hasOwn(actions, call.do) ? actions[call.do] : undefined;
      if (action === undefined) {
        throw epicFailure('EPIC_CAPABILITY_UNKNOWN', {
          message: `The Epic connector cannot do "${call.do}"; it can do ${Object.keys(actions).join(', ')}.`,
        });
      }
      return action(call.args, { client, config, context, signal });
    },
    close: () => session.close(),
  };
}

/**
 * @example
 * // sites/mercy/site.yaml
 * // connections:
 * //   epic:
 * //     connector: epic
 * //     fhirBase: https://ehr.example/FHIR/api/FHIR/R4
 * //     clientId: 4bb7…
 * //     auth: { method: backend }
 * //     mrnSystem: urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14
 * //     learn: { Appointment: { method: poll, every: 30s } }
 */
export const epic: Connector<EpicConfig> = {
  name: 'epic',
  about:
    'Epic by FHIR R4 as a backend service: finds and reads patients and appointments, and learns changes.',
  parse: parseEpic,
  open,
  capabilities,
  resources,
};
