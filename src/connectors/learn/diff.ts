/**
 * Learns from exports of all there is: each resource of one is compared with what has been seen, a batch at a time, so that
 * memory does not grow with the export. Where it has got to is committed with each batch.
 */
import type { FhirResource } from '../../fhir/index.ts';
import type { Json } from '../../std/index.ts';
import type { ConnectionContext, LearnAnswer, LearnRequest } from '../contract.ts';
import { compare } from './compare.ts';
import type { Tally } from './findings.ts';
import type { Learnable } from './learnable.ts';

/** One resource of an export. */
export interface Exported {
  readonly resource: FhirResource;
  /** The line as it stands in the file. */
  readonly bytes: Uint8Array;
  /** Where to go on after this one: a file and a line, as its maker likes. */
  readonly place: Json;
}

/** One export of a site, which goes on over many turns. */
export interface ExportRun {
  /** The same for all the resources of one export. */
  readonly id: string;
  /** Its resources of one type, after a place (`null`: from the start). */
  resources(type: string, after: Json, signal: AbortSignal): AsyncIterable<Exported>;
}

export interface DiffOptions {
  readonly context: Pick<ConnectionContext, 'identifiers' | 'seen'>;
  readonly learnable: Pick<Learnable, 'resource' | 'identify'>;
  readonly findings: () => Tally;
  /**
   * The export to read: the one of this id if there is one, else the next. `null`, with a time to wait: none is ready.
   */
  readonly run: (
    request: LearnRequest,
    last: { readonly id: string; readonly done: boolean } | null,
  ) => Promise<ExportRun | { readonly wait: number }>;
  /** The roster key of the patient that a record is about. */
  readonly patientOf?: (resource: FhirResource) => string | undefined;
  /** Resources compared and committed together. */
  readonly batch?: number;
}

interface Position {
  readonly kind: 'bulk';
  readonly id: string;
  readonly after: Json;
  readonly done: boolean;
  readonly count: number;
}

const BATCH = 500;

function positionOf(cursor: Json): Position | null {
  const { kind, id, after, done, count } = (cursor ?? {}) as Partial<Record<keyof Position, Json>>;
  if (kind !== 'bulk' || typeof id !== 'string') return null;
  return {
    kind: 'bulk',
    id,
    after: after ?? null,
    done: done === true,
    count: typeof count === 'number' ? count : 0,
  };
}

export function createDiff(options: DiffOptions): (request: LearnRequest) => Promise<LearnAnswer> {
  const { learnable, context } = options;
  const size = options.batch ?? BATCH;
  let open: { id: string; at: Json; items: AsyncIterator<Exported> } | null = null;

  return async (request) => {
    const { cursor, signal, seed = false } = request;
    const last = positionOf(cursor);
    const run = await options.run(request, last === null ? null : { id: last.id, done: last.done });
    if ('wait' in run) {
      return { inbound: [], cursor, findings: [], more: false, wait: run.wait };
    }
    const same = last !== null && last.id === run.id && !last.done;
    const after = same ? last.after : null;
    // Kept open between turns; after a restart, or when a commit was refused, it is opened at the committed place.
    if (open === null || open.id !== run.id || JSON.stringify(open.at) !== JSON.stringify(after)) {
      open = {
        id: run.id,
        at: after,
        items: run.resources(learnable.resource, after, signal)[Symbol.asyncIterator](),
      };
    }
    const batch: Exported[] = [];
    let ended = false;
    while (batch.length < size) {
      const { done, value } = await open.items.next();
      if (done) {
        ended = true;
        break;
      }
      batch.push(value);
    }
    const findings = options.findings();
    const found = await compare(
      batch.map((record) => {
        const patient = options.patientOf?.(record.resource);
        return { ...(patient === undefined ? {} : { patient }), records: [record] };
      }),
      learnable,
      context,
      findings,
      seed,
    );
    const place = batch.at(-1)?.place ?? after;
    open.at = place;
    if (ended) open = null;
    const next: Position = {
      kind: 'bulk',
      id: run.id,
      after: place,
      done: ended,
      count: (same ? last.count : 0) + batch.length,
    };
    return {
      ...found,
      cursor: { ...next },
      findings: findings.list(),
      more: !ended,
      ...(ended && seed ? { seeded: true, wait: 0 } : {}),
    };
  };
}
