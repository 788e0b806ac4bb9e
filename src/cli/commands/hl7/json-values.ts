/** JSON that people give: one value, a list of values, or one value a line. */
import { notDone } from './refusal.ts';

export interface GivenValue {
  /** `plan.json`, or `plan.json#3` of several. */
  readonly name: string;
  readonly value: unknown;
}

/** The values of a file. A list is several values, and so are lines that are each JSON of their own. */
export function givenValues(file: string, text: string): GivenValue[] {
  const whole = read(text);
  if (whole.fault === undefined && !(Array.isArray(whole.value) && whole.value.length === 0)) {
    if (!Array.isArray(whole.value)) return [{ name: file, value: whole.value }];
    return whole.value.map((value: unknown, index) => ({ name: `${file}#${index + 1}`, value }));
  }
  const lines = (whole.fault === undefined ? '' : text).split(/\r?\n/);
  const values: GivenValue[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const each = read(line);
    if (each.fault !== undefined)
      throw notDone(
        values.length === 0
          ? `${file} is not JSON${whole.fault}.`
          : `${file}, line ${index + 1}: this is not JSON.`,
        'Give one JSON value, a list of them, or one on each line.',
      );
    values.push({ name: `${file}#${values.length + 1}`, value: each.value });
  }
  if (values.length === 0)
    throw notDone(`${file} is empty.`, 'Give one JSON value, a list of them, or one on each line.');
  return values;
}

/** The place of a fault and never the text around it, which would be of a patient. */
function read(text: string): { value: unknown; fault?: undefined } | { value?: undefined; fault: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const place = /at position \d+ \(line (\d+) column (\d+)\)|at position (\d+)/.exec(
      (error as Error).message,
    );
    const [, line, column, position] = place ?? [];
    if (line !== undefined) return { fault: ` at line ${line}, column ${column}` };
    return { fault: position === undefined ? '' : ` at character ${Number(position) + 1}` };
  }
}
