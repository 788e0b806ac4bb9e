/** What differs from site to site in the HL7 a hospital sends. */
export interface Habits {
  /** MSH-12. Older feeds say 2.3, and then MSH-9 has no third component. */
  readonly version: '2.3' | '2.5.1';
  /** MSH-3. */
  readonly sendingApplication: string;
  /** MSH-5 and MSH-6: whom the interface is for. */
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  /** MSH-11: T in a test environment, P in production. */
  readonly processing: 'T' | 'P';
  /** Whether ZPD and ZPV, Epic's own segments, are sent. */
  readonly zSegments: boolean;
}

/** The habits of a non-production Epic with a recent interface. */
export const usualHabits: Habits = {
  version: '2.5.1',
  sendingApplication: 'EPIC',
  receivingApplication: 'CAREAPP',
  receivingFacility: 'CAREAPP',
  processing: 'T',
  zSegments: true,
};
