/** The ways that an action can go at a site. Which one it goes stands in the site record; the flow does not know. */
import { z } from 'zod';
import { compileFieldMap } from '../../mapping/index.ts';
import { address, duration } from '../record.ts';

const name = z.string().min(1);

/** How the site's interface calls itself and what it calls id systems. */
const hl7 = {
  via: name.describe('An `mllp` connection of this site that sends.'),
  sendingApplication: name.optional(),
  sendingFacility: name.optional(),
  receivingApplication: name.optional(),
  receivingFacility: name.optional(),
  user: name.optional().describe('MSH-8, and who enters the appointment (SCH-20).'),
  eventReason: name.optional().describe("EVN-4 or SCH-6: the site's reason for the event."),
  processingId: z
    .enum(['P', 'T', 'D'])
    .optional()
    .describe('MSH-11: `P` in production, `T` elsewhere. Left out: `P`.'),
  version: z.enum(['2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8']).optional(),
  assigners: z
    .record(z.string(), z.strictObject({ assigner: name.optional(), type: name.optional() }))
    .prefault({})
    .describe('By identifier system, what it is in the message: `{ assigner: EPI, type: MR }`.'),
};

/** A request that is declared, never programmed. Sources of the fields: `resource`, `patient`, `encounter`, `key`. */
const web = z.strictObject({
  route: z.literal('web service'),
  method: z.enum(['POST', 'PUT']).default('POST'),
  url: address.describe(
    '`{patient.id}` and other sources may stand in its path and query; what they give is encoded.',
  ),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/), name)
    .prefault({})
    .describe('Header name to the name of the secret that holds its value.'),
  body: z.record(z.string(), z.unknown()).superRefine((map, context) => {
    try {
      compileFieldMap(map as never);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'no field map' });
    }
  }),
  id: name.optional().describe('Where in the answer the id of what was made stands: `Appointment.ID`.'),
  refusedBy: name
    .optional()
    .describe('A path in the answer that means refusal when there is something: `ErrorMessage`.'),
  timeout: duration.prefault('30s'),
});

export const routeSchema = z.union([
  z.strictObject({ route: z.literal('fhir') }),
  z.strictObject({
    route: z.literal('book'),
    stu3Base: address.optional().describe('The STU3 base; left out: that of R4 with STU3 in place of R4.'),
    note: name.optional().describe('Added to each booking.'),
  }),
  z.strictObject({ route: z.literal('siu'), ...hl7 }),
  z.strictObject({ route: z.literal('adt'), ...hl7 }),
  z.strictObject({ route: z.literal('oru'), ...hl7 }),
  z.strictObject({ route: z.literal('mdm'), ...hl7 }),
  web,
]);

export type RouteConfig = z.output<typeof routeSchema>;
export type RouteName = RouteConfig['route'];
export type Hl7Route = Extract<RouteConfig, { readonly via: string }>;
export type WebRoute = z.output<typeof web>;

/** Routes that each capability may have, the usual one first. `fhir` only where the server has the interaction. */
export const routesOf: Readonly<Record<string, readonly RouteName[]>> = {
  'patient.create': ['fhir', 'web service'],
  'appointment.create': ['fhir', 'book', 'siu', 'web service'],
  'encounter.create': ['fhir', 'adt', 'web service'],
  'observation.create': ['fhir', 'oru', 'web service'],
  'documentReference.create': ['fhir', 'mdm', 'web service'],
};

/** `do` of a connection: by capability, its route. */
export const doSchema = z
  .partialRecord(z.enum(Object.keys(routesOf) as [string, ...string[]]), routeSchema)
  .superRefine((routes, context) => {
    for (const [capability, chosen] of Object.entries(routes)) {
      const known = routesOf[capability] ?? [];
      if (chosen === undefined || known.includes(chosen.route)) continue;
      const message = `the route "${chosen.route}" does not exist for ${capability}; there are ${known.join(', ')}`;
      context.addIssue({ code: 'custom', path: [capability, 'route'], message });
    }
  })
  .prefault({});

export type Routes = z.output<typeof doSchema>;
