/**
 * The one door: everything that enters becomes a message row with its planned deliveries in one
 * transaction, and only what the store has committed is answered.
 */
import { hash } from 'node:crypto';
import type { Inbound, Learned, Verdict } from '../connectors/index.ts';
import { laneNames, matches } from '../flow/index.ts';
import { repeatsOf, type SiteRecord } from '../site/index.ts';
import { asFailure, type Clock } from '../std/index.ts';
import type { NewDelivery, NewMessage, RosterChange, Store } from '../store/index.ts';
import type { RunningFlow } from './control.ts';
import {
  type KeyedHash,
  type KnownPatient,
  mrnPath,
  patientKey,
  patientOf,
  personKeyFrom,
  rememberingHash,
} from './patient.ts';

export interface IntakeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly site: SiteRecord;
  readonly connection: string;
  readonly flows: readonly RunningFlow[];
  readonly keyedHash: KeyedHash;
  /** Told how many deliveries a commit has planned; wakes the dispatcher. */
  readonly planned: (deliveries: number) => void;
}

export interface Intake {
  /** Keeps one thing and answers it. Never throws. */
  receive(inbound: Inbound): Promise<void>;
  /** The message that a learnt record becomes; the poller commits it with its cursor. */
  learned(record: Learned, at: number): NewMessage;
}

export function createIntake(options: IntakeOptions): Intake {
  const { store, clock, site, connection, keyedHash } = options;
  const flows = options.flows.filter(({ flow }) => flow.sites === 'all' || flow.sites.includes(site.site));
  const path = mrnPath(site);
  const keyOf = rememberingHash((value) =>
    patientKey(keyedHash, site.site, site.identifiers.mrn.system, value),
  );
  const personKeyOf = rememberingHash((written) => personKeyFrom(keyedHash, site.site, written));
  const { window, ignoreTime } = repeatsOf(site, connection);
  const laneKey = rememberingHash((name) => keyedHash('lane', name));
  const fillsRoster = site.roster.from.includes(connection);

  function plan(format: NewMessage['format'], type: string, patients: readonly string[]): NewDelivery[] {
    const planned: NewDelivery[] = [];
    for (const { flow, version } of flows) {
      if (!matches(flow.trigger, { format, type, connection })) continue;
      const lanes = laneNames({ flow: flow.name, order: flow.order, site: site.site, connection, patients });
      planned.push({
        flow: flow.name,
        flowVersion: version,
        lanes: lanes.map(laneKey),
      });
    }
    return planned;
  }

  function kept(inbound: Inbound, at: number, patient: KnownPatient | null): NewMessage {
    // Lanes go by the medical record number alone; the person is for search.
    const patients = patient ? [patient.key] : [];
    const refused = inbound.refused !== undefined;
    return {
      door: inbound.door,
      format: inbound.format,
      type: inbound.type,
      controlId: inbound.key,
      receivedAt: at,
      state: refused ? 'rejected' : 'accepted',
      reason: inbound.refused ?? null,
      flags: inbound.flags ?? [],
      bytes: inbound.bytes,
      patients: patient?.person ? [patient.key, patient.person] : patients,
      // A refused message that is sent again is judged afresh; only what was accepted can be repeated.
      ...(refused || inbound.key === null
        ? {}
        : {
            dedupe: {
              sender: inbound.sender ?? '',
              id: inbound.key,
              hash: hash('sha256', inbound.bytes, 'base64url'),
              since: at - window,
              ...(ignoreTime ? { ignoreTime } : {}),
            },
          }),
      deliveries: refused ? [] : plan(inbound.format, inbound.type, patients),
    };
  }

  return {
    async receive(inbound) {
      let verdict: Verdict;
      try {
        const at = clock.now();
        const patient =
          inbound.format === 'hl7' && inbound.refused === undefined
            ? patientOf(keyOf, personKeyOf, site, path, inbound.bytes)
            : null;
        const message = kept(inbound, at, patient);
        const roster: RosterChange[] =
          patient && fillsRoster
            ? [
                {
                  key: patient.key,
                  identifiers: [{ system: patient.system, value: patient.value }],
                  activeAt: at,
                },
              ]
            : [];
        const [appended] = await store.append({ site: site.site, connection, messages: [message], roster });
        if (appended === undefined) throw new Error('the store answered an append of one message with none');
        if (appended.kind === 'duplicate') {
          verdict = { kind: 'duplicate', messageId: appended.messageId, receivedAt: appended.receivedAt };
        } else {
          const { messageId, receivedAt } = appended;
          verdict =
            message.state === 'accepted'
              ? { kind: 'accepted', messageId, receivedAt }
              : { kind: 'rejected', messageId, receivedAt, reason: message.reason ?? 'refused' };
          options.planned(message.deliveries.length);
        }
      } catch (error) {
        verdict = { kind: 'not kept', failure: asFailure(error, { site: site.site, connection }) };
      }
      inbound.reply(verdict);
    },

    learned(record, at) {
      const type = `${record.resource}.${record.change}`;
      const patients = record.patient === undefined ? [] : [record.patient];
      return {
        door: 'poll',
        format: 'fhir',
        type,
        controlId: identityKey(keyedHash, site.site, record.resource, record.identity).slice(0, 12),
        receivedAt: at,
        state: 'accepted',
        reason: null,
        flags: [],
        bytes: record.bytes,
        patients,
        deliveries: plan('fhir', type, patients),
      };
    },
  };
}

/**
 * Visit numbers and note ids point at patients, so what has been seen is indexed by keyed hash, too. Its
 * first 12 characters serve as the message's id for people: all versions of one appointment share it.
 */
export function identityKey(keyedHash: KeyedHash, site: string, resource: string, identity: string): string {
  return keyedHash('identity', site, resource, identity);
}
