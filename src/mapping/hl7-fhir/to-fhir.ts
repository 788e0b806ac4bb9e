import type { Message } from '../../hl7/index.ts';
import type { Assembly } from './assembly.ts';
import { stableId } from './ids.ts';
import { type Line, linesOf } from './line.ts';
import { handlersOf, isMapped } from './messages.ts';
import type { ReadingOptions } from './read.ts';
import { type Draft, instant, newReading, note, type Reading, type ReadingFinding } from './reading.ts';
import { fieldsRead } from './rows.ts';
import { closeDocument } from './segments/documents.ts';
import { closeOrder } from './segments/orders.ts';
import { closeAppointment } from './segments/scheduling.ts';

export interface ToFhirOptions extends ReadingOptions {
  /**
   * The kind of Bundle: `message` (the guide's, the default), `transaction` and `batch` (each entry with a PUT of its
   * resource by its id), or `collection`.
   */
  readonly bundle?: 'message' | 'transaction' | 'batch' | 'collection';
  /** The base of full URLs, without a slash at its end: a server's. Left out: `http://hl7.invalid/{site}`. */
  readonly base?: string;
  /** The system of the Bundle's identifier, MSH-10. */
  readonly messageSystem?: string;
  /** False leaves out the Provenance resources. */
  readonly provenance?: boolean;
}

/** A resource of the bundle. Its elements are R4's. */
export interface FhirResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

export interface FhirBundleEntry {
  readonly fullUrl: string;
  readonly resource: FhirResource;
  readonly request?: { readonly method: 'PUT'; readonly url: string };
}

export interface FhirBundle {
  readonly resourceType: 'Bundle';
  readonly id: string;
  readonly identifier?: { readonly system?: string; readonly value: string };
  readonly type: 'message' | 'transaction' | 'batch' | 'collection';
  readonly timestamp?: string;
  readonly entry: readonly FhirBundleEntry[];
}

/** Where an element came from. */
export interface Origin {
  /** `Patient/1f0c….identifier[0]`. */
  readonly element: string;
  /** `PID-3[1]`; of several segments `OBX[2]-5[1]`. */
  readonly from: string;
}

export interface FhirConversion {
  readonly bundle: FhirBundle;
  /** What could not be carried over, or not fully; never with a value of the patient. */
  readonly findings: readonly ReadingFinding[];
  /** Each element that a field gave, in the order it was read. Made when first asked for. */
  readonly origins: readonly Origin[];
}

/**
 * Reads a whole HL7 v2 message as a FHIR R4 Bundle, by HL7's v2-to-FHIR guide. Pure: the same message and options give
 * the same bundle with the same ids; every reference leads to an entry of the bundle. Never throws for content: a
 * message that is not usable gives an empty collection and a finding.
 *
 * @example
 * toFhir(parse(bytes), { site: 'mercy', timeZone: 'America/Chicago' }).bundle.entry[0]?.resource.resourceType
 * // 'MessageHeader'
 */
export function toFhir(message: Message, options: ToFhirOptions): FhirConversion {
  const { mrnSystem } = options;
  const origins: unknown[] = [];
  const reading = newReading(options, { organizations: true, origins });
  const lines = linesOf(message);
  const msh = lines.find(({ id }) => id === 'MSH');
  const assembly = assemblyOf(msh, reading, mrnSystem);
  const { family, trigger } = assembly;
  if (!isMapped(family, trigger))
    note(
      reading,
      'not-mapped-message',
      'MSH-9',
      `${family || 'A message without a type'}${trigger ? `^${trigger}` : ''} is read by the rows of like messages: check what it gives.`,
    );
  const handlers = handlersOf(family);
  for (const line of lines) {
    const handle = handlers.get(line.id);
    if (handle === undefined) {
      note(reading, 'not-carried', line.id, `${line.id}: no row of the guide reads this segment.`);
      continue;
    }
    handle(assembly, line);
    leftBehind(reading, line);
  }
  closeOrder(assembly);
  closeDocument(assembly);
  closeAppointment(assembly);
  if (assembly.patient === undefined && family !== 'MFN')
    note(reading, 'no-patient', 'PID', 'The message has no PID segment.');
  const bundle = bundleOfAssembly(assembly, options);
  return new Conversion(bundle, reading.findings, origins, lines);
}

/** A class, since a getter in a literal costs every message a shape of its own. */
class Conversion implements FhirConversion {
  readonly bundle: FhirBundle;
  readonly findings: readonly ReadingFinding[];
  readonly #flat: readonly unknown[];
  readonly #lines: readonly Line[];
  #listed: readonly Origin[] | undefined;

  constructor(
    bundle: FhirBundle,
    findings: readonly ReadingFinding[],
    flat: readonly unknown[],
    lines: readonly Line[],
  ) {
    this.bundle = bundle;
    this.findings = findings;
    this.#flat = flat;
    this.#lines = lines;
  }

  get origins(): readonly Origin[] {
    this.#listed ??= originsOf(this.#flat, this.#lines, this.bundle);
    return this.#listed;
  }

  /** A plain object, all the way down. */
  toJSON(): object {
    const { bundle, findings, origins } = this;
    return { bundle, findings, origins };
  }
}

function assemblyOf(msh: Line | undefined, reading: Reading, mrnSystem: string | undefined): Assembly {
  const type = msh?.first(9);
  const messageKey = [msh?.raw(3) ?? '', msh?.raw(4) ?? '', msh?.raw(10) ?? ''];
  return {
    reading,
    msh,
    family: type?.get(1) ?? '',
    trigger: type?.get(2) ?? '',
    mrnSystem,
    own: [],
    taken: new Set(),
    repeated: new Map(),
    messageKey,
    messageId: stableId(reading.site, 'Bundle', ...messageKey),
    messageHeader: undefined,
    operator: undefined,
    patient: undefined,
    subject: undefined,
    encounter: undefined,
    appointment: undefined,
    document: undefined,
    coverage: undefined,
    account: undefined,
    careTeam: undefined,
    order: undefined,
    staff: undefined,
    commented: undefined,
    roleOf: 'patient',
    observation: undefined,
  };
}

/** Fields that hold something and that no row reads: one finding for a segment's kind. */
function leftBehind(reading: Reading, line: Line): void {
  const read = fieldsRead(line.id);
  if (read === undefined) return;
  let left = '';
  for (let at = 1; at <= line.length; at += 1) {
    const raw = line.raw(at);
    if (raw === '' || raw === '""' || read.has(at)) continue;
    left += left === '' ? `${line.id}-${at}` : `, ${at}`;
  }
  if (left !== '') note(reading, 'not-carried', line.id, `${left}: valued, and read by no row of the guide.`);
}

function bundleOfAssembly(assembly: Assembly, options: ToFhirOptions): FhirBundle {
  const { reading, messageHeader, msh } = assembly;
  const {
    site,
    bundle = messageHeader === undefined ? 'collection' : 'message',
    provenance = true,
  } = options;
  const base = options.base ?? `http://hl7.invalid/${encodeURIComponent(site)}`;
  const asked = bundle === 'transaction' || bundle === 'batch';
  const entry: FhirBundleEntry[] = [];
  const take = (draft: Draft): void => {
    if (!provenance && draft.resourceType === 'Provenance') return;
    const url = `${draft.resourceType}/${draft.id}`;
    const resource = draft as FhirResource;
    entry.push(
      asked
        ? { fullUrl: `${base}/${url}`, resource, request: { method: 'PUT', url } }
        : { fullUrl: `${base}/${url}`, resource },
    );
  };
  for (const each of assembly.own) take(each);
  for (const [key, each] of reading.related) if (!assembly.taken.has(key)) take(each);
  const value = msh?.value(10);
  const timestamp = msh === undefined ? undefined : instant(reading, 'MSH-7', msh.value(7));
  return {
    resourceType: 'Bundle',
    id: assembly.messageId,
    ...(value === undefined
      ? {}
      : {
          identifier:
            options.messageSystem === undefined ? { value } : { system: options.messageSystem, value },
        }),
    type: messageHeader === undefined && bundle === 'message' ? 'collection' : bundle,
    ...(timestamp === undefined ? {} : { timestamp }),
    entry,
  };
}

function originsOf(flat: readonly unknown[], lines: readonly Line[], bundle: FhirBundle): readonly Origin[] {
  // What was read for a resource that was not made in the end (a Provenance without a person) has no origin.
  const made = new Set<unknown>(bundle.entry.map(({ resource }) => resource));
  const counts = new Map<string, number>();
  for (const { id } of lines) counts.set(id, (counts.get(id) ?? 0) + 1);
  const found: Origin[] = [];
  for (let at = 0; at < flat.length; at += 6) {
    const [draft, element, index, line, number, repetition] = flat.slice(at, at + 6) as [
      Draft,
      string,
      number,
      Line,
      number,
      number,
    ];
    if (!made.has(draft)) continue;
    const segment = (counts.get(line.id) ?? 0) > 1 ? line.segment.path : line.id;
    found.push({
      element: `${draft.resourceType}/${draft.id}.${element}${index < 0 ? '' : `[${index}]`}`,
      from: number === 0 ? segment : `${segment}-${number}[${repetition}]`,
    });
  }
  return found;
}
