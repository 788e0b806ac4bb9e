/** HL7 messages as maps make them: pure, so that every attempt of a delivery makes the same bytes. */
import { hash } from 'node:crypto';
import { build, buildFrom, CharsetError, EditError, type Message, parse, path } from '../hl7/index.ts';
import {
  compileFieldMap,
  compileSource,
  fromFhir,
  type GivenResources,
  type MappingContext,
  type WritingEvent,
} from '../mapping/index.ts';
import { Failure } from '../std/index.ts';
import type { Hl7Writing } from './flow.ts';

/** What is the same at every attempt and another for every delivery: the message that started it, the flow, the step's key. */
export interface Stamp {
  readonly of: string;
  /** When that message was received; milliseconds since 1970. */
  readonly at: number;
}

/**
 * @returns Makes the message's text.
 * @throws Failure `config`: a path that cannot be read. What it makes throws `validation`: what cannot be written.
 */
export function compileHl7Writing(writing: Hl7Writing): (context: MappingContext, stamp: Stamp) => string {
  const { type, copy, write } = writing;
  const resources = (write ?? []).map(
    (source) => compileSource(source.endsWith(']') ? source : `${source}[*]`).read,
  );
  const edits = Object.entries(writing.fields ?? {}).map(([target, rule]) => {
    path(target); // throws for what is no path
    // Quoted, the whole HL7 path is one key of the map; failures name it.
    const make = compileFieldMap({ [JSON.stringify(target)]: rule });
    const segment = target.slice(0, 3);
    return { target, segment, value: (context: MappingContext) => make(context)[target] };
  });
  return (context, stamp) => {
    const message = begun(context, stamp);
    for (const { target, segment, value } of edits) {
      const given = value(context);
      if (given === undefined) continue;
      if (typeof given === 'object' && given !== null)
        throw unwritable(target, 'its value is not a single one');
      try {
        if (message.segments(segment).length === 0) message.addSegment(segment);
        message.set(target, given === null ? null : String(given));
      } catch (error) {
        if (error instanceof EditError || error instanceof CharsetError)
          throw unwritable(
            target,
            error instanceof EditError ? error.code : 'the character set does not hold it',
          );
        throw error;
      }
    }
    return message.toString();
  };

  function begun(context: MappingContext, stamp: Stamp): Message {
    const controlId = hash('sha256', stamp.of, 'hex').slice(0, 20).toUpperCase();
    const time = new Date(stamp.at);
    if (copy) {
      if (context.hl7 === undefined) throw unwritable('copy', 'the flow did not start with an HL7 message');
      return buildFrom(context.hl7, { time, controlId, ...(type === undefined ? {} : { type }) });
    }
    if (write === undefined) return build({ type: type ?? '', time, controlId, segments: [] });
    const given = resources.flatMap((read) => (read(context) ?? []) as readonly object[]);
    const list = given.flatMap((each) => entriesOf(each)) as unknown as GivenResources;
    const { message, findings } = fromFhir(list, {
      event: type as WritingEvent,
      controlId,
      time,
      timeZone: context.timeZone,
    });
    const wrong = findings.find(({ severity }) => severity === 'error');
    if (wrong !== undefined) throw unwritable(wrong.place ?? type ?? '', wrong.text.replace(/\.$/, ''));
    return parse(message.bytes());
  }
}

/** Of a Bundle its resources, of a resource itself. */
function entriesOf(given: object): readonly object[] {
  const { resourceType, entry } = given as {
    readonly resourceType?: unknown;
    readonly entry?: readonly { readonly resource?: object }[];
  };
  if (resourceType !== 'Bundle') return [given];
  return (entry ?? []).flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
}

const unwritable = (place: string, reason: string): Failure =>
  new Failure({
    code: 'HL7_UNWRITABLE',
    kind: 'validation',
    message: `The HL7 message cannot be written at ${place}: ${reason}.`,
    fix: 'Look at what the step is given; correct the map, or have the sender correct the record.',
    at: { path: place },
    retry: { again: false },
  });
