import { randomBytes } from 'node:crypto';
import { issue, type Resource } from '../fhir/outcome.ts';
import { type BulkCaller, type JobParts, type Progress, runExport } from './export-job.ts';
import type { ExportFile } from './files.ts';
import type { Group, Groups } from './groups.ts';
import { refused } from './refuse.ts';
import type { Wanted } from './wanted.ts';

/** One export, from its kick-off until its files are deleted. */
export interface BulkRequest {
  readonly id: string;
  readonly clientId: string;
  readonly groupId: string;
  /** The address of the kick-off. */
  readonly address: string;
  /** Hospital time. */
  readonly begun: number;
  readonly progress: Progress;
  readonly cancel: AbortController;
  /** Set when it is over: files, or the reason why there are none. */
  files?: readonly ExportFile[];
  failed?: Resource;
}

const day = 86_400_000;
const hour = 3_600_000;
const tooSoon =
  'Error processing Bulk Data Kickoff request: Request not allowed: The Client requested this Group too recently.';

/** The exports of the hospital. */
export class BulkRequests {
  readonly groups: Groups;
  readonly #requests = new Map<string, BulkRequest>();
  /** When a client last asked for a group, in hospital time; deleting an export does not take it back. */
  readonly #lastAsked = new Map<string, number>();
  readonly #parts: JobParts;
  readonly #hospitalNow: () => number;
  readonly #running = new Set<Promise<void>>();
  /** Exports begin held. */
  hold = false;
  /** How many of the next exports fail while they are made. */
  failNext = 0;
  /** How many of the next downloads end after so many bytes. */
  cutNext: { times: number; bytes: number } = { times: 0, bytes: 0 };

  constructor(groups: Groups, parts: JobParts, hospitalNow: () => number) {
    this.groups = groups;
    this.#parts = parts;
    this.#hospitalNow = hospitalNow;
  }

  list(): BulkRequest[] {
    this.#expire();
    return [...this.#requests.values()];
  }

  /** Begins an export. Throws a Refusal within the window of the same client and group. */
  begin(caller: BulkCaller, group: Group, wanted: Wanted, address: string): BulkRequest {
    this.#expire();
    const { bulkWindowHours, bulkTooSoonStatus } = this.#parts.behaviour;
    const now = this.#hospitalNow();
    const key = `${caller.clientId}\n${group.id}`;
    const last = this.#lastAsked.get(key);
    if (last !== undefined && now - last < bulkWindowHours * hour) {
      throw refused(bulkTooSoonStatus, 59159, { diagnostics: tooSoon });
    }
    this.#lastAsked.set(key, now);
    const members = [...this.groups.members(group)];
    const request: BulkRequest = {
      id: newName(),
      clientId: caller.clientId,
      groupId: group.id,
      address,
      begun: now,
      progress: { searched: 0, of: members.length, held: this.hold },
      cancel: new AbortController(),
    };
    this.#requests.set(request.id, request);
    const run = this.#run(request, caller, wanted, members).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return request;
  }

  /** The request of this id, while it is kept. */
  get(id: string): BulkRequest | undefined {
    this.#expire();
    return this.#requests.get(id);
  }

  /** Calls an export off, or deletes its files. */
  remove(request: BulkRequest): void {
    this.#requests.delete(request.id);
    request.cancel.abort();
    for (const { name } of request.files ?? []) void this.#parts.room.remove(name);
  }

  /** Lets the exports that are held go on, and holds no further ones. */
  release(): void {
    this.hold = false;
    for (const { progress } of this.#requests.values()) progress.held = false;
  }

  /** Ends all exports and removes every file. */
  async close(): Promise<void> {
    for (const { cancel } of this.#requests.values()) cancel.abort();
    await Promise.all(this.#running);
    await this.#parts.room.close();
  }

  async #run(
    request: BulkRequest,
    caller: BulkCaller,
    wanted: Wanted,
    members: readonly string[],
  ): Promise<void> {
    const fails = this.failNext > 0;
    if (fails) this.failNext -= 1;
    try {
      const files = await runExport(
        { caller, wanted, members },
        request.progress,
        request.cancel.signal,
        this.#parts,
      );
      if (!files) return;
      if (fails) throw new Error('the export failed, as the admin API asked');
      request.files = files;
    } catch (error) {
      const diagnostics = (error as Error).message;
      request.failed = { resourceType: 'OperationOutcome', issue: [issue(59177, { diagnostics })] };
    }
  }

  #expire(): void {
    const oldest = this.#hospitalNow() - this.#parts.behaviour.bulkKeptDays * day;
    for (const request of this.#requests.values()) if (request.begun < oldest) this.remove(request);
  }
}

/** 32 hexadecimal digits, as Epic names requests and files. */
export function newName(): string {
  return randomBytes(16).toString('hex').toUpperCase();
}
