/** A message to be made from nothing, as people write it in JSON. */
import type { NewMessage } from '../../../hl7/index.ts';
import { nearest } from '../../../std/index.ts';
import { notDone } from './refusal.ts';

const texts = [
  'type',
  'time',
  'controlId',
  'version',
  'processingId',
  'sendingApplication',
  'sendingFacility',
  'receivingApplication',
  'receivingFacility',
  'charset',
] as const;

/** Checks shapes and nothing else: names of fields are the dictionary's to judge. `at` is the file. */
export function newMessageOf(
  given: Readonly<Record<string, unknown>>,
  at: string,
): Omit<NewMessage, 'time' | 'controlId'> & Partial<NewMessage> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === 'segments') continue;
    if (!(texts as readonly string[]).includes(key)) {
      const near = nearest(key, [...texts, 'segments']);
      throw wrong(
        at,
        key,
        near === undefined ? 'there is no such key' : `there is no such key; did you mean "${near}"`,
      );
    }
    if (typeof value !== 'string') throw wrong(at, key, 'a text is expected');
    read[key] = value;
  }
  const { segments } = given;
  if (typeof given.type !== 'string' || !Array.isArray(segments))
    throw notDone(
      `${at} is no message.`,
      'It has a "form" as "suture hl7 json" prints it, or a "type" and "segments": [["PID", ...]].',
    );
  return {
    ...(read as { type: string }),
    segments: segments.map((segment: unknown, index) =>
      segmentOf(segment, at, `segments[${index}]`),
    ) as unknown as NewMessage['segments'],
  };
}

function segmentOf(segment: unknown, at: string, place: string): unknown[] {
  if (!Array.isArray(segment) || typeof segment[0] !== 'string')
    throw wrong(at, place, 'a list is expected that begins with the id of the segment');
  const [id, first] = segment as [string, unknown];
  if (segment.length === 2 && isObject(first) && !('repetitions' in first) && typeof first.raw !== 'string')
    return [
      id,
      Object.fromEntries(
        Object.entries(first).map(([key, value]) => [key, content(value, at, `${place}.${key}`, 0)]),
      ),
    ];
  return [
    id,
    ...segment.slice(1).map((value: unknown, index) => content(value, at, `${place}[${index + 1}]`, 0)),
  ];
}

/** A field (level 0) has components, these have subcomponents, and below is nothing. */
function content(value: unknown, at: string, place: string, level: number): unknown {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (level < 2 && Array.isArray(value))
    return value.map((each: unknown, index) => content(each, at, `${place}[${index}]`, level + 1));
  if (level === 0 && isObject(value) && typeof value.raw === 'string') return value;
  if (level === 0 && isObject(value) && Array.isArray(value.repetitions))
    return {
      repetitions: value.repetitions.map((each: unknown, index) =>
        repetition(each, at, `${place}[${index}]`),
      ),
    };
  if (level < 2 && isObject(value) && !('repetitions' in value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, content(each, at, `${place}.${key}`, level + 1)]),
    );
  throw wrong(
    at,
    place,
    level === 2 ? 'a text or null is expected' : 'a text, null, a list or an object of parts is expected',
  );
}

function repetition(value: unknown, at: string, place: string): unknown {
  if (isObject(value) && ('repetitions' in value || 'raw' in value))
    throw wrong(at, place, 'a text, a list or an object of parts is expected');
  return content(value, at, place, 0);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (at: string, place: string, text: string) =>
  notDone(
    `${at}: ${place}: ${text}${text.includes('did you mean') ? '?' : '.'}`,
    'Correct the JSON and run the command again.',
  );
