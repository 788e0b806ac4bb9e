/**
 * The one door: everything that enters becomes a message row with its planned deliveries in one
 * transaction, and only what the store has committed is answered.
 */
import { hash } from 'node:crypto';
import { filePatient, type Inbound, type Learned, type Verdict } from '../connectors/index.ts';
import { laneNames, matches, runsAt } from '../flow/index.ts';
import { repeatsOf, type SiteRecord } from '../site/index.ts';
import { asFailure, type Clock } from '../std/index.ts';
import type { LaneAlias, NewDelivery, NewMessage, RosterChange, Store } from '../store/index.ts';
import type { RunningFlow } from './control.ts';
import { concernsTwo, laneAliases, type Merge, mergeOf, rosterAfter } from './merge.ts';
import {
  type KeyedHash,
  type KnownPatient,
  mrnPath,
  patientKey,
  patientOf,
  personKeyFrom,
  rememberingHash,
} from './patient.ts';
import { sleepKeys } from './sleep-keys.ts';

export interface IntakeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly site: SiteRecord;
  readonly connection: string;
  readonly flows: readonly RunningFlow[];
  readonly keyedHash: KeyedHash;
  /** Told how many deliveries a commit has planned, and whether it may have woken some; wakes the dispatcher. */
  readonly planned: (deliveries: number, woke?: boolean) => void;
}

/** A message that arrives, with what stands or falls with it. */
export interface Arrival {
  readonly message: NewMessage;
  readonly roster: readonly RosterChange[];
  readonly aliases?: readonly LaneAlias[];
}

export interface Intake {
  /** What the append of one thing holds, for those who append several at once. */
  arrival(inbound: Inbound, at: number): Arrival;
  /** Keeps one thing and answers it. Never throws. */
  receive(inbound: Inbound): Promise<void>;
  /** The message that a learnt record becomes; the poller commits it with its cursor. */
  learned(record: Learned, at: number, door: 'poll' | 'feed' | 'bulk'): NewMessage;
  /** The message that an edited copy becomes: never a repeat, marked, planned like one that arrives. */
  edited(copy: Pick<Inbound, 'format' | 'type' | 'key' | 'bytes'>, at: number): NewMessage;
}

/** Message types whose flows are at hand; senders may invent types without end. */
const HELD_TYPES = 1_000;

type Arriving = Pick<NewMessage, 'format' | 'type' | 'door'>;

/** Whom a message is about: one patient, or the two of a merge; and the person, by whom people search. */
interface About {
  readonly merge: Merge | null;
  readonly patient: KnownPatient | null;
  readonly patients: readonly string[];
  readonly person: string | null;
}

const NOBODY: About = { merge: null, patient: null, patients: [], person: null };

export function createIntake(options: IntakeOptions): Intake {
  const { store, clock, site, connection, keyedHash } = options;
  const flows = options.flows.filter(({ flow }) => runsAt(flow, site));
  const path = mrnPath(site);
  const keyOf = rememberingHash((value) =>
    patientKey(keyedHash, site.site, site.identifiers.mrn.system, value),
  );
  const personKeyOf = rememberingHash((written) => personKeyFrom(keyedHash, site.site, written));
  const { window, ignoreTime } = repeatsOf(site, connection);
  const laneKey = rememberingHash((name) => keyedHash('lane', name));
  const place = { site: site.site, connection };
  const keysOf = sleepKeys(
    flows.map(({ flow }) => flow),
    place,
    laneKey,
  );
  const fillsRoster = site.roster.from.includes(connection);

  const wanting = new Map<string, readonly RunningFlow[]>();
  /** The flows that such a message starts, looked up once for each type. */
  function wantedBy({ format, type, door }: Arriving): readonly RunningFlow[] {
    const key = `${format} ${door === 'bulk' ? door : ''} ${type}`;
    let wanted = wanting.get(key);
    if (wanted === undefined) {
      wanted = flows.filter(({ flow }) =>
        matches(flow.trigger, { format, type, connection, door }, flow.name),
      );
      if (wanting.size >= HELD_TYPES) wanting.clear();
      wanting.set(key, wanted);
    }
    return wanted;
  }

  function plan(message: Arriving, patients: readonly string[]): NewDelivery[] {
    const planned: NewDelivery[] = [];
    for (const { flow, version } of wantedBy(message)) {
      const lanes = laneNames({ flow: flow.name, order: flow.order, site: site.site, connection, patients });
      planned.push({
        flow: flow.name,
        flowVersion: version,
        lanes: lanes.map(laneKey),
      });
    }
    return planned;
  }

  function kept(inbound: Inbound, at: number, whom: About): NewMessage {
    // Lanes go by the medical record number alone; the person is for search.
    const { patients, person } = whom;
    const refused = inbound.refused !== undefined;
    return {
      door: inbound.door,
      format: inbound.format,
      type: inbound.type,
      controlId: inbound.key,
      receivedAt: at,
      state: refused ? 'rejected' : 'accepted',
      reason: inbound.refused ?? null,
      flags: whom.merge?.unread ? [...(inbound.flags ?? []), 'merge-unread'] : (inbound.flags ?? []),
      bytes: inbound.bytes,
      patients: person === null ? patients : [...patients, person],
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
      ...(refused ? {} : keysOf(inbound.type, patients)),
      deliveries: refused ? [] : plan(inbound, patients),
    };
  }

  /** Whom a message is about: one patient, or the two of a merge. */
  function about(inbound: Inbound): About {
    if (inbound.refused !== undefined) return NOBODY;
    if (inbound.format !== 'hl7') {
      if (inbound.patient === undefined) return NOBODY;
      const { system } = site.identifiers.mrn;
      const patient = { key: keyOf(inbound.patient), person: null, system, value: inbound.patient };
      return { ...NOBODY, patient, patients: [patient.key] };
    }
    const first = patientOf(keyOf, personKeyOf, site, path, inbound.bytes);
    const person = first?.person ?? null;
    if (!concernsTwo(inbound.type))
      return { merge: null, patient: first, patients: first ? [first.key] : [], person };
    const merge = mergeOf(inbound.type, inbound.bytes, site, keyOf);
    return { merge, patient: null, patients: merge.patients.map(({ key }) => key), person };
  }

  /** What an append of it holds. */
  function arrival(inbound: Inbound, at: number): Arrival {
    const whom = about(inbound);
    const { merge, patient } = whom;
    const message = kept(inbound, at, whom);
    const roster: readonly RosterChange[] =
      merge && fillsRoster
        ? rosterAfter(merge, at)
        : patient && fillsRoster
          ? [
              {
                key: patient.key,
                identifiers: [{ system: patient.system, value: patient.value }],
                activeAt: at,
              },
            ]
          : [];
    const aliases =
      merge &&
      laneAliases(
        merge,
        flows.map(({ flow }) => flow),
        place,
        laneKey,
      );
    return { message, roster, ...(aliases ? { aliases } : {}) };
  }

  return {
    arrival,

    async receive(inbound) {
      let verdict: Verdict;
      try {
        const { message, roster, aliases } = arrival(inbound, clock.now());
        const [appended] = await store.append({
          ...place,
          messages: [message],
          roster,
          ...(aliases ? { aliases } : {}),
        });
        if (appended === undefined) throw new Error('the store answered an append of one message with none');
        if (appended.kind === 'duplicate') {
          verdict = { kind: 'duplicate', messageId: appended.messageId, receivedAt: appended.receivedAt };
        } else {
          const { messageId, receivedAt } = appended;
          verdict =
            message.state === 'accepted'
              ? { kind: 'accepted', messageId, receivedAt }
              : { kind: 'rejected', messageId, receivedAt, reason: message.reason ?? 'refused' };
          options.planned(message.deliveries.length, message.wakes !== undefined);
        }
      } catch (error) {
        verdict = { kind: 'not kept', failure: asFailure(error, { site: site.site, connection }) };
      }
      inbound.reply(verdict);
    },

    edited(copy, at) {
      const patient =
        copy.format === 'hl7' ? undefined : filePatient(site.connections[connection], copy.bytes);
      const inbound: Inbound = {
        ...{ ...copy, door: 'replay', flags: ['replayed'], reply: () => undefined },
        ...(patient === undefined ? {} : { patient }),
      };
      const { dedupe: _, ...message } = kept(inbound, at, about(inbound));
      return message;
    },

    learned(record, at, door) {
      const type = `${record.resource}.${record.change}`;
      const patients = record.patient === undefined ? [] : [record.patient];
      return {
        door,
        format: 'fhir',
        type,
        controlId: identityKey(keyedHash, site.site, record.resource, record.identity).slice(0, 12),
        receivedAt: at,
        state: 'accepted',
        reason: null,
        flags: [],
        bytes: record.bytes,
        patients,
        ...(record.parent === undefined ? {} : { parent: record.parent }),
        ...keysOf(type, patients),
        deliveries: plan({ format: 'fhir', type, door }, patients),
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
