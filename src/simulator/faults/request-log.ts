import { Ring } from '../ring.ts';

/** One request to the hospital's servers, as `GET /admin/requests` lists it. */
export interface RequestRecord {
  /** Counts up; says where a test left off. */
  readonly number: number;
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** What was answered; for a lost reply, what would have been. 0 when nothing was. */
  readonly status: number;
  /** From its arrival to the end of its answer, milliseconds. */
  readonly milliseconds: number;
  /** Whose token it carried. */
  readonly clientId?: string;
  readonly accept?: string;
  /** What it met, when something was wrong. */
  readonly faults?: readonly string[];
}

export interface RequestFilter {
  /** Text in the path. */
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  readonly status?: number | undefined;
  readonly clientId?: string | undefined;
  /** Only those with a greater number. */
  readonly after?: number | undefined;
}

const remembered = 5_000;

/** The newest requests, and how many there were. */
export class RequestLog {
  #ring = new Ring<RequestRecord>(remembered);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(record: Omit<RequestRecord, 'number'>): void {
    this.#total += 1;
    this.#ring.add({ number: this.#total, ...record });
  }

  clear(): void {
    this.#ring = new Ring<RequestRecord>(remembered);
  }

  /** The newest that fit, oldest first. */
  newest(limit: number, { path, method, status, clientId, after }: RequestFilter = {}): RequestRecord[] {
    if (limit <= 0) return [];
    return this.#ring
      .newest(remembered)
      .filter(
        (record) =>
          (path === undefined || record.path.includes(path)) &&
          (method === undefined || record.method === method) &&
          (status === undefined || record.status === status) &&
          (clientId === undefined || record.clientId === clientId) &&
          (after === undefined || record.number > after),
      )
      .slice(-limit);
  }
}
