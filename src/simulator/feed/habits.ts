import type { VisitKind } from '../world/records.ts';

/** How an identifier of a patient is written in PID-3: component 4 and component 5, both named by the site. */
export interface IdentifierHabit {
  readonly assigner: string;
  readonly type: string;
}

/** What differs from site to site in the HL7 a hospital sends. */
export interface Habits {
  /** MSH-12. At 2.3 sites MSH-9 has no third component. */
  readonly version: '2.3' | '2.4' | '2.5' | '2.5.1';
  /** MSH-3; scheduling messages may carry a name of their own. */
  readonly sendingApplication: string;
  readonly schedulingApplication: string;
  /** MSH-4; empty: the code of the facility. */
  readonly sendingFacility: string;
  /** MSH-5 and MSH-6: whom the interface is for. */
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  /** MSH-11: T in a test environment, P in production. */
  readonly processing: 'T' | 'P' | 'D';
  /** Whether ZPD and ZPV, Epic's own segments, are sent; where ZPD stands. */
  readonly zSegments: boolean;
  readonly zpdAfter: 'PID' | 'NTE';
  /** Further Z segments, each a whole line without separator at its end, after the last segment of ADT. */
  readonly furtherSegments: readonly string[];
  /** PID-3, in this order. An identifier that is left out is not sent. */
  readonly identifiers: {
    readonly mrn?: IdentifierHabit;
    readonly external?: IdentifierHabit;
    readonly epic?: IdentifierHabit;
  };
  /** Whether the MRN stands in PID-2 as well. */
  readonly mrnInPid2: boolean;
  /** PID-18: the hospital account (HAR), the contact serial number, or nothing. */
  readonly accountIs: 'har' | 'csn' | 'empty';
  /** Letters before the contact serial number in PV1-19. */
  readonly csnPrefix: string;
  /** PV1-2. */
  readonly patientClasses: Readonly<Record<VisitKind, string>>;
  /** EVN-4, by trigger, where the site has names of its own. */
  readonly mnemonics: Readonly<Record<string, string>>;
  /** The messages this site sends at all, `ADT^A01` or `SIU` for all of a kind; `all` when nothing is left out. */
  readonly triggers: 'all' | readonly string[];
  /** What announces that something about a person has changed. */
  readonly demographics: 'A08' | 'A31' | 'A08 and A31';
  /** Whether such a change also goes out as one A08 for each visit of interest. */
  readonly visitFanOut: boolean;
  /** What announces a merge. */
  readonly merges: 'A40' | 'A18';
  /** A check-out or discharge is sent once, or again under another mnemonic at the end of the day's work. */
  readonly discharges: 'first' | 'all';
  /** Whether vital signs go out as ORU R01; a blood pressure as two rows, or as one text `120/80`. */
  readonly flowsheets: boolean;
  readonly bloodPressure: 'two rows' | 'one text';
  /** Whether ADT carries OBX rows of site items. */
  readonly siteItems: boolean;
  /** Whether segments end in many empty fields, as Epic's samples do. */
  readonly trailingFields: boolean;
}

/** The habits of a non-production Epic with a recent interface. */
export const usualHabits: Habits = {
  version: '2.5.1',
  sendingApplication: 'EPIC',
  schedulingApplication: 'EPIC',
  sendingFacility: '',
  receivingApplication: 'CAREAPP',
  receivingFacility: 'CAREAPP',
  processing: 'T',
  zSegments: true,
  zpdAfter: 'PID',
  furtherSegments: [],
  identifiers: {
    mrn: { assigner: 'EPI', type: 'MR' },
    external: { assigner: 'EXTERNAL', type: 'EXTID' },
    epic: { assigner: 'EPIC', type: 'EPICID' },
  },
  mrnInPid2: false,
  accountIs: 'har',
  csnPrefix: '',
  patientClasses: { inpatient: 'INPATIENT', emergency: 'EMERGENCY', clinic: 'OUTPATIENT' },
  mnemonics: {},
  triggers: 'all',
  demographics: 'A08',
  visitFanOut: false,
  merges: 'A40',
  discharges: 'first',
  flowsheets: true,
  bloodPressure: 'two rows',
  siteItems: false,
  trailingFields: true,
};

/** A site with an old interface: version 2.3, its own names for everything, A31 and A18, letters before numbers. */
export const oldHabits: Partial<Habits> = {
  version: '2.3',
  schedulingApplication: 'SCHED',
  processing: 'P',
  identifiers: { mrn: { assigner: 'MRN', type: 'MRN' }, epic: { assigner: 'EPIC', type: 'MRN' } },
  mrnInPid2: true,
  accountIs: 'csn',
  csnPrefix: 'V',
  patientClasses: { inpatient: 'I', emergency: 'E', clinic: 'OP' },
  demographics: 'A31',
  merges: 'A18',
  discharges: 'all',
  zpdAfter: 'NTE',
  flowsheets: false,
  trailingFields: false,
};
