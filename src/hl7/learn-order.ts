/** Beyond this many kinds of segments the order is not learned: pairs grow with the square. */
const most = 60;

/** The order in which segments first stand, and whether all messages agree about it. */
export class SegmentOrder {
  readonly #places = new Map<string, { sum: number; messages: number }>();
  /** `PID PV1` where PID was seen to stand first. */
  readonly #before = new Set<string>();
  #agrees = true;

  /** Ids in the order of their first places in one message. */
  add(ids: readonly string[]): void {
    for (const [place, id] of ids.entries()) {
      const seen = this.#places.get(id);
      if (seen === undefined) {
        if (this.#places.size >= most) {
          this.#agrees = false;
          continue;
        }
        this.#places.set(id, { sum: place, messages: 1 });
      } else {
        seen.sum += place;
        seen.messages += 1;
      }
    }
    if (!this.#agrees) return;
    for (const [i, first] of ids.entries())
      for (let j = i + 1; j < ids.length; j += 1) {
        if (this.#before.has(`${ids[j]} ${first}`)) this.#agrees = false;
        this.#before.add(`${first} ${ids[j]}`);
      }
  }

  /** In order: what was seen before another stands before it; where nothing was seen, by the usual place. */
  ids(): string[] {
    const mean = (id: string): number => {
      const { sum, messages } = this.#places.get(id) ?? { sum: 0, messages: 1 };
      return sum / messages;
    };
    const waiting = [...this.#places.keys()].sort((a, b) => mean(a) - mean(b));
    if (!this.#agrees) return waiting;
    const ordered: string[] = [];
    while (waiting.length > 0) {
      const free = waiting.findIndex((id) => !waiting.some((other) => this.#before.has(`${other} ${id}`)));
      if (free < 0) {
        this.#agrees = false;
        return [...ordered, ...waiting];
      }
      ordered.push(...waiting.splice(free, 1));
    }
    return ordered;
  }

  /** True while no two messages, and no chain of them, contradict each other. */
  get agrees(): boolean {
    if (this.#agrees) this.ids();
    return this.#agrees;
  }
}
