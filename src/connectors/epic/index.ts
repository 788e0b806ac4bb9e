/** Epic, by its FHIR R4 API as a backend service. */

import { createHttp, type FhirClient, rememberingReads } from '../../fhir/index.ts';
import { type Json, systemRandom } from '../../std/index.ts';
import { openWebServices } from '../acting/index.ts';
import { createBulkLearner } from '../bulk/index.ts';
import type { Capability, ResourceSpec } from '../capability.ts';
import type { Call, CallContext, Connection, ConnectionContext, Connector } from '../contract.ts';
import { limitsOf, watchOf } from '../fhir-server.ts';
import type { Learnable } from '../learn/learnable.ts';
import { membersOf } from '../learn/members.ts';
import { createWalk } from '../learn/walk.ts';
import { appointment, findAppointment, readAppointment } from './appointment/index.ts';
import { learnable as learnAppointment } from './appointment/learn.ts';
import { check } from './check.ts';
import { type EpicConfig, epicFields, parseEpic } from './config.ts';
import { documentReference, findDocument, readDocument } from './document-reference/index.ts';
import { learnable as learnDocumentReference } from './document-reference/learn.ts';
import { encounter, findEncounter, readEncounter } from './encounter/index.ts';
import { learnable as learnEncounter } from './encounter/learn.ts';
import { epicFailure } from './failures.ts';
import { Findings } from './findings.ts';
import type { Lookup } from './lookup.ts';
import { findObservation, observation, readObservation } from './observation/index.ts';
import { learnable as learnObservation } from './observation/learn.ts';
import { observe } from './observe.ts';
import { findPatient, patient, readPatient, resolvePatient } from './patient/index.ts';
import { learnable as learnPatient } from './patient/learn.ts';
import { openSession } from './session.ts';
import { writing } from './writing.ts';

export type { EpicConfig } from './config.ts';
export { epicFailures } from './failures.ts';

const resources: readonly ResourceSpec[] = [patient, appointment, encounter, observation, documentReference];
const capabilities: readonly Capability[] = resources.flatMap((resource) => resource.capabilities);

const actions: Readonly<Record<string, (args: Json, lookup: Lookup) => Promise<Json>>> = {
  'patient.find': findPatient,
  'patient.read': readPatient,
  'appointment.find': findAppointment,
  'appointment.read': readAppointment,
  'encounter.find': findEncounter,
  'encounter.read': readEncounter,
  'observation.find': findObservation,
  'observation.read': readObservation,
  'documentReference.find': findDocument,
  'documentReference.read': readDocument,
};

function open(config: EpicConfig, context: ConnectionContext): Connection {
  const session = openSession(config, context, watchOf(context));
  const { client } = session;
  // Made and published from the start: Epic may keep an empty key set for hours. What is wrong with it, signing in says.
  const { auth } = config;
  if (auth.client === 'key') context.secrets.signingKey(auth.key, auth.algorithm).catch(() => undefined);
  const walks = walksOf(config, client, context);
  const bulkHttp = createHttp(context.clock, limitsOf(config));
  const bulk = createBulkLearner({
    http: bulkHttp,
    random: systemRandom,
    fhirBase: config.fhirBase,
    token: (signal) => session.tokens.get(signal),
    refused: (token) => session.tokens.invalidate(token),
    watch: watchOf(context),
    context,
    learnables,
    // 59159: an export of patients alone is refused.
    neverAlone: { Patient: 'Encounter' },
  });

  const web = openWebServices(context.clock);

  return {
    ...(session.signIn === undefined ? {} : { signIn: session.signIn }),
    test: (signal) => check(config, context, signal),
    observe: (signal) => observe(config, context, signal),
    learns: resources.map(({ resource }) => ({ resource, methods: ['poll', 'feed wakes read', 'bulk'] })),
    async learn(request) {
      const walk = walks.get(request.resource);
      if (walk === undefined) throw epicFailure('EPIC_NOT_LEARNT');
      if (request.settings.method === 'bulk') return bulk.learn(request);
      return walk(request);
    },
    members: (list, signal) => membersOf(client, list, signal),
    async call(call: Call, about: CallContext): Promise<Json> {
      const { signal, reads } = about;
      const write = writing.get(call.do);
      if (write !== undefined)
        return write(call.args, { client, stu3: session.stu3, web, config, context, about });
      const action = Object.hasOwn(actions, call.do) ? actions[call.do] : undefined;
      if (action === undefined) {
        throw epicFailure('EPIC_CAPABILITY_UNKNOWN', {
          message: `The Epic connector cannot do "${call.do}"; it can do ${[...Object.keys(actions), ...writing.keys()].join(', ')}.`,
        });
      }
      // Whoever only looks sees what the run has seen; whoever looks before writing must see what is there now.
      const looks = reads !== undefined && /\.(find|read)$/.test(call.do);
      const asked = looks ? rememberingReads(client, reads) : client;
      return action(call.args, { client: asked, config, context, signal });
    },
    async close() {
      await bulkHttp.close();
      await web.close();
      await session.close();
    },
  };
}

const learnables: readonly Learnable[] = [
  learnPatient,
  learnAppointment,
  learnEncounter,
  learnObservation,
  learnDocumentReference,
];

function walksOf(config: EpicConfig, client: FhirClient, context: ConnectionContext) {
  const mrnSystem = config.mrnSystem ?? context.identifiers.mrn;
  const ids = config.csnSystem === undefined ? {} : { csn: config.csnSystem };
  return new Map(
    learnables.map((learnable) => [
      learnable.resource,
      createWalk({
        client,
        context: { ...context, identifiers: { ...context.identifiers, ...ids } },
        learnable,
        findings: () => new Findings(),
        async resolve(entry, signal, findings) {
          const found = await resolvePatient(entry, mrnSystem, client, signal, findings as Findings);
          if (found.kind === 'found') return found.id;
          (findings as Findings).note(found.kind);
          return undefined;
        },
      }),
    ]),
  );
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
 * // learn:
 * //   Appointment: { method: poll, from: epic, every: 30s }
 */
export const epic: Connector<EpicConfig> = {
  name: 'epic',
  about:
    'Epic by FHIR R4 as a backend service: finds, reads, makes and changes records, and learns their changes.',
  fields: epicFields,
  parse: parseEpic,
  open,
  capabilities,
  resources,
};
