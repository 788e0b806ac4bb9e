import type { NoteType } from './clinical-records.ts';
import type { Random } from './random.ts';

const courses = [
  'Symptoms have been present for several days & are slowly improving.',
  'Onset was sudden this morning; no similar episode before.',
  'Seen for routine follow-up. No new complaints since the last visit.',
  'Reports good adherence to the current plan.',
] as const;
const findings = [
  'Alert and comfortable. Lungs clear, heart regular, abdomen soft.',
  'Mild tenderness, no swelling. Gait steady.',
  'Skin warm & dry. No acute distress.',
  'Unchanged from the last examination.',
] as const;
const plans = [
  'Continue current treatment. Return in 4 weeks, sooner if worse.',
  'Laboratory studies ordered; results to be discussed by telephone.',
  'Advance diet as tolerated, ambulate three times a day.',
  'Refer to physical therapy. Recheck blood pressure at the next visit.',
] as const;

/** The text of a note of this type. Nobody’s name stands in it. */
export function composed(random: Random, type: NoteType, complaint: string): string {
  return [
    type.name,
    '',
    `Reason: ${complaint || 'not recorded'}`,
    '',
    `Course: ${random.pick(courses)}`,
    `Findings: ${random.pick(findings)}`,
    '',
    `Plan: ${random.pick(plans)}`,
  ].join('\n');
}

const additions = [
  'Results reviewed with the patient by telephone.',
  'Patient called back; no change in symptoms.',
  'Correction: the dose above is taken in the evening.',
] as const;

/** What is added to a signed note. */
export function addition(random: Random): string {
  return random.pick(additions);
}
