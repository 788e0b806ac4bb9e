/** Free text in payloads is an audited act: who looked, where, at how many. The text itself may name a patient: its length is kept. */
import type { AuditEntry, ScanPage, ScanQuery } from '../store/index.ts';

/** The entry of one page of a scan; write it before the page is given to anyone. */
export function scanEntry(who: string, at: number, query: ScanQuery, page: ScanPage): AuditEntry {
  return {
    at,
    who,
    act: 'message.scan',
    on: 'messages',
    facts: {
      from: new Date(query.from).toISOString(),
      to: new Date(query.to).toISOString(),
      site: query.site ?? null,
      connection: query.connection ?? null,
      textLength: query.text.length,
      looked: page.looked,
      found: page.rows.length,
    },
  };
}
