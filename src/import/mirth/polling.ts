/** How often a source of Mirth looked: every so often, at a time of the day, or by cron expressions of Quartz. */
import { child, isTrue, textAt, type XmlElement } from '../xml/element.ts';
import type { Connector } from './export.ts';
import type { Place } from './work.ts';

const DAY = 86_400;
/** The least that a folder is looked at. */
const LEAST = 1;

const pollOf = (properties: XmlElement): XmlElement | undefined =>
  child(properties, 'pollConnectorProperties');

/** 3.0 to 3.2 wrote `interval` and `time`. */
const typeOf = (poll: XmlElement | undefined): string =>
  textAt(poll, 'pollingType').toUpperCase() || 'INTERVAL';

const secondsOf = (poll: XmlElement | undefined): number => {
  const given = Number(textAt(poll, 'pollingFrequency') || '5000');
  return Number.isFinite(given) ? Math.max(LEAST, Math.round(given / 1_000)) : 5;
};

export const durationText = (seconds: number): string =>
  seconds % 3_600 === 0 ? `${seconds / 3_600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;

const two = (text: string): string => text.padStart(2, '0');

/** For people: `every 5s`, `at 02:00`, `by 0 0 6 ? * MON-FRI`. */
export function pollingText({ properties }: Connector): string {
  const poll = pollOf(properties);
  if (typeOf(poll) === 'TIME')
    return `at ${two(textAt(poll, 'pollingHour') || '0')}:${two(textAt(poll, 'pollingMinute') || '0')} each day`;
  if (typeOf(poll) === 'CRON') return `by ${expressionsOf(poll).join('; ') || 'no expression'}`;
  return `every ${durationText(secondsOf(poll))}`;
}

/** How often a folder is looked at; left out: as often as Suture does by itself. */
export function everyOf(connector: Connector, place: Place): string | undefined {
  const poll = pollOf(connector.properties);
  if (poll === undefined) return undefined;
  if (typeOf(poll) !== 'INTERVAL') {
    place.lookAt(
      poll.line,
      `it looked for files ${pollingText(connector)}`,
      'Suture takes files as they come, every 30 s; set take.every, or have the flow hold what comes at other hours.',
    );
    return undefined;
  }
  if (hasHours(poll))
    place.lookAt(poll.line, 'it looked on some days or hours only', 'Suture takes files as they come.');
  return durationText(secondsOf(poll));
}

const advancedOf = (poll: XmlElement | undefined): XmlElement | undefined =>
  child(poll, 'pollConnectorPropertiesAdvanced');

/** Booleans by the day of the week, from Sunday at 1: what is `true` is off. */
const daysOff = (poll: XmlElement | undefined): readonly number[] =>
  (child(advancedOf(poll), 'inactiveDays')?.children ?? []).flatMap(({ text }, index) =>
    text.trim() === 'true' && index > 0 ? [index - 1] : [],
  );

const hasHours = (poll: XmlElement | undefined): boolean =>
  daysOff(poll).length > 0 || textAt(advancedOf(poll), 'allDay') === 'false' || isMonthly(poll);

const isMonthly = (poll: XmlElement | undefined): boolean => textAt(advancedOf(poll), 'weekly') === 'false';

/** The cron expression of a schedule trigger. */
export function scheduleOf(connector: Connector, place: Place): string {
  const poll = pollOf(connector.properties);
  const line = poll?.line ?? connector.line;
  if (isTrue(poll, 'pollOnStart'))
    place.lookAt(
      line,
      'it ran once when the channel started, too',
      'A schedule starts nothing by itself when the engine starts; `suture run` does it by hand.',
    );
  switch (typeOf(poll)) {
    case 'TIME':
      return withDays(
        [
          String(Number(textAt(poll, 'pollingMinute'))),
          String(Number(textAt(poll, 'pollingHour'))),
          '*',
          '*',
          '*',
        ],
        poll,
      );
    case 'CRON':
      return byCron(expressionsOf(poll), place, line);
    default:
      return withDays(interval(secondsOf(poll), place, line), poll);
  }
}

/** The largest divisor of a whole that is no larger: what a cron expression can repeat evenly. */
const divisor = (whole: number, wanted: number): number => {
  for (let at = Math.min(wanted, whole); at > 1; at -= 1) if (whole % at === 0) return at;
  return 1;
};

const each = (step: number): string => (step === 1 ? '*' : `*/${step}`);

function interval(seconds: number, place: Place, line: number): readonly string[] {
  const told = (exact: number): void => {
    if (exact !== seconds)
      place.lookAt(
        line,
        `it ran every ${durationText(seconds)}, which does not go evenly into the hour or the day`,
        `The schedule runs every ${durationText(exact)}; set another one where that matters.`,
      );
  };
  if (seconds < 60) {
    const step = divisor(60, seconds);
    told(step);
    return [each(step), '*', '*', '*', '*', '*'];
  }
  if (seconds < 3_600) {
    const step = divisor(60, Math.floor(seconds / 60));
    told(step * 60);
    return [each(step), '*', '*', '*', '*'];
  }
  const step = seconds >= DAY ? 24 : divisor(24, Math.floor(seconds / 3_600));
  told(step * 3_600);
  return step === 24 ? ['0', '0', '*', '*', '*'] : ['0', each(step), '*', '*', '*'];
}

/** The days and hours in which it ran. */
function withDays(fields: readonly string[], poll: XmlElement | undefined): string {
  const made = [...fields];
  const [hour, day, weekday] = [made.length - 4, made.length - 3, made.length - 1];
  if (isMonthly(poll)) made[day] = textAt(advancedOf(poll), 'dayOfMonth') || '1';
  const off = daysOff(poll);
  if (!isMonthly(poll) && off.length > 0 && off.length < 7)
    made[weekday] = [0, 1, 2, 3, 4, 5, 6].filter((one) => !off.includes(one)).join(',');
  const advanced = advancedOf(poll);
  if (textAt(advanced, 'allDay') === 'false' && made[hour] === '*') {
    const from = Number(textAt(advanced, 'startingHour') || '0');
    const until = Number(textAt(advanced, 'endingHour') || '24');
    if (until > from) made[hour] = `${from}-${Math.max(from, until - 1)}`;
  }
  return made.join(' ');
}

// ---------------------------------------------------------------- Quartz

const expressionsOf = (poll: XmlElement | undefined): readonly string[] =>
  (child(poll, 'cronJobs')?.children ?? [])
    .map((job) => textAt(job, 'expression') || job.text.trim())
    .filter((text) => text !== '');

/** Quartz counts seconds first, has `?`, numbers Sunday 1, and may name years. */
function fieldsOf(expression: string): readonly string[] | undefined {
  const given = expression.trim().split(/\s+/);
  if ((given.length !== 6 && given.length !== 7) || (given[6] ?? '*') !== '*') return undefined;
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = given.map(
    (field) => (field === '?' ? '*' : field),
  );
  const numbered = weekday.replace(/(?<![#\d])\d(?!\d)/g, (digit) => String((Number(digit) + 6) % 7));
  // A range that began on Sunday still does: 1-7 is 0-6.
  return [second, minute, hour, day, month, numbered];
}

function byCron(expressions: readonly string[], place: Place, line: number): string {
  const read = expressions.map(fieldsOf);
  const [first] = read;
  if (first === undefined || read.some((each) => each === undefined)) {
    place.toDo(
      line,
      `its schedule (${expressions.join('; ') || 'none'}) cannot be said here`,
      'Write it into the flow: minute, hour, day, month, day of the week; a field more in front for seconds.',
    );
    return 'not set';
  }
  const all = read as readonly (readonly string[])[];
  const apart = first.flatMap((_, index) => (new Set(all.map((one) => one[index])).size > 1 ? [index] : []));
  if (apart.length > 1)
    place.toDo(
      line,
      `it has ${expressions.length} schedules: ${expressions.join('; ')}`,
      'The flow has the first; make a flow of its own for each of the others.',
    );
  const fields =
    apart.length === 1
      ? first.map((field, index) =>
          index === apart[0] ? [...new Set(all.map((one) => one[index]))].join(',') : field,
        )
      : first;
  return (fields[0] === '0' ? fields.slice(1) : fields).join(' ');
}
