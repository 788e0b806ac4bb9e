/** Create, update and upsert of one kind of record, by whatever route the site record names. */
import type { FhirClient, FhirResource } from '../../fhir/index.ts';
import { Failure, type Json } from '../../std/index.ts';
import type { CallContext, ConnectionContext, LedgerEntry } from '../contract.ts';
import { type WriteArguments, writeArguments } from './arguments.ts';
import { book } from './book.ts';
import { differences } from './compare.ts';
import { HELD, writeFailure } from './failures.ts';
import { samePatient } from './guard.ts';
import { hl7Of, sendHl7 } from './hl7-route.ts';
import { identity, type Kind, type Looking } from './kind.ts';
import { look } from './look.ts';
import type { RouteConfig, Routes } from './route.ts';
import { askWebService, type WebServices } from './web-service.ts';
import { type Looked, type Sent, type WriteOnce, writeOnce } from './write-once.ts';

/** How one EHR, and one site of it, takes writes. */
export interface WritingRules {
  /** Types that it makes by FHIR, and that it changes. */
  readonly creates: ReadonlySet<string>;
  readonly updates: ReadonlySet<string>;
  /** Types of which a conditional create was proved: two alike gave one. */
  readonly conditional: ReadonlySet<string>;
  /** Types of which it was proved that an older version is refused. */
  readonly versions: ReadonlySet<string>;
  /** Types of which a create may give what was there: what it gave is compared with what was meant. */
  readonly matches: ReadonlySet<string>;
  /** Issue codes that say that a search did not show all there is. */
  readonly leftOut: ReadonlySet<string>;
  /** The refusal says that it is there already. */
  readonly isThere: (failure: Failure) => boolean;
  /** What this EHR asks of a record beyond FHIR, before it is planned. Throws a Failure. */
  readonly prepare: (kind: Kind, resource: FhirResource) => FhirResource;
  /** Milliseconds until what was taken can be found. */
  readonly settle: number;
}

export interface Acting {
  readonly client: FhirClient;
  /** The STU3 base, for `$find` and `$book`. */
  readonly stu3: (base: string | undefined) => FhirClient;
  readonly web: WebServices;
  readonly context: ConnectionContext;
  readonly about: CallContext;
  readonly rules: WritingRules;
  readonly routes: Routes;
  /** The site's. */
  readonly timeZone: string;
}

/** What stands in the ledger: enough to look for it and to send it, whatever the flow says by then. */
interface Body {
  readonly resource: FhirResource;
  readonly patient: FhirResource | null;
  readonly beside: readonly FhirResource[];
  readonly route: string;
  /** The message, where the route is one of HL7. */
  readonly hl7?: string;
}

const bodyOf = (entry: LedgerEntry): Body => entry.body as unknown as Body;

const routeOf = (acting: Acting, kind: Kind): RouteConfig =>
  acting.routes[`${kind.name}.create`] ?? { route: 'fhir' };

/** Makes it, once. */
export const create = (kind: Kind, args: Json, acting: Acting): Promise<Json> =>
  make(kind, 'create', args, acting);

/** Finds it, and makes it only if it is not there; what is there and differs is changed where that can be done. */
export const upsert = (kind: Kind, args: Json, acting: Acting): Promise<Json> =>
  make(kind, 'upsert', args, acting);

async function make(kind: Kind, verb: 'create' | 'upsert', args: Json, acting: Acting): Promise<Json> {
  const { client, context, about, rules } = acting;
  const what = `${kind.name}.${verb}`;
  const given = writeArguments(kind, what, args, client.baseUrl);
  const resource = rules.prepare(kind, given.resource);
  const route = routeOf(acting, kind);
  if (route.route === 'fhir' && !rules.creates.has(kind.type)) throw noCreate(kind, acting);
  const looking = (entry: LedgerEntry, sentAt: number | null): Promise<Looked> =>
    look(kind, bodyOf(entry).resource, sentAt, {
      client,
      signal: about.signal,
      timeZone: acting.timeZone,
      leftOut: rules.leftOut,
      async taken(records) {
        const taken = new Set(await context.ledger.taken(about, records));
        // What the same write of another delivery made is this very record.
        const { reference } = (entry.twin ?? {}) as { reference?: unknown };
        if (typeof reference === 'string') taken.delete(reference);
        return taken;
      },
    });
  const write: WriteOnce = {
    what,
    type: kind.type,
    identity: kind.identityOf(resource),
    body: (await planned(kind, resource, given, route, acting)) as unknown as Json,
    look: looking,
    route: route.route,
    lookFirst: verb === 'upsert',
    guard: async (entry) => void (await patientNow(kind, entry, acting)),
    send: (entry) => send(kind, route, entry, acting),
    isThere: rules.isThere,
    repeatable: 'via' in route,
    ...(verb === 'upsert' ? { found: (one, entry) => change(kind, one, entry, acting) } : {}),
  };
  return writeOnce(write, { ledger: context.ledger, clock: context.clock, settle: rules.settle, about });
}

/** HL7 is written when it is planned, so that every attempt sends the same bytes. */
async function planned(
  kind: Kind,
  resource: FhirResource,
  { patient, patientId, beside }: WriteArguments,
  route: RouteConfig,
  acting: Acting,
): Promise<Body> {
  const base = { resource, patient: patient ?? null, beside, route: route.route };
  if (!('via' in route)) return base;
  const { client, context, about, timeZone } = acting;
  const whose =
    patient ??
    (patientId === undefined ? undefined : await samePatient(client, patientId, undefined, about.signal));
  const resources = [
    resource,
    ...(whose === undefined ? [] : [whose]),
    ...beside.filter(({ resourceType }) => resourceType !== kind.type),
  ];
  return { ...base, hl7: hl7Of(route, resources, about, { now: context.clock.now(), timeZone }) };
}

/** The patient that a record is about, read again and compared with the one that the flow found. */
async function patientNow(
  kind: Kind,
  entry: LedgerEntry,
  { client, about }: Acting,
): Promise<FhirResource | undefined> {
  const { resource, patient } = bodyOf(entry);
  const id = kind.patientOf?.(resource);
  return id === undefined ? undefined : samePatient(client, id, patient ?? undefined, about.signal);
}

async function send(kind: Kind, route: RouteConfig, entry: LedgerEntry, acting: Acting): Promise<Sent> {
  const { client, context, about, rules } = acting;
  const { resource, patient, beside, hl7 } = bodyOf(entry);
  const { signal } = about;
  if ('via' in route) return sendHl7(route, hl7 ?? '', context, about);
  const whose = async (): Promise<FhirResource | undefined> =>
    patient ?? (await patientNow(kind, entry, acting));
  switch (route.route) {
    case 'book': {
      const { note, stu3Base } = route;
      const who = (await whose()) as FhirResource;
      return book(resource, who, { client: acting.stu3(stu3Base), signal, note, timeZone: acting.timeZone });
    }
    case 'web service': {
      const encounter = beside.find(({ resourceType }) => resourceType === 'Encounter');
      return askWebService(route, { resource, patient: await whose(), encounter }, acting);
    }
    default: {
      const question = rules.conditional.has(kind.type) ? conditionOf(kind, resource, acting) : undefined;
      const options = { signal, ...(question === undefined ? {} : { ifNoneExist: question }) };
      const written = await client.create(kind.type, resource, options).catch((error: unknown) => {
        throw question !== undefined && error instanceof Failure && error.code === 'FHIR_CONFLICT'
          ? writeFailure('WRITE_SEVERAL', { cause: error, retry: HELD })
          : error;
      });
      const was = question !== undefined && written.status === 200;
      const sent: Sent = {
        id: written.id,
        outcome: was ? 'found' : 'created',
        ...(written.resource === undefined ? {} : { resource: written.resource as Json }),
      };
      if (sent.id !== undefined && (was || rules.matches.has(kind.type)))
        await isMeant(kind, resource, sent.id, acting);
      return sent;
    }
  }
}

/** What a server found by itself, or matched, must be what was meant. */
async function isMeant(kind: Kind, ours: FhirResource, id: string, acting: Acting): Promise<void> {
  const { client, about } = acting;
  const theirs = await client.read(kind.type, id, about.signal).catch((error: unknown) => {
    throw writeFailure('WRITE_SETTLING', {
      message: 'It is there, and could not be read back to be compared.',
      cause: error,
    });
  });
  const differing = ['birthDate', 'gender'].filter(
    (name) => ours[name] !== undefined && ours[name] !== theirs[name],
  );
  const compared = kind.compare(ours, theirs, unsent(acting));
  const about_ = kind.type === 'Patient' ? differing : compared.verdict === 'doubt' ? compared.about : [];
  if (about_.length === 0) return;
  throw writeFailure('WRITE_DIFFERS', {
    kind: 'unknown-outcome',
    message: `The server gave a record that was there before, and its ${about_.join(' and ')} differ from what was to be written.`,
    at: { path: about_.join(', ') },
    retry: HELD,
  });
}

/** For what has not gone out. */
const unsent = ({ client, timeZone }: Acting): Looking => ({
  sentAt: null,
  baseUrl: client.baseUrl,
  timeZone,
});

function conditionOf(kind: Kind, resource: FhirResource, acting: Acting): string | undefined {
  const question = kind.questions(resource, unsent(acting)).find(({ by }) => by === 'identifier');
  const token = question?.params.identifier;
  return typeof token === 'string' ? `identifier=${encodeURIComponent(token)}` : undefined;
}

/** An upsert found it: changed where it differs and can be changed. */
async function change(
  kind: Kind,
  { id, resource: theirs }: Extract<Looked, { kind: 'one' }>,
  entry: LedgerEntry,
  acting: Acting,
): Promise<Sent> {
  const { resource } = bodyOf(entry);
  const different = differences(resource, theirs, acting.timeZone).filter(
    (path) => !kind.agreed?.includes(path.split('.')[0] ?? ''),
  );
  if (different.length === 0)
    return { id, outcome: entry.sentAt === null ? 'unchanged' : 'created', resource: theirs as Json };
  if (!acting.rules.updates.has(kind.type))
    return { id, outcome: 'differs', resource: { differs: different } };
  await patientNow(kind, entry, acting);
  await put(kind, id, resource, acting);
  return { id, outcome: 'updated' };
}

const MOST_CONFLICTS = 3;

/** Reads, lays ours over it and puts it back; read again when somebody else was first. */
async function put(kind: Kind, id: string, ours: FhirResource, acting: Acting): Promise<void> {
  const { client, about, rules } = acting;
  const { signal } = about;
  for (let tried = 1; ; tried++) {
    const now = await client.read(kind.type, id, signal);
    if (kind.patientOf && kind.patientOf(now) !== kind.patientOf(ours))
      throw writeFailure('WRITE_NOT_MINE', { retry: HELD });
    if (differences(ours, now, acting.timeZone).length === 0) return;
    const { versionId } = (now.meta ?? {}) as { versionId?: unknown };
    const ifMatch =
      rules.versions.has(kind.type) && typeof versionId === 'string' ? { ifMatch: versionId } : {};
    try {
      await client.update(
        kind.type,
        id,
        { ...now, ...ours, id, resourceType: kind.type },
        { signal, ...ifMatch },
      );
      return;
    } catch (error) {
      const first = error instanceof Failure && error.code === 'FHIR_CONFLICT';
      if (!first || tried >= MOST_CONFLICTS) throw error;
    }
  }
}

/** Changes one by its id. Sent again after a lost answer only if it is not as it should be. */
export async function update(kind: Kind, args: Json, acting: Acting): Promise<Json> {
  const { client, context, about, rules } = acting;
  const what = `${kind.name}.update`;
  const given = writeArguments(kind, what, args, client.baseUrl);
  if (!rules.updates.has(kind.type)) throw noCreate(kind, acting);
  const { id } = given;
  if (id === undefined)
    throw writeFailure('WRITE_ARGUMENTS', { message: `${what} needs the id of what it changes.` });
  const { signal } = about;
  const write: WriteOnce = {
    what,
    type: kind.type,
    // Not its content: of one record one change is under way.
    identity: identity('update', kind.type, id),
    body: {
      resource: given.resource,
      patient: given.patient ?? null,
      beside: [],
      route: 'fhir',
    } as unknown as Json,
    route: 'fhir',
    lookFirst: false,
    async look(entry) {
      const { resource } = bodyOf(entry);
      const theirs = await client.read(kind.type, id, signal);
      return differences(resource, theirs, acting.timeZone).length === 0
        ? { kind: 'one', id, resource: theirs }
        : { kind: 'none' };
    },
    found: (_, entry) => Promise.resolve({ id, outcome: entry.sentAt === null ? 'unchanged' : 'updated' }),
    guard: async (entry) => void (await patientNow(kind, entry, acting)),
    async send(entry) {
      await put(kind, id, bodyOf(entry).resource, acting);
      return { id, outcome: 'updated' };
    },
  };
  return writeOnce(write, { ledger: context.ledger, clock: context.clock, settle: rules.settle, about });
}

function noCreate(kind: Kind, acting: Acting): Failure {
  const { site, connection } = acting.context;
  return writeFailure('WRITE_NO_CREATE', {
    message: `There is no way by FHIR to make or change a ${kind.type} here.`,
    at: { site, connection },
  });
}
