/**
 * What is left until somebody asks for it again, under a number that is used again after that. For what comes and goes by the
 * thousand a second, where a Map would be wrong: a Map that is emptied and filled again makes itself a new table now and then,
 * and V8 keeps each old table pointing at the next. Once one of them is old, all that any later table still held is carried
 * over as if it were in use, until memory is looked through as a whole: with 32 messages under way, 9 of 40 MB each time.
 * @example
 * const callers = new Cloakroom<(answer: string) => void>();
 * const ticket = callers.leave((answer) => console.log(answer));
 * callers.take(ticket)?.('here it is'); // and nobody has this ticket any more
 */
export class Cloakroom<Item extends object> {
  #items: (Item | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number under which it can be taken. */
  leave(item: Item): number {
    const ticket = this.#free.pop() ?? this.#items.length;
    this.#items[ticket] = item;
    return ticket;
  }

  /** Once; `undefined` when nothing is there. */
  take(ticket: number): Item | undefined {
    const item = this.#items[ticket];
    if (item === undefined) return undefined;
    this.#items[ticket] = undefined;
    this.#free.push(ticket);
    return item;
  }

  /** All that was left; nothing is there after that, and the numbers under which it was are not used again. */
  empty(): readonly Item[] {
    const all = this.#items.filter((item) => item !== undefined);
    this.#items.fill(undefined);
    return all;
  }
}
