/** A site and messages of our own, for the stories of this room. */
import { type SiteRecord, siteSchema } from '../site/index.ts';
import { type EventContext, eventContext } from './event.ts';

export const site: SiteRecord = siteSchema.parse({
  site: 'riverside',
  name: 'Riverside Hospital',
  environment: 'sandbox',
  ehr: { vendor: 'epic' },
  timeZone: 'America/Chicago',
  identifiers: { mrn: { system: 'urn:oid:1.2.3.4', hl7: { type: 'MR' } } },
  connections: {},
});

export function contextOf(format: 'fhir' | 'json' | 'hl7' | 'text', content: unknown): EventContext {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return eventContext({ format, type: 'test' }, new TextEncoder().encode(text), site);
}

export const admission = [
  'MSH|^~\\&|EPIC|RIVERSIDE|||20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1|||||||UNICODE UTF-8',
  'EVN|A01|20260131120000',
  'PID|1||203713^^^EPI^MR~Z6129^^^EPIC^EPIC||MÜLLER^ANNA^MARIA^^^^L||19870912|F|||12 Main St^^SPRINGFIELD^IL^62701||(217)555-0199^PRN^PH',
  'PV1|1|I|ICU^101^1^RIVERSIDE||||017511^TOBIAS^JON^^^^^^EPIC^^^^PROVID|||||||||||99001^^^EPIC^CSN|||||||||||||||||||||||||202601311155',
].join('\r');
