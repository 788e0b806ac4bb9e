/** The list of work: what of an export was not carried over, or is to be looked at, each with its place and what to do. */

export interface WorkItem {
  /**
   * `to do`: it does not run before somebody did it. `look at`: it runs, and may not do quite the same. `left out`: it has
   * no counterpart and is needed by nothing that was carried over.
   */
  readonly level: 'to do' | 'look at' | 'left out';
  /** The channel’s name, or what else of the export it is. */
  readonly channel: string;
  /** The part: `destination "Lab", transformer step 2 "Names"`. */
  readonly part: string;
  readonly file: string;
  /** Of the export. */
  readonly line: number;
  /** Of the script, from 1. */
  readonly scriptLine?: number;
  readonly reason: string;
  readonly fix: string;
}

/** What stands in a list already: the same of the same place is said once, however many flows come past it. */
const said = new WeakMap<WorkItem[], Set<string>>();

/** Where something of a channel stands, for its items. */
export class Place {
  readonly #list: WorkItem[];
  readonly channel: string;
  readonly file: string;
  readonly part: string;

  constructor(list: WorkItem[], channel: string, file: string, part = 'channel') {
    this.#list = list;
    this.channel = channel;
    this.file = file;
    this.part = part;
  }

  of(part: string): Place {
    return new Place(this.#list, this.channel, this.file, part);
  }

  add(level: WorkItem['level'], line: number, reason: string, fix: string, scriptLine?: number): void {
    const { channel, part, file } = this;
    const item = {
      level,
      channel,
      part,
      file,
      line,
      reason,
      fix,
      ...(scriptLine === undefined ? {} : { scriptLine }),
    };
    const seen = said.get(this.#list) ?? new Set<string>();
    said.set(this.#list, seen);
    const key = [channel, part, line, reason].join('\n');
    if (seen.has(key)) return;
    seen.add(key);
    this.#list.push(item);
  }

  toDo(line: number, reason: string, fix: string, scriptLine?: number): void {
    this.add('to do', line, reason, fix, scriptLine);
  }

  lookAt(line: number, reason: string, fix: string, scriptLine?: number): void {
    this.add('look at', line, reason, fix, scriptLine);
  }
}
