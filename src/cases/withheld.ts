/** Which fields of a record minimum necessary has taken out, by name. Pure; of texts that are made up or for people who may read them. */
import type { Format } from '../message/index.ts';

/** `PID-7`, `PV1` for a whole segment; `subject.display`, an element once however often it stands. In the order of the record. */
export function withheldFields(format: Format, before: Uint8Array, after: Uint8Array): readonly string[] {
  if (before === after) return [];
  const [was, is] = [before, after].map((bytes) => Buffer.from(bytes).toString('latin1')) as [string, string];
  return format === 'hl7' ? hl7Fields(was, is) : elements(JSON.parse(was), JSON.parse(is));
}

function hl7Fields(was: string, is: string): readonly string[] {
  const separator = was[3] ?? '|';
  const filled = (text: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const segment of text.split(/\r\n|\r|\n/)) {
      const cells = segment.split(separator);
      for (const [index, cell] of cells.entries()) {
        if (cell === '') continue;
        const name = index === 0 ? cell : `${cells[0]}-${index}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return counts;
  };
  const left = filled(is);
  const fewer = [...filled(was)]
    .filter(([name, count]) => (left.get(name) ?? 0) < count)
    .map(([name]) => name);
  const whole = new Set(fewer.filter((name) => !name.includes('-') && !left.has(name)));
  return fewer.filter((name) =>
    name.includes('-') ? !whole.has(name.slice(0, name.indexOf('-'))) : whole.has(name),
  );
}

function elements(was: unknown, is: unknown): readonly string[] {
  const gone = new Set<string>();
  const compare = (before: unknown, after: unknown, path: string): void => {
    if (Array.isArray(before)) {
      for (const [index, one] of before.entries())
        compare(one, Array.isArray(after) ? after[index] : undefined, path);
    } else if (typeof before === 'object' && before !== null) {
      const left = (typeof after === 'object' && after !== null ? after : {}) as Record<string, unknown>;
      for (const [name, one] of Object.entries(before)) {
        const inside = path === '' ? name : `${path}.${name}`;
        if (name in left) compare(one, left[name], inside);
        else gone.add(inside);
      }
    } else if (before !== null && (after === null || after === undefined)) gone.add(path);
  };
  compare(was, is, '');
  return [...gone];
}
