import { day } from '../world/calendar.ts';
import type { Change, ChangeKind } from '../world/change.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Visit } from '../world/records.ts';
import { adt, mergeMessage, unlinkMessage } from './adt.ts';
import type { Habits } from './habits.ts';
import { mdm } from './mdm.ts';
import { oru } from './oru.ts';
import type { Envelope, MessageType } from './shared-segments.ts';
import { siu } from './siu.ts';

/** A message about a change, written when it is known under which control id it goes out. */
export interface Draft {
  readonly type: MessageType;
  readonly trigger: string;
  readonly write: (controlId: string) => string;
}

/** A message before its control id. */
interface Planned {
  readonly type: MessageType;
  readonly trigger: string;
  /** EVN-4: Epic's own name for the event. */
  readonly mnemonic: string;
  /** The visit that the message is about, when it is not the one of the change. */
  readonly visit?: Visit | undefined;
}

const registration = 'REG_UPDATE';
const movement = 'ADT_EVENT';
const endOfDay = 'APPT_EOD_COMPLETE';
const fanOut = 'REG_UPDATE_SEND_VISIT_MESSAGES_ON_PATIENT_CHANGES';
/** Visits that ended within this time are still of interest when something about the person changes. */
const interestDays = 30;

const one: Partial<Record<ChangeKind, Planned>> = {
  'patient-registered': { type: 'ADT', trigger: 'A28', mnemonic: registration },
  'patient-deleted': { type: 'ADT', trigger: 'A29', mnemonic: registration },
  'patients-unlinked': { type: 'ADT', trigger: 'A37', mnemonic: registration },
  'visit-admitted': { type: 'ADT', trigger: 'A01', mnemonic: movement },
  'visit-registered': { type: 'ADT', trigger: 'A04', mnemonic: registration },
  'visit-transferred': { type: 'ADT', trigger: 'A02', mnemonic: movement },
  'visit-updated': { type: 'ADT', trigger: 'A08', mnemonic: registration },
  'admission-cancelled': { type: 'ADT', trigger: 'A11', mnemonic: movement },
  'discharge-cancelled': { type: 'ADT', trigger: 'A13', mnemonic: movement },
  'appointment-booked': { type: 'SIU', trigger: 'S12', mnemonic: 'SCH_NEW' },
  'appointment-rescheduled': { type: 'SIU', trigger: 'S13', mnemonic: 'SCH_RESCHEDULE' },
  'appointment-modified': { type: 'SIU', trigger: 'S14', mnemonic: 'SCH_MODIFY' },
  'appointment-cancelled': { type: 'SIU', trigger: 'S15', mnemonic: 'SCH_CANCEL' },
  'appointment-missed': { type: 'SIU', trigger: 'S26', mnemonic: 'SCH_NOSHOW' },
  'result-filed': { type: 'ORU', trigger: 'R01', mnemonic: '' },
  'note-filed': { type: 'MDM', trigger: 'T02', mnemonic: 'NOTE_FILED' },
  'note-addended': { type: 'MDM', trigger: 'T08', mnemonic: 'NOTE_ADDENDED' },
  'note-withdrawn': { type: 'MDM', trigger: 'T11', mnemonic: 'NOTE_WITHDRAWN' },
};

/** What this site sends about a change; nothing for what it does not announce. */
export function messagesAbout(change: Change, hospital: Hospital, habits: Habits): Draft[] {
  return planned(change, hospital, habits)
    .filter(({ type, trigger }) => isSent(habits, type, trigger))
    .map((plan) => ({
      type: plan.type,
      trigger: plan.trigger,
      write: (controlId) =>
        written(
          change,
          hospital,
          {
            controlId,
            type: plan.type,
            trigger: plan.trigger,
            mnemonic: plan.mnemonic,
            at: change.act.at,
            user: change.act.user,
            facility: hospital.facility,
            timeZone: hospital.timeZone,
            habits,
          },
          plan.visit ?? change.visit,
        ),
    }));
}

function isSent({ triggers }: Habits, type: MessageType, trigger: string): boolean {
  return triggers === 'all' || triggers.includes(type) || triggers.includes(`${type}^${trigger}`);
}

function planned(change: Change, hospital: Hospital, habits: Habits): Planned[] {
  const { kind, patient, observations, note, visit } = change;
  switch (kind) {
    case 'patient-updated':
    case 'allergy-added':
      return demographic(change, hospital, habits);
    case 'patients-merged':
      return [{ type: 'ADT', trigger: habits.merges, mnemonic: registration }];
    case 'visit-discharged': {
      const mnemonic = visit?.kind === 'clinic' ? endOfDay : movement;
      const plan = { type: 'ADT', trigger: 'A03', mnemonic } as const;
      // Epic sends a second A03 under another mnemonic unless the interface filters it.
      const again = { ...plan, mnemonic: mnemonic === endOfDay ? movement : endOfDay };
      return habits.discharges === 'all' ? [plan, again] : [plan];
    }
    case 'observations-filed':
    case 'observation-updated': {
      const flowsheet = observations?.[0]?.measure.category !== 'laboratory';
      if (flowsheet && !habits.flowsheets) return [];
      return [{ type: 'ORU', trigger: 'R01', mnemonic: '' }];
    }
    case 'note-updated': {
      const trigger = note?.status === 'final' ? 'T04' : 'T08';
      return [{ type: 'MDM', trigger, mnemonic: 'NOTE_UPDATED' }];
    }
    default: {
      const plan = one[kind];
      if (!plan) return [];
      const open = plan.trigger === 'A28' ? undefined : hospital.stays.openVisitOf(patient.number);
      return [plan.type === 'ADT' && !visit ? { ...plan, visit: open } : plan];
    }
  }
}

/** Something about a person changed: A08 or A31, and at some sites one A08 for each visit of interest. */
function demographic({ patient, act }: Change, hospital: Hospital, habits: Habits): Planned[] {
  const visit = hospital.stays.openVisitOf(patient.number);
  const plans: Planned[] = [];
  if (habits.demographics !== 'A31')
    plans.push({ type: 'ADT', trigger: 'A08', mnemonic: registration, visit });
  if (habits.demographics !== 'A08') plans.push({ type: 'ADT', trigger: 'A31', mnemonic: registration });
  if (!habits.visitFanOut) return plans;
  const ofInterest = hospital
    .chart('Encounter', patient)
    .filter((each) => each.status !== 'cancelled' && (each.endedAt ?? act.at) > act.at - interestDays * day);
  return [
    ...plans,
    ...ofInterest.map((each) => ({ type: 'ADT' as const, trigger: 'A08', mnemonic: fanOut, visit: each })),
  ];
}

function written(change: Change, hospital: Hospital, envelope: Envelope, visit: Visit | undefined): string {
  const { patient, otherPatient, appointment, observations, order, note, reason } = change;
  switch (envelope.type) {
    case 'SIU':
      if (!appointment) throw new Error(`${change.kind} tells of no appointment`);
      return siu(envelope, patient, appointment, reason);
    case 'ORU':
      return oru(envelope, patient, visit, order, observations ?? []);
    case 'MDM':
      if (!note) throw new Error(`${change.kind} tells of no note`);
      return mdm(envelope, patient, visit, note);
    case 'ADT': {
      if (change.kind === 'patients-merged' && otherPatient) {
        return mergeMessage(envelope, patient, otherPatient);
      }
      if (change.kind === 'patients-unlinked' && otherPatient) {
        return unlinkMessage(envelope, patient, otherPatient);
      }
      const before = change.kind === 'visit-transferred' ? visit?.stays.at(-2) : undefined;
      const arriving = ['A01', 'A04', 'A28', 'A31'].includes(envelope.trigger);
      const told = arriving || change.kind === 'allergy-added';
      return adt(envelope, patient, {
        visit,
        before,
        ...(told
          ? {
              allergies: hospital
                .chart('AllergyIntolerance', patient)
                .filter(({ verification }) => verification !== 'entered-in-error'),
            }
          : {}),
        ...(arriving ? { coverages: hospital.chart('Coverage', patient) } : {}),
      });
    }
  }
}
