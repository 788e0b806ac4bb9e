import {
  buildMessage,
  charsetNamed,
  type Delimiters,
  defaultDelimiters,
  type FieldContent,
  type Message,
  parse,
} from '../../../hl7/index.ts';
import { document } from './document.ts';
import { type Given, type GivenResources, GivenSet } from './given.ts';
import { obx } from './observation.ts';
import { nk1, pid } from './patient.ts';
import { results } from './result.ts';
import { schedule } from './schedule.ts';
import { siteTime } from './time.ts';
import { noVisit, pv1 } from './visit.ts';
import {
  note,
  type SegmentFields,
  segment,
  type Writing,
  type WritingFinding,
  type WritingLookup,
  writable,
} from './writing.ts';

/** What each event is made of, and the message structure of MSH-9.3. */
const events = {
  'SIU^S12': { structure: 'SIU_S12', needs: 'Appointment' },
  'SIU^S13': { structure: 'SIU_S12', needs: 'Appointment' },
  'SIU^S14': { structure: 'SIU_S12', needs: 'Appointment' },
  'SIU^S15': { structure: 'SIU_S12', needs: 'Appointment' },
  'SIU^S17': { structure: 'SIU_S12', needs: 'Appointment' },
  'SIU^S26': { structure: 'SIU_S12', needs: 'Appointment' },
  'ADT^A04': { structure: 'ADT_A01', needs: 'Patient' },
  'ADT^A08': { structure: 'ADT_A01', needs: 'Patient' },
  'ADT^A31': { structure: 'ADT_A05', needs: 'Patient' },
  'ORU^R01': { structure: 'ORU_R01', needs: 'Observation' },
  'MDM^T02': { structure: 'MDM_T02', needs: 'DocumentReference' },
  'MDM^T04': { structure: 'MDM_T02', needs: 'DocumentReference' },
  'MDM^T08': { structure: 'MDM_T02', needs: 'DocumentReference' },
} as const;

/** The events that can be written. */
export type WritingEvent = keyof typeof events;

export const writingEvents = Object.keys(events) as readonly WritingEvent[];

const versions = {
  '2.3': 2.3,
  '2.3.1': 2.31,
  '2.4': 2.4,
  '2.5': 2.5,
  '2.5.1': 2.51,
  '2.6': 2.6,
  '2.7': 2.7,
  '2.7.1': 2.71,
  '2.8': 2.8,
};

export interface WritingOptions {
  readonly event: WritingEvent;
  /** MSH-10: unique among the messages of this sender. */
  readonly controlId: string;
  /** When the message is made, for MSH-7 and EVN-2: an ISO 8601 time with offset, or a Date. */
  readonly time: string | Date;
  /** IANA zone of the site: all times of the message are local to it. */
  readonly timeZone: string;
  readonly sendingApplication?: string;
  readonly sendingFacility?: string;
  readonly receivingApplication?: string;
  readonly receivingFacility?: string;
  /** MSH-8, EVN-5 and SCH-20: the user in whose name it is sent. */
  readonly user?: string;
  /** MSH-11: `P` (the default), `T` or `D`. A site refuses a message of another environment. */
  readonly processingId?: 'P' | 'T' | 'D';
  /** MSH-12; 2.5.1 when left out. */
  readonly version?: keyof typeof versions;
  /** The site's reason for the event: EVN-4, and SCH-6 where FHIR gives no reason. */
  readonly eventReason?: string;
  /** MSH-18, as HL7 table 0211 names it; `UNICODE UTF-8` when left out. */
  readonly charset?: string;
  readonly delimiters?: Delimiters;
  /** What the site calls identifier systems and codes. */
  readonly lookup?: WritingLookup;
}

/** The message, and what it does not say. */
export interface FhirWriting {
  readonly message: Message;
  /** In the order of the message; no `error` among them means that it can be sent. */
  readonly findings: readonly WritingFinding[];
}

/**
 * Writes FHIR R4 resources as one HL7 v2 message: SIU for an Appointment, ADT for a Patient and an Encounter, ORU for
 * Observations and DiagnosticReports, MDM for a DocumentReference, each with its patient and visit. It is the way to sites that take
 * no FHIR create. Every element of every resource is either in the message or named by a finding; never throws for content.
 *
 * @throws RangeError for an option that no message can have: an unknown event, version, character set or zone, a time that is none.
 * @example
 * const { message, findings } = fromFhir([patient, appointment], {
 *   event: 'SIU^S12', controlId: '4711', time: '2026-01-31T18:00:00Z', timeZone: 'America/Chicago',
 * });
 * if (!findings.some(({ severity }) => severity === 'error')) send(message.bytes());
 */
export function fromFhir(input: GivenResources, options: WritingOptions): FhirWriting {
  const { event, timeZone, delimiters = defaultDelimiters, version = '2.5.1' } = options;
  const kind = events[event];
  if (kind === undefined)
    throw new RangeError(`event ${JSON.stringify(event)}: known are ${writingEvents.join(', ')}`);
  const number = versions[version];
  if (number === undefined)
    throw new RangeError(`version ${JSON.stringify(version)}: known are ${Object.keys(versions).join(', ')}`);
  const charset = charsetNamed(options.charset ?? 'UNICODE UTF-8');
  if (charset === undefined)
    throw new RangeError(`charset ${JSON.stringify(options.charset)} is not one that can be written`);
  const set = new GivenSet(input);
  const [patient] = set.of('Patient');
  const [encounter] = set.of('Encounter');
  const writing: Writing = {
    set,
    patient,
    encounter,
    timeZone,
    version: number,
    delimiters,
    charset,
    lookup: options.lookup ?? {},
    findings: [],
  };
  const made = timeOf(options.time, timeZone);
  if (delimiters.repetition === undefined || delimiters.subcomponent === undefined)
    note(writing, {
      code: 'not-carried',
      severity: 'warning',
      path: 'options.delimiters',
      place: 'MSH-2',
      text: 'MSH-2 declares no repetition or subcomponent separator: of every list only the first is in the message.',
      fix: 'Give delimiters with all four encoding characters.',
    });
  const [type, trigger] = event.split('^') as [string, string];
  const segments = [
    header(writing, options, made, number < 2.31 ? [type, trigger] : [type, trigger, kind.structure]),
    ...body(writing, options, trigger, kind.needs, made),
  ];
  for (const { paths } of set.left())
    for (const path of paths)
      note(writing, {
        code: 'not-carried',
        // The code says it.
        severity: path.endsWith('.display') ? 'information' : 'warning',
        path,
        text: `${path} is not in the message: ${event} has no place for it here.`,
        fix: 'Send it on another way if the site needs it.',
      });
  for (const { type: unused, given } of set.unused())
    note(writing, {
      code: 'not-carried',
      severity: 'warning',
      path: given.path,
      text: `The ${unused} is not in the message: no segment of ${event} is made of it.`,
      fix: 'Send it on another way if the site needs it, or refer to it from a resource that is written.',
    });
  return { message: parse(buildMessage(segments, delimiters)), findings: writing.findings };
}

function timeOf(time: string | Date, timeZone: string): string {
  const text = typeof time === 'string' ? time : Number.isNaN(time.getTime()) ? '' : time.toISOString();
  const written = siteTime(text, timeZone);
  if (written === undefined || written.length < 12)
    throw new RangeError(
      'time: an ISO 8601 time with its time of day and offset is needed, such as 2026-01-31T18:00:00Z',
    );
  return written.replace(/\.\d+/, '');
}

function header(
  writing: Writing,
  options: WritingOptions,
  made: string,
  type: readonly string[],
): SegmentFields {
  const own = (name: 'controlId' | 'user' | `${'sending' | 'receiving'}${'Application' | 'Facility'}`) =>
    options[name] && writable(writing, options[name], `options.${name}`);
  const fields: readonly FieldContent[] = [
    own('sendingApplication'),
    own('sendingFacility'),
    own('receivingApplication'),
    own('receivingFacility'),
    made,
    own('user'),
    type,
    own('controlId'),
    options.processingId ?? 'P',
    options.version ?? '2.5.1',
    ...Array.from({ length: 5 }, () => undefined),
    options.charset ?? 'UNICODE UTF-8',
  ];
  return ['MSH', ...fields];
}

function body(
  writing: Writing,
  options: WritingOptions,
  trigger: string,
  needs: string,
  made: string,
): readonly SegmentFields[] {
  const { set } = writing;
  const patient = one(writing, 'Patient', options.event);
  const who = patient === undefined ? [] : [pid(writing, patient)];
  const visit = (required: boolean): readonly SegmentFields[] => {
    if (set.of('Encounter').length > 0) one(writing, 'Encounter', options.event);
    if (writing.encounter !== undefined) return [pv1(writing, writing.encounter, trigger)];
    return required ? [noVisit] : [];
  };
  const evn = segment('EVN', {
    1: trigger,
    2: made,
    4: options.eventReason && writable(writing, options.eventReason, 'options.eventReason'),
    5: options.user && writable(writing, options.user, 'options.user'),
  });
  switch (needs) {
    case 'Appointment': {
      const appointment = one(writing, needs, options.event);
      if (appointment === undefined) return [...who, ...visit(false)];
      const { sch, notes, resources } = schedule(writing, appointment, trigger, options);
      return [sch, ...notes, ...who, ...visit(false), ...resources];
    }
    case 'DocumentReference': {
      const reference = one(writing, needs, options.event);
      return [evn, ...who, ...visit(true), ...(reference === undefined ? [] : document(writing, reference))];
    }
    case 'Observation': {
      const rows = results(writing);
      if (rows.length === 0) missing(writing, 'Observation', options.event);
      return [...who, ...(patient ? nk1(writing, patient) : []), ...visit(false), ...rows];
    }
    default: {
      const contacts = patient === undefined ? [] : nk1(writing, patient);
      const rows: SegmentFields[] = [];
      for (const each of set.of('Observation')) rows.push(...obx(writing, each, rows, 'visit'));
      return [evn, ...who, ...contacts, ...visit(true), ...rows];
    }
  }
}

/** The one resource of a type that a message is about. */
function one(writing: Writing, type: string, event: string): Given | undefined {
  const [first, ...others] = writing.set.of(type);
  if (first === undefined) missing(writing, type, event);
  for (const other of others) {
    other.takeAll();
    note(writing, {
      code: 'not-carried',
      severity: 'error',
      path: other.path,
      text: `${event} is about one ${type}, but several were given; the first is written.`,
      fix: `Write one message for each ${type}.`,
    });
  }
  return first;
}

function missing(writing: Writing, type: string, event: string): void {
  note(writing, {
    code: 'missing',
    severity: 'error',
    path: type,
    text: `${event} needs ${type === 'Observation' ? 'an Observation or a DiagnosticReport' : `a resource of type ${type}`}, and none was given.`,
    fix: 'Give it, in the list or as an entry of the Bundle.',
  });
}
