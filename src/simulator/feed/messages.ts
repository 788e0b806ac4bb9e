import type { Change, ChangeKind } from '../world/change.ts';
import type { Hospital } from '../world/hospital.ts';
import { adt } from './adt.ts';
import type { Habits } from './habits.ts';
import type { Envelope, MessageType } from './shared-segments.ts';
import { siu } from './siu.ts';

/** A message about a change, written when it is known under which control id it goes out. */
export interface Draft {
  readonly type: MessageType;
  readonly trigger: string;
  readonly write: (controlId: string) => string;
}

interface Kind {
  readonly type: MessageType;
  readonly trigger: string;
  /** EVN-4: Epic's own name for the event. */
  readonly mnemonic: string;
}

const kinds: Partial<Record<ChangeKind, Kind>> = {
  'visit-admitted': { type: 'ADT', trigger: 'A01', mnemonic: 'ADT_EVENT' },
  'visit-registered': { type: 'ADT', trigger: 'A04', mnemonic: 'REG_UPDATE' },
  'visit-discharged': { type: 'ADT', trigger: 'A03', mnemonic: 'ADT_EVENT' },
  'patient-updated': { type: 'ADT', trigger: 'A08', mnemonic: 'REG_UPDATE' },
  'appointment-booked': { type: 'SIU', trigger: 'S12', mnemonic: 'SCH_NEW' },
  'appointment-rescheduled': { type: 'SIU', trigger: 'S13', mnemonic: 'SCH_RESCHEDULE' },
  'appointment-cancelled': { type: 'SIU', trigger: 'S15', mnemonic: 'SCH_CANCEL' },
  'appointment-missed': { type: 'SIU', trigger: 'S26', mnemonic: 'SCH_NOSHOW' },
};

/** What this site sends about a change; nothing for what it does not announce. */
export function messagesAbout(change: Change, hospital: Hospital, habits: Habits): Draft[] {
  const kind = kinds[change.kind];
  if (!kind) return [];
  const write = (controlId: string) => {
    const envelope: Envelope = {
      controlId,
      ...kind,
      at: change.act.at,
      user: change.act.user,
      facility: hospital.facility,
      timeZone: hospital.timeZone,
      habits,
    };
    const { patient, appointment, reason } = change;
    if (kind.type === 'SIU' && appointment) return siu(envelope, patient, appointment, reason);
    const visit = change.visit ?? hospital.stays.openVisitOf(patient.number);
    return adt(envelope, patient, visit);
  };
  return [{ ...kind, write }];
}
