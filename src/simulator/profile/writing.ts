import { choice, flag, texts, whole } from './switch.ts';

/** What differs between hospitals, and between releases, when something is written, exported or asked of others. */
export const writing = {
  patientCreateNeeds: texts(
    ['ssn'],
    'site',
    'what Patient.Create asks for beside name, birth date and gender',
  ),
  unacceptedModifierFatal: flag(
    true,
    'confirmed',
    'a value of a modifier element that is not accepted ends the write (from November 2022)',
  ),
  mappedVitals: texts(
    [
      '8867-4',
      '9279-1',
      '8310-5',
      '8302-2',
      '29463-7',
      '59408-5',
      '2708-6',
      '8480-6',
      '8462-4',
      '85354-9',
      '8716-3',
    ],
    'site',
    'LOINC codes with a flowsheet row of their own; others are 59188',
  ),
  vitalsNoteLongest: whole(
    254,
    1,
    10_000,
    'confirmed',
    'characters of the note of a vital sign (60 before May 2025)',
  ),
  noteTypes: texts(
    ['11506-3', '34109-9', '34117-2', '18842-5', '11488-4', '28570-0'],
    'site',
    'LOINC codes of notes that DocumentReference.Create takes',
  ),
  rtfNotes: flag(false, 'reported', 'DocumentReference.Create takes text/rtf beside text/plain'),
  holdingTank: flag(
    true,
    'confirmed',
    'problems and allergies wait for a clinician before they are on the chart',
  ),
  scheduling: flag(true, 'one source', 'STU3 Appointment/$find and $book are on'),
  r4Book: flag(false, 'reported', 'R4 Appointment/$book and cancelling by PUT work'),
  webServices: flag(true, 'one source', 'the older JSON services for patients and scheduling are on'),

  bulk: flag(true, 'confirmed', 'Group/$export is on (from August 2021)'),
  bulkTypeFilter: flag(true, 'confirmed', '_typeFilter works (not in early 2023)'),
  bulkWindowHours: whole(
    24,
    0,
    240,
    'confirmed',
    'how soon the same client may ask for the same group again; 0: at once',
  ),
  bulkTooSoonStatus: whole(400, 400, 503, 'reported', 'HTTP status when it asks too soon'),
  bulkFileResources: whole(3000, 1, 3000, 'one source', 'the most resources of a file'),
  bulkKeptDays: whole(14, 1, 365, 'one source', 'how long files are kept'),
  bulkSince: choice(
    ['ignored', 'refused'],
    'ignored',
    'reported',
    '_since is not supported: everything is exported all the same, or the kick-off is refused',
  ),
  bulkPatientsPerSecond: whole(
    0,
    0,
    10_000,
    'site',
    'how fast an export goes through its group; 0: as fast as it can',
  ),
  bulkRetryAfterSeconds: whole(
    0,
    0,
    86_400,
    'reported',
    'Retry-After while an export is under way; 0: the header is not sent',
  ),
  bulkTokenFlag: choice(
    ['boolean', 'text'],
    'boolean',
    'reported',
    'requiresAccessToken of the manifest is true, or the text "true"',
  ),

  cdsHooks: flag(true, 'confirmed', 'the hospital calls CDS services'),
  cdsSystemActions: flag(true, 'confirmed', 'systemActions are taken (from February 2024)'),
  cdsTokenSeconds: whole(300, 1, 3600, 'confirmed', 'how long the token in a hook request lasts'),

  hl7Version: choice(['2.3', '2.5.1'], '2.5.1', 'confirmed', 'MSH-12 of what the hospital sends'),
  zSegments: flag(true, 'confirmed', 'ZPD and ZPV are sent'),
  csnFormat: choice(
    ['number', 'letter'],
    'number',
    'confirmed',
    'PV1-19: the bare number, or a letter before it',
  ),
  harFormat: choice(['own', 'csn'], 'own', 'confirmed', 'PID-18: a number of its own, or the same as PV1-19'),
  demographicsBy: choice(['A08', 'A31'], 'A08', 'reported', 'the event that announces changed demographics'),
  visitFanOut: flag(false, 'reported', 'changed demographics are announced once for each visit of interest'),
} as const;
