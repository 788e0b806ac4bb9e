/** DocumentReference as TXA and OBX of an MDM: the guide's maps of TXA and OBX, backwards. */
import type { FieldContent } from '../../../hl7/index.ts';
import { availabilities, documentStatuses } from './codes.ts';
import { type Components, codeOf, cwe, ei } from './datatypes.ts';
import type { Given } from './given.ts';
import { about, xcn } from './people.ts';
import {
  lost,
  note,
  repeated,
  type SegmentFields,
  said,
  segment,
  time,
  type Writing,
  writable,
} from './writing.ts';

/** OBX-11 by docStatus: final, preliminary, corrected, wrong. */
const resultStatuses: ReadonlyMap<string, string> = new Map([
  ['final', 'F'],
  ['preliminary', 'P'],
  ['amended', 'C'],
  ['entered-in-error', 'W'],
]);

/** TXA, then the content: a text as one OBX of type TX for each of its lines, anything else as ED or RP. */
export function document(writing: Writing, reference: Given): readonly SegmentFields[] {
  const type = reference.child('type');
  const context = reference.child('context');
  const period = context?.child('period');
  about(writing, reference.child('subject'), 'Patient');
  for (const each of context?.all('encounter') ?? []) about(writing, each, 'Encounter');
  const authenticator = reference.child('authenticator');
  const [confidentiality] = reference.all('securityLabel').flatMap((each) => each.all('coding'));
  confidentiality?.take('system');
  const identifiers = reference.all('identifier');
  const main = reference.child('masterIdentifier') ?? identifiers[0];
  main?.child('type')?.take('coding', 'text');
  const contents = reference.all('content').flatMap((each) => each.child('attachment') ?? []);
  const status = reference.peek('docStatus');
  const [attachment] = contents;
  const late = writing.version >= 2.7;
  if (!late) lost(writing, reference, 'description', 'TXA-25 is there from version 2.7 on');
  const code = cwe(writing, type, 'OBX-3');
  let number = 0;
  const txa = segment('TXA', {
    1: '1',
    // TXA-2 is an IS up to version 2.6: the code alone.
    2: writing.version < 2.7 ? (code?.[0] ?? code?.[1]) : cwe(writing, type, 'TXA-2'),
    3: presentation(attachment),
    4: time(writing, period, 'start'),
    6: time(writing, reference, 'date'),
    9: people(writing, reference.all('author'), 'TXA-9'),
    10: authenticator && repeated([xcn(writing, authenticator, 'TXA-10') ?? []]),
    12: ei(writing, main, 'TXA-12'),
    13: parent(writing, reference),
    16: said(writing, attachment, 'title'),
    17:
      status === 'entered-in-error'
        ? undefined
        : codeOf(writing, reference, 'docStatus', 'TXA-17', documentStatuses),
    18: said(writing, confidentiality, 'code'),
    19: codeOf(writing, reference, 'status', 'TXA-19', availabilities),
    25: late ? said(writing, reference, 'description') : undefined,
  });
  reference.take('docStatus');
  const rows = contents.flatMap((each) =>
    values(writing, each).map(({ type: valueType, content }) => {
      number += 1;
      return segment('OBX', {
        1: String(number),
        2: valueType,
        3: code,
        5: content,
        11: resultStatuses.get(status ?? 'final') ?? 'F',
      });
    }),
  );
  if (rows.length === 0)
    note(writing, {
      code: 'missing',
      severity: 'error',
      path: reference.at('content'),
      place: 'OBX-5',
      text: `${reference.at('content')} has no text, data or address: the message carries no document.`,
      fix: 'Give content[0].attachment.data (base64) or its url.',
    });
  return [txa, ...rows];
}

const people = (writing: Writing, references: readonly Given[], place: string): FieldContent =>
  repeated(references.flatMap((each) => [xcn(writing, each, place)].filter((one) => one !== undefined)));

/** TXA-13: what this document replaces or adds to, by that document's own number. */
function parent(writing: Writing, reference: Given): FieldContent {
  const [relation] = reference.all('relatesTo');
  const to = relation?.child('target');
  const found = to && writing.set.resolve(to);
  const identifier = found?.given.child('masterIdentifier') ?? to?.child('identifier');
  if (identifier === undefined) return undefined;
  relation?.take('code');
  return ei(writing, identifier, 'TXA-13');
}

/** Table 0191: TX for texts, IM for pictures, AP for other files. */
function presentation(attachment: Given | undefined): string | undefined {
  const type = attachment?.peek('contentType');
  if (type === undefined) return undefined;
  return type.startsWith('text/') ? 'TX' : type.startsWith('image/') ? 'IM' : 'AP';
}

interface Value {
  readonly type: string;
  readonly content: FieldContent;
}

function values(writing: Writing, attachment: Given): readonly Value[] {
  const type = attachment.peek('contentType') ?? '';
  const data = attachment.peek('data');
  if (/^text\/plain\b/.test(type) && data !== undefined) {
    attachment.take('contentType', 'data', 'size', 'hash', 'language');
    const text = writable(writing, Buffer.from(data, 'base64').toString('utf8'), attachment.at('data'));
    return text
      .replace(/\r?\n$/, '')
      .split(/\r\n|\n|\r/)
      .map((line) => ({ type: 'TX', content: line }));
  }
  const value = attachmentValue(writing, attachment);
  return value === undefined ? [] : [value];
}

/** ED with base64 data (`^application^pdf^Base64^...`), or RP with an address. */
export function attachmentValue(writing: Writing, attachment: Given): Value | undefined {
  const type = attachment.text('contentType') ?? '';
  const [main = '', sub = ''] = type.replace(/;.*$/, '').split('/');
  const data = attachment.text('data');
  attachment.take('size', 'hash');
  // Table 0191 has no lower-case names; 0291 names subtypes as MIME does.
  const mainType: Components = [
    undefined,
    main === 'text' ? 'TEXT' : main === 'image' ? 'IM' : 'AP',
    sub.toUpperCase(),
  ];
  if (data !== undefined) return { type: 'ED', content: [...mainType, 'Base64', data.replace(/\s/g, '')] };
  const url = said(writing, attachment, 'url');
  return url === undefined ? undefined : { type: 'RP', content: [url, undefined, ...mainType.slice(1)] };
}
