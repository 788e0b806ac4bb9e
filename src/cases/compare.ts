/** What a flow did beside what was expected of it, field by field. */
import { stringify } from 'yaml';
import type { Json } from '../std/index.ts';
import { CASE_FORMAT, type Case, type Expectation, type ExpectedCall } from './case.ts';
import type { Answers, Played, PlayedCall } from './play.ts';

/** One place at which both differ; `undefined` where one of them has nothing. */
export interface CaseDifference {
  /** `added (app create): body.start`. */
  readonly place: string;
  readonly expected?: Json;
  readonly got?: Json;
}

/** Effects must be the expected ones in their order; finds and values are looked at where the expectation names them. */
export function compare(expected: Expectation, played: Played): readonly CaseDifference[] {
  const found: CaseDifference[] = [];
  if (!endsAs(expected.end, played.end))
    found.push({ place: 'end', expected: expected.end, got: played.end });
  const wanted = new Map(expected.calls.map((call) => [call.step, call]));
  const done = new Map(played.calls.map((call) => [call.step, call]));
  for (const call of expected.calls) {
    const got = done.get(call.step);
    if (got === undefined) found.push({ place: titleOf(call), expected: call.with ?? {} });
    else if (titleOf(call) !== titleOf(toldCall(got))) {
      found.push({ place: call.step, expected: actOf(call), got: actOf(toldCall(got)) });
    } else found.push(...differences(call.with ?? {}, got.args ?? {}, `${titleOf(call)}:`));
  }
  for (const call of played.calls) {
    if (call.effect && !wanted.has(call.step)) found.push({ place: titleOf(toldCall(call)), got: call.args });
  }
  const order = (calls: readonly string[]): string => calls.join(', ');
  const effects = (calls: readonly ExpectedCall[]): string[] =>
    calls.filter((call) => call.does !== undefined).map(({ step }) => step);
  const [first, second] = [effects(expected.calls), effects(played.calls.map(toldCall))];
  if (order(first) !== order(second) && order([...first].sort()) === order([...second].sort())) {
    found.push({ place: 'order of effects', expected: order(first), got: order(second) });
  }
  for (const [step, value] of Object.entries(expected.values)) {
    const output = played.trace.find((entry) => entry.step === step)?.output;
    found.push(...differences(value, (output ?? null) as Json, `value of ${step}:`));
  }
  return found;
}

/** `sleeping at wait` is enough where the time does not matter. */
const endsAs = (expected: string, got: string): boolean =>
  expected === got || (expected.startsWith('sleeping at ') && got.startsWith(`${expected} until `));

const actOf = (call: ExpectedCall): string => (call.does ? `does ${call.does}` : `asks ${call.asks}`);
const titleOf = (call: ExpectedCall): string => `${call.step} (${call.does ?? call.asks})`;

function toldCall({ step, connection, do: capability, args, effect }: PlayedCall): ExpectedCall {
  const act = `${connection} ${capability}`;
  return { step, ...(effect ? { does: act } : { asks: act }), with: args as ExpectedCall['with'] };
}

function differences(expected: unknown, got: unknown, place: string): CaseDifference[] {
  if (isObject(expected) && isObject(got)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
    return keys.flatMap((key) => differences(expected[key], got[key], joined(place, key)));
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    const length = Math.max(expected.length, got.length);
    return Array.from({ length }, (_, index) =>
      differences(expected[index], got[index], `${place}${place.endsWith(':') ? ' ' : ''}[${index}]`),
    ).flat();
  }
  if (JSON.stringify(expected) === JSON.stringify(got)) return [];
  return [
    {
      place: place.replace(/:$/, ''),
      ...(expected === undefined ? {} : { expected: expected as Json }),
      ...(got === undefined ? {} : { got: got as Json }),
    },
  ];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const joined = (place: string, key: string): string =>
  place.endsWith(':') ? `${place} ${key}` : `${place}.${key}`;

/** What was played, as the text of expect.yaml. Values that the expectation before named are kept up. */
export function expectationText(played: Played, before: Expectation | null): string {
  const named = Object.keys(before?.values ?? {});
  const values = Object.fromEntries(
    named.map((step) => [step, played.trace.find((entry) => entry.step === step)?.output ?? null]),
  );
  return stringify(
    {
      format: CASE_FORMAT,
      end: played.end,
      calls: played.calls
        .filter((call) => call.connection !== '')
        .map(toldCall)
        .map((call) => ({ ...call, with: plain(call.with) })),
      ...(named.length > 0 ? { values: plain(values) } : {}),
    },
    { lineWidth: 110, aliasDuplicateObjects: false },
  );
}

/** Without undefined, as YAML and JSON have none. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? {}));

/** A step of a list by its own key (`notify[3]`), else all of them by the step’s. */
export function answersOf({ settings }: Case): Answers {
  const read = (from: Readonly<Record<string, Json>>, step: string): Json | undefined => {
    for (const key of [step, step.replaceAll(/\[\d+\]/g, '')]) {
      if (Object.hasOwn(from, key)) return from[key];
    }
    return undefined;
  };
  return ({ step }, later) => {
    const then = later ? read(settings.later, step) : undefined;
    return then === undefined ? read(settings.answers, step) : then;
  };
}
