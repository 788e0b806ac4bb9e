/**
 * Learns resources from bulk exports: what has changed since the last one, told by content as a poll tells it. All
 * resources that are learnt from one Group share one export; each reads the files of its own type, and the last to be
 * done lets the server delete it. Patients of the export are the roster, too.
 */
import { type FhirResource, identifiersOf, referencedId, type SharedSlot } from '../../fhir/index.ts';
import type { Json } from '../../std/index.ts';
import type { ConnectionContext, LearnAnswer, LearnRequest, RosterEntry } from '../contract.ts';
import { compare, type Patientwise } from '../learn/compare.ts';
import { Tally } from '../learn/findings.ts';
import type { Learnable } from '../learn/learnable.ts';
import { type BulkClient, type BulkOptions, type BulkRecord, createBulkClient } from './export.ts';
import { bulkFailure } from './failures.ts';
import { type BulkMemory, type BulkPosition, type BulkState, IDLE } from './state.ts';

export interface BulkLearnOptions
  extends Omit<BulkOptions, 'group' | 'types' | 'memory' | 'window' | 'clock'> {
  readonly context: ConnectionContext;
  readonly learnables: readonly Pick<Learnable, 'resource' | 'identify'>[];
  /** Types that the server refuses to export by themselves, each with one that is asked for beside it. */
  readonly neverAlone?: Readonly<Record<string, string>>;
}

/** What is kept of one Group's export, for all nodes. */
interface Shared {
  readonly state: BulkState;
  /** Types that were read to the end, of the export in hand. */
  readonly taken: readonly string[];
}

/** Of one resource. */
interface Cursor {
  readonly position: BulkPosition | null;
  /** When the export began that was read to its end. */
  readonly done: number | null;
}

/** Records that are compared and committed together. */
const BATCH = 500;
const SOON = 1_000;

export interface BulkLearner {
  learn(request: LearnRequest): Promise<LearnAnswer>;
}

export function createBulkLearner(options: BulkLearnOptions): BulkLearner {
  const groups = new Map<string, ReturnType<typeof openGroup>>();
  return {
    learn(request) {
      const { group } = request.settings;
      const learnable = options.learnables.find(({ resource }) => resource === request.resource);
      if (group === undefined || learnable === undefined) {
        throw bulkFailure('BULK_GROUP_MISSING', {
          fix: `Add learn.${request.resource}.group to the site record.`,
        });
      }
      // The interval is of the Group: the server counts its exports, not our resources.
      let opened = groups.get(group);
      if (opened === undefined) {
        opened = openGroup(group, request.settings.every, options);
        groups.set(group, opened);
      }
      return opened.learn(request, learnable);
    },
  };
}

function openGroup(group: string, every: number, options: BulkLearnOptions) {
  const { context } = options;
  /** What each turn is about. Others of this connection may be learnt by other methods, or from other Groups. */
  const learnt = context.exported[group] ?? [];
  const slot = context.shared(`bulk ${group}`);
  const memory = memoryOn(slot);
  const client = createBulkClient({
    ...options,
    clock: context.clock,
    group,
    types: typesOf(learnt, options.neverAlone ?? {}),
    window: every,
    memory,
  });
  /** One step at a time, whichever resource's turn it is. */
  let stepping: Promise<unknown> = Promise.resolve();
  const reading = new Map<string, { at: BulkPosition | null; records: ReturnType<BulkClient['records']> }>();
  /** Roster keys by FHIR id, of the export that began at `at`. */
  let patients: { readonly at: number; readonly keys: Promise<ReadonlyMap<string, string>> } | null = null;

  function advance(signal: AbortSignal): Promise<BulkState> {
    const step = stepping.then(() => client.advance(signal));
    stepping = step.catch(() => undefined);
    return step;
  }

  async function next(
    type: string,
    from: BulkPosition | null,
    signal: AbortSignal,
  ): Promise<readonly BulkRecord[] | null> {
    let open = reading.get(type);
    // After a failure, or for another export, the file is opened anew and what was taken is passed over.
    if (open === undefined || !samePlace(open.at, from)) {
      await open?.records.return(undefined);
      open = { at: from, records: client.records(from, [type], BATCH, signal) };
      reading.set(type, open);
    }
    try {
      const result = await open.records.next();
      if (result.done) {
        reading.delete(type);
        return null;
      }
      open.at = result.value.at(-1)?.position ?? open.at;
      return result.value;
    } catch (error) {
      reading.delete(type);
      throw error;
    }
  }

  function patientKeys(at: number, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    if (patients?.at !== at) {
      const keys = (async () => {
        const found = new Map<string, string>();
        for await (const records of client.records(null, ['Patient'], BATCH, signal)) {
          for (const { bytes } of records) {
            const entry = rosterEntry(read(bytes), context);
            if (entry?.fhirId !== undefined) found.set(entry.fhirId, entry.key);
          }
        }
        return found;
      })();
      patients = { at, keys };
      keys.catch(() => {
        patients = null;
      });
    }
    return patients.keys;
  }

  async function learn(
    request: LearnRequest,
    learnable: BulkLearnOptions['learnables'][number],
  ): Promise<LearnAnswer> {
    const { signal, seed = false } = request;
    const type = learnable.resource;
    const cursor = (request.cursor ?? { position: null, done: null }) as unknown as Cursor;
    const nothing = (wait: number): LearnAnswer => ({
      inbound: [],
      cursor: cursor as unknown as Json,
      findings: [],
      more: false,
      wait: Math.max(SOON, wait),
    });
    const state = await advance(signal);
    const now = context.clock.now();
    if (state.phase !== 'files') {
      return nothing(
        state.phase === 'waiting' ? state.askAt - now : state.phase === 'idle' ? state.nextAt - now : 0,
      );
    }
    if (cursor.done === state.at) {
      await took(type, signal);
      return nothing(Math.min(60_000, request.settings.every));
    }
    const findings = new Tally();
    if (state.errors.length > 0 && cursor.position?.at !== state.at) {
      const left = state.errors.reduce((sum, { count }) => sum + (count ?? 1), 0);
      findings.add('BULK_LEFT_OUT', 'The server left something out of the export and says so.', left);
    }
    const records = await next(type, cursor.position, signal);
    if (records === null) {
      // Said only when this is committed: the next turn tells the server.
      const done: Cursor = { position: cursor.position, done: state.at };
      return {
        inbound: [],
        cursor: done as unknown as Json,
        findings: findings.list(),
        more: true,
        ...(seed ? { seeded: true } : {}),
      };
    }
    const keys = type === 'Patient' ? new Map<string, string>() : await patientKeys(state.at, signal);
    const roster: RosterEntry[] = [];
    const found: Patientwise[] = records.map(({ bytes }) => {
      const resource = read(bytes);
      const entry = type === 'Patient' ? rosterEntry(resource, context) : undefined;
      if (entry) roster.push(entry);
      const key = entry?.key ?? keys.get(patientOf(resource) ?? '');
      // A copy: what came with it goes.
      const kept = [{ resource, bytes: Uint8Array.from(bytes) }];
      return key === undefined ? { records: kept } : { patient: key, records: kept };
    });
    const { inbound, seen } = await compare(found, learnable, context, findings, seed);
    const position = records.at(-1)?.position ?? cursor.position;
    return {
      inbound,
      seen,
      roster,
      cursor: { position, done: cursor.done } as unknown as Json,
      findings: findings.list(),
      more: true,
    };
  }

  /** This type was read to the end; the last one lets the server delete the export. */
  async function took(type: string, signal: AbortSignal): Promise<void> {
    const work = stepping.then(async () => {
      const { value, version } = await slot.read();
      const shared = value as unknown as Shared | null;
      if (shared?.state.phase !== 'files') return;
      const taken = [...new Set([...shared.taken, type])];
      if (taken.length !== shared.taken.length) {
        await slot.swap(version, { ...shared, taken } as unknown as Json);
      }
      if (learnt.every((each) => taken.includes(each))) await client.finish(signal);
    });
    stepping = work.catch(() => undefined);
    await work;
  }

  return { learn };
}

/** Patients always: they say into whose lane a record goes, and make the roster. */
function typesOf(learnt: readonly string[], neverAlone: Readonly<Record<string, string>>): readonly string[] {
  const types = [...new Set([...learnt, 'Patient'])];
  const [only = ''] = types;
  const beside = types.length === 1 ? neverAlone[only] : undefined;
  return beside === undefined ? types : [...types, beside];
}

/** The state on a slot that all nodes share; a new phase forgets what was taken of the one before. */
function memoryOn(slot: SharedSlot): BulkMemory {
  return {
    async read() {
      const { value } = await slot.read();
      return (value as unknown as Shared | null)?.state ?? IDLE;
    },
    async write(state) {
      const { value, version } = await slot.read();
      const shared = value as unknown as Shared | null;
      const same = shared?.state.phase === 'files' && state.phase === 'files' && shared.state.at === state.at;
      const next: Shared = { state, taken: same ? shared.taken : [] };
      if (!(await slot.swap(version, next as unknown as Json))) {
        throw bulkFailure('BULK_MOVED');
      }
    },
  };
}

const samePlace = (a: BulkPosition | null, b: BulkPosition | null): boolean =>
  a?.at === b?.at && a?.file === b?.file && a?.line === b?.line;

/** @throws Failure: a line is no resource. Its content is told to nobody. */
function read(bytes: Uint8Array): FhirResource {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
    );
    if (typeof (value as { resourceType?: unknown } | null)?.resourceType === 'string')
      return value as FhirResource;
  } catch {
    // Told below.
  }
  throw bulkFailure('BULK_UNREADABLE', { message: 'A line of an export is no FHIR resource.' });
}

function rosterEntry(
  resource: FhirResource,
  { identifiers, patientKey }: ConnectionContext,
): RosterEntry | undefined {
  const mrn = identifiersOf(resource).find(
    ({ system, value }) => system === identifiers.mrn && value !== undefined,
  );
  const value = mrn?.value?.trim();
  if (value === undefined || value === '') return undefined;
  return {
    key: patientKey(identifiers.mrn, value),
    identifiers: [{ system: identifiers.mrn, value }],
    ...(resource.id === undefined ? {} : { fhirId: resource.id }),
    // An export is no sign of life: whoever is in it may not have been here for years.
    activeAt: 0,
  };
}

/** The FHIR id of the patient that a record is about. */
function patientOf(resource: FhirResource): string | undefined {
  const references = [
    (resource.subject as { reference?: unknown } | undefined)?.reference,
    (resource.patient as { reference?: unknown } | undefined)?.reference,
    ...(Array.isArray(resource.participant) ? resource.participant : []).map(
      (each: { actor?: { reference?: unknown } } | null) => each?.actor?.reference,
    ),
  ];
  for (const reference of references) {
    const id =
      typeof reference === 'string'
        ? referencedId(reference.replace(/^.*\/(?=Patient\/)/, ''), 'Patient')
        : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}
