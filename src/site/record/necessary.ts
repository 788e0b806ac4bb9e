/** Minimum necessary: of whom, and which fields, flows may see here. */
import { z } from 'zod';

const names = z.array(z.string().min(1)).min(1);

const rule = {
  departments: names
    .describe(
      'Only records of these departments: PV1-3 or AIL-3 of HL7 (point of care or facility), locations of FHIR (id, identifier or reference).',
    )
    .exactOptional(),
  classes: names
    .describe('Only these patient classes: PV1-2 of HL7, `Encounter.class` of FHIR.')
    .exactOptional(),
  list: z
    .string()
    .regex(/^[^/\\]+$/, 'the name of a file beside the record')
    .describe(
      'Only patients in the first column of this file beside the record: medical record numbers, or FHIR ids.',
    )
    .exactOptional(),
  fields: z
    .strictObject({
      hl7: z
        .array(
          z
            .string()
            .regex(/^[A-Z][A-Z0-9]{2}(-[1-9]\d{0,2})?$/, 'a segment or a field, such as PV1 or PID-5'),
        )
        .describe('Segments and fields that flows see, MSH always: `[PID-3, PID-5, PV1]`.')
        .exactOptional(),
      fhir: z
        .array(
          z
            .string()
            .regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'an element, such as status or subject.reference'),
        )
        .describe(
          'Elements that flows see, resourceType and id always: `[status, start, participant.actor]`.',
        )
        .exactOptional(),
    })
    .describe('What is not named is taken out before a flow sees the record.')
    .exactOptional(),
};

export const necessary = z
  .strictObject({
    ...rule,
    flows: z
      .record(z.string(), z.strictObject(rule))
      .describe('By flow; what is given here takes the place of what stands above.')
      .exactOptional(),
  })
  .describe(
    'Minimum necessary: of whom, and which fields, flows may see here. What does not say of whom it is, is outside.',
  );
