import { localDate } from '../world/calendar.ts';
import type { Site } from './declaration.ts';
import { refuse } from './outcome.ts';

/** How many document queries each client made on the hospital's day. Beyond the switch `dailyDocuments`: 4135. */
export class DocumentQuota {
  readonly #site: Site;
  readonly #counts = new Map<string, number>();
  #day = '';

  constructor(site: Site) {
    this.#site = site;
  }

  /** Counts one query. Throws a Refusal when it is one too many. */
  count(clientId: string): void {
    const { behaviour, hospital } = this.#site;
    if (behaviour.dailyDocuments === 0) return;
    const today = localDate(this.#site.now(), hospital.timeZone);
    if (today !== this.#day) this.#counts.clear();
    this.#day = today;
    const count = (this.#counts.get(clientId) ?? 0) + 1;
    this.#counts.set(clientId, count);
    if (count > behaviour.dailyDocuments) throw refuse(4135);
  }
}
