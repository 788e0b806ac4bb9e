/** The meaning of a message: what a flow's `event`, `site` and `hl7:` sources read. */
import { type Message, parse } from '../hl7/index.ts';
import {
  type Encounter,
  type FhirReading,
  type Lookup,
  type Patient,
  readHl7,
  type ValueSets,
} from '../mapping/index.ts';
import type { MessageSummary } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { Failure } from '../std/index.ts';

/** `event` of an HL7 message: its header and its FHIR reading. */
export interface Hl7Event {
  /** `ADT^A01`. */
  readonly type: string;
  /** MSH-10. */
  readonly controlId: string;
  readonly patient: Patient | null;
  readonly encounter: Encounter | null;
}

/** `site` in a flow. */
export interface SiteValue {
  /** Its name in configuration: `riverside-prod`. */
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  /** IANA. */
  readonly timeZone: string;
  /** The id system of its medical record numbers. */
  readonly mrnSystem: string;
}

export interface EventContext {
  /**
   * A FHIR resource, an {@link Hl7Event}, the body of a webhook, or `{ text }`. The FHIR reading of an HL7 message is made
   * when it is first looked at.
   */
  readonly event: Readonly<Record<string, unknown>>;
  readonly hl7?: Message;
  readonly site: SiteValue;
  /** The site's value set maps. */
  readonly valueSets?: ValueSets | undefined;
  /** When the message was received; milliseconds. */
  readonly receivedAt?: number | undefined;
  /** What HL7 messages that the flow makes have their control ids and times from. */
  readonly stamp?: { readonly of: string; readonly at: number };
  /** What the FHIR reading of an HL7 message could not carry over; none for other formats. */
  readonly findings: () => FhirReading['findings'];
}

/** A site's record, and its value set maps as they are now. */
export type MappedSite = SiteRecord & { readonly codeMaps?: ValueSets | undefined };

/** A record that has its maps with it, whenever they are asked for: they may be exchanged while an engine runs. */
export function withValueSets(record: SiteRecord, valueSets: () => ValueSets): MappedSite {
  return Object.defineProperty({ ...record }, 'codeMaps', { get: valueSets });
}

/**
 * Reads a message for a flow. Pure: the same bytes and record give the same context.
 * @throws Failure `validation`: bytes that are not what the message's format says.
 */
export function eventContext(
  message: Pick<MessageSummary, 'format' | 'type'> & Partial<Pick<MessageSummary, 'id' | 'receivedAt'>>,
  bytes: Uint8Array,
  site: MappedSite,
): EventContext {
  const { id, receivedAt } = message;
  const { event, hl7, findings, site: value } = contextOf(message, bytes, site);
  return {
    event,
    ...(hl7 === undefined ? {} : { hl7 }),
    site: value,
    valueSets: site.codeMaps,
    receivedAt,
    ...(id === undefined || receivedAt === undefined
      ? {}
      : { stamp: { of: `${site.site} ${id}`, at: receivedAt } }),
    findings,
  };
}

function contextOf(
  message: Pick<MessageSummary, 'format' | 'type'>,
  bytes: Uint8Array,
  site: MappedSite,
): EventContext {
  const value: SiteValue = {
    id: site.site,
    name: site.name,
    environment: site.environment,
    timeZone: site.timeZone,
    mrnSystem: site.identifiers.mrn.system,
  };
  const none = (): FhirReading['findings'] => [];
  if (message.format === 'hl7') return hl7Context(bytes, site, value);
  const text = utf8(bytes, message.format);
  if (message.format === 'text') return { event: { text }, site: value, findings: none };
  const body = json(text, message.format);
  if (message.format === 'fhir' && !isResource(body)) throw unreadable('fhir', 'it is not a FHIR resource');
  // A body that is no object (a list, a number) is the event as it is; paths into it find nothing or its items.
  return { event: body as Readonly<Record<string, unknown>>, site: value, findings: none };
}

function hl7Context(bytes: Uint8Array, site: MappedSite, value: SiteValue): EventContext {
  const hl7 = parse(bytes);
  if (!hl7.usable) throw unreadable('hl7', hl7.reason?.replace(/\.$/, '') ?? 'it has no usable MSH');
  const event = new LazyEvent(hl7, site);
  return {
    event: event as unknown as Readonly<Record<string, unknown>>,
    hl7,
    site: value,
    findings: () => event.reading().findings,
  };
}

/**
 * An {@link Hl7Event} whose parts are read when they are first looked at. They are properties of its own, since paths see
 * no others, with getters that all events share: getters written in a literal would be new ones for each message, and V8
 * keeps a shape for each that only a full collection removes.
 */
class LazyEvent {
  readonly #hl7: Message;
  readonly #site: MappedSite;
  #reading: FhirReading | undefined;

  constructor(hl7: Message, site: MappedSite) {
    this.#hl7 = hl7;
    this.#site = site;
    Object.defineProperties(this, LazyEvent.#parts);
  }

  reading(): FhirReading {
    this.#reading ??= readHl7(this.#hl7, {
      site: this.#site.site,
      timeZone: this.#site.timeZone,
      mrnSystem: this.#site.identifiers.mrn.system,
      lookup: siteLookup(this.#site),
    });
    return this.#reading;
  }

  static readonly #parts: Record<keyof Hl7Event, PropertyDescriptor & ThisType<LazyEvent>> = {
    type: {
      enumerable: true,
      get() {
        return this.#hl7.header.type;
      },
    },
    controlId: {
      enumerable: true,
      get() {
        return this.#hl7.header.controlId;
      },
    },
    patient: {
      enumerable: true,
      get() {
        return this.reading().patient;
      },
    },
    encounter: {
      enumerable: true,
      get() {
        return this.reading().encounter;
      },
    },
  };
}

/**
 * What the site says of its HL7: its record of the medical record number (field, type, assigner), its value set maps of the
 * rest. A map named after a field (`hl7-pv1-2`) reads its codes, `hl7-assigners` gives the systems of identifiers,
 * `hl7-coding-systems` those of codes.
 */
export function siteLookup({ identifiers: { mrn }, codeMaps: valueSets }: MappedSite): Lookup {
  const { field, type, assigner } = mrn.hl7;
  const target = (map: string, code: string): string | undefined =>
    valueSets?.get(map)?.row(code)?.target ?? undefined;
  const identifierSystem: Lookup['identifierSystem'] = (givenAssigner, givenType, place) => {
    // Without a rule of its own, only what HL7 calls a medical record number is one.
    const wanted = type ?? (assigner === undefined ? 'MR' : undefined);
    const isMrn =
      place === field &&
      (wanted === undefined || wanted === givenType) &&
      (assigner === undefined || assigner === givenAssigner);
    return isMrn ? mrn.system : target('hl7-assigners', givenAssigner);
  };
  if (valueSets === undefined) return { identifierSystem };
  return {
    identifierSystem,
    code(place, code) {
      const row = valueSets.get(`hl7-${place.toLowerCase()}`)?.row(code);
      if (!row?.target) return undefined;
      return { ...codingOf(row.target), ...(row.display === undefined ? {} : { display: row.display }) };
    },
    codingSystem: (name) => target('hl7-coding-systems', name),
  };
}

/** `http://snomed.info/sct|185389009`, or a code alone. */
function codingOf(target: string): { readonly system?: string; readonly code: string } {
  const at = target.lastIndexOf('|');
  return at === -1 ? { code: target } : { system: target.slice(0, at), code: target.slice(at + 1) };
}

function utf8(bytes: Uint8Array, format: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(format, 'its bytes are not UTF-8');
  }
}

/** Deeper than any FHIR resource; a deeper body would exhaust the stack of whoever walks it. */
const DEEPEST = 64;

function json(text: string, format: string): unknown {
  if (deeperThan(text, DEEPEST)) throw unreadable(format, `it is nested more than ${DEEPEST} deep`);
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(format, 'it is not JSON');
  }
}

function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 92) at += 1;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 125 || code === 93) depth -= 1;
  }
  return false;
}

const isResource = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, 'resourceType');

const unreadable = (format: string, reason: string): Failure =>
  new Failure({
    code: 'MESSAGE_UNREADABLE',
    kind: 'validation',
    message: `The message was kept as ${format}, but ${reason}.`,
    fix: 'Look at its bytes; correct it at the sender, or name the connection’s format rightly in the site record.',
  });
