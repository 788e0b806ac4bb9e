import type { Header } from '../header.ts';

/** HL7 table 0211 in the words of HTTP; what is not here goes without the parameter. */
const charsets: Readonly<Record<string, string>> = {
  '': 'UTF-8',
  ASCII: 'US-ASCII',
  'UNICODE UTF-8': 'UTF-8',
  UNICODE: 'UTF-8',
  'ISO IR87': 'ISO-2022-JP',
  'ISO IR14': 'Shift_JIS',
  'GB 18030-2000': 'GB18030',
  'KS X 1001': 'EUC-KR',
  'BIG-5': 'Big5',
};

/** The content type of a message, its character set as MSH-18 declares it (UTF-8 when it declares none). */
export function contentTypeOf({ charset }: Pick<Header, 'charset'>): string {
  const latin = charset.match(/^8859\/(\d{1,2})$/)?.[1];
  const name = latin === undefined ? charsets[charset] : `ISO-8859-${latin}`;
  return name === undefined ? 'application/hl7-v2' : `application/hl7-v2; charset=${name}`;
}

/** The media type, with the older names that are still sent: `application/hl7-v2`, `x-application/hl7-v2+er7`. Not `+xml`. */
export const isHl7 = (contentType: string | undefined): boolean =>
  /^\s*(x-)?application\/hl7-v2(\+er7)?\s*(;|$)/i.test(contentType ?? '');
