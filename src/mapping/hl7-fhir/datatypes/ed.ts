import type { Attachment } from '../../r4.ts';
import type { Field } from '../line.ts';
import { element } from '../reading.ts';

/** HL7 table 0291 and older spellings as media types, where ED.2 or ED.3 alone does not make one. */
const mediaTypes = new Map([
  ['PDF', 'application/pdf'],
  ['RTF', 'text/rtf'],
  ['HTML', 'text/html'],
  ['XML', 'text/xml'],
  ['JPEG', 'image/jpeg'],
  ['JPG', 'image/jpeg'],
  ['PNG', 'image/png'],
  ['GIF', 'image/gif'],
  ['TIFF', 'image/tiff'],
  ['TIF', 'image/tiff'],
  ['DICOM', 'application/dicom'],
  ['TEXT', 'text/plain'],
  ['TXT', 'text/plain'],
  ['PLAIN', 'text/plain'],
  ['BASIC', 'audio/basic'],
  ['MSWORD', 'application/msword'],
  ['X-HL7-CDA-LEVEL-ONE', 'text/xml'],
]);

/** A media type of ED.2 (type) and ED.3 (subtype): either may be one already. */
export function mediaType(type: string | undefined, subtype: string | undefined): string | undefined {
  for (const each of [subtype, type]) {
    if (each === undefined) continue;
    if (/^[\w.+-]+\/[\w.+-]+$/.test(each)) return each.toLowerCase();
    const known = mediaTypes.get(each.toUpperCase());
    if (known !== undefined) return known;
  }
  if (type === undefined || subtype === undefined || /[^\w.+-]/.test(type + subtype)) return undefined;
  return `${type}/${subtype}`.toLowerCase();
}

/** ED[Attachment]: the data (ED.5) as base64, whatever its encoding (ED.4: A, Hex, Base64), and its media type. */
export function attachment(field: Field): Attachment | undefined {
  const data = field.get(5);
  if (data === undefined) return undefined;
  return element<Attachment>({
    contentType: mediaType(field.get(2), field.get(3)),
    data: encoded(data, field.get(4)),
  });
}

function encoded(data: string, encoding: string | undefined): string {
  const kind = encoding?.toLowerCase();
  if (kind === 'hex') return Buffer.from(data, 'hex').toString('base64');
  const compact = data.replace(/\s+/g, '');
  if (kind === 'base64' && /^[A-Za-z0-9+/]+={0,2}$/.test(compact))
    return compact.length % 4 === 0 ? compact : Buffer.from(compact, 'base64').toString('base64');
  return base64(data);
}

/** RP[Attachment]: where it is (RP.1), and its media type. */
export function pointer(field: Field): Attachment | undefined {
  const url = field.get(1);
  if (url === undefined || /\s/.test(url)) return undefined;
  return element<Attachment>({ contentType: mediaType(field.get(3), field.get(4)), url });
}

export const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
