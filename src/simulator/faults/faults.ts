import { createRandom, type Random } from '../world/random.ts';
import { type ActiveFault, type Fault, readFault } from './rule.ts';

/** What a request is, as far as faults can tell requests apart. */
export interface RequestShape {
  readonly method: string;
  readonly path: string;
}

interface Entry {
  readonly id: number;
  readonly fault: Fault;
  left: number;
  met: number;
}

const mostFaults = 1_000;

/** What is wrong with the hospital's servers at the moment. */
export class Faults {
  readonly #entries: Entry[] = [];
  readonly #random: Random;
  #lastId = 0;

  constructor(seed: string) {
    this.#random = createRandom(seed, 'faults');
  }

  /** Puts a fault in force. Throws BadFault. */
  add(fault: Fault): ActiveFault {
    const entry = {
      id: ++this.#lastId,
      fault: readFault(fault as unknown as Record<string, unknown>),
      left: fault.count ?? Number.POSITIVE_INFINITY,
      met: 0,
    };
    this.#entries.push(entry);
    if (this.#entries.length > mostFaults) this.#entries.shift();
    return shown(entry);
  }

  remove(id: number): boolean {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    if (index >= 0) this.#entries.splice(index, 1);
    return index >= 0;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  list(): ActiveFault[] {
    return this.#entries.map(shown);
  }

  get any(): boolean {
    return this.#entries.length > 0;
  }

  /** How far the clock is off, milliseconds. */
  get skewMs(): number {
    let seconds = 0;
    for (const { fault } of this.#entries) if (fault.kind === 'clock-skew') seconds += fault.seconds;
    return seconds * 1000;
  }

  /**
   * The faults that a request meets, in the order in which they were put in force; each is counted as met.
   * After one that ends the request nothing further is looked at, so that its dice are not thrown for nothing.
   */
  meet(request: RequestShape): Fault[] {
    const met: Fault[] = [];
    for (const entry of [...this.#entries]) {
      const { fault } = entry;
      if (fault.kind === 'clock-skew' || !this.#concerns(fault, request)) continue;
      met.push(this.#count(entry));
      if (['status', 'outcome', 'reset'].includes(fault.kind)) break;
    }
    return met;
  }

  /** A message as the feeds send it: with the codes in it that nobody has seen before. */
  rewrite(message: string): string {
    let text = message;
    for (const entry of [...this.#entries]) {
      const { fault } = entry;
      if (fault.kind !== 'unknown-code' || !fault.segment || !fault.field) continue;
      const changed = withField(text, fault.segment, fault.field, fault.code);
      if (changed === text || !this.#isHit(fault)) continue;
      text = changed;
      this.#count(entry);
    }
    return text;
  }

  #concerns(fault: Fault, { method, path }: RequestShape): boolean {
    if (fault.kind === 'unknown-code' && !fault.element) return false;
    const inside = path.startsWith('/epic') || fault.path?.startsWith('/generic') === true;
    if (!inside || !path.includes(fault.path ?? '')) return false;
    if (fault.method && fault.method.toUpperCase() !== method) return false;
    if (fault.type && !path.split('/').includes(fault.type)) return false;
    return this.#isHit(fault);
  }

  #isHit({ probability }: Fault): boolean {
    return probability === undefined || this.#random.chance(probability);
  }

  #count(entry: Entry): Fault {
    entry.met += 1;
    entry.left -= 1;
    if (entry.left <= 0) this.remove(entry.id);
    return entry.fault;
  }
}

function shown({ id, fault, left, met }: Entry): ActiveFault {
  return { ...fault, ...(Number.isFinite(left) ? { count: left } : {}), id, met };
}

/** A message with another value in one field of each segment of a name. */
function withField(message: string, name: string, field: number, value: string): string {
  const lines = message.split('\r');
  return lines
    .map((line) => {
      if (!line.startsWith(`${name}|`)) return line;
      const fields = line.split('|');
      const index = name === 'MSH' ? field - 1 : field;
      if (fields[index] === undefined || fields[index] === '') return line;
      const [, ...rest] = (fields[index] as string).split('^');
      fields[index] = [value, ...rest].join('^');
      return fields.join('|');
    })
    .join('\r');
}
