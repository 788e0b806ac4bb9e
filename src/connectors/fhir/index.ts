/** Any FHIR R4 server that is not Epic's: found and read, and learnt by time of change. */
import { z } from 'zod';
import {
  codesOf,
  createFhirClient,
  createHttp,
  type FhirClient,
  type FhirResource,
  identifiersOf,
  referencedId,
  type SearchPage,
  type Tokens,
  unwatched,
  type Watch,
} from '../../fhir/index.ts';
import type { Observed } from '../../site/index.ts';
import { asFailure, Failure, type Json, systemRandom } from '../../std/index.ts';
import { openWebServices } from '../acting/index.ts';
import { type BulkLearner, createBulkLearner } from '../bulk/index.ts';
import type { ResourceSpec } from '../capability.ts';
import type {
  Call,
  CallContext,
  Connection,
  ConnectionContext,
  Connector,
  LearnAnswer,
  LearnRequest,
  RosterEntry,
  TestResult,
} from '../contract.ts';
import { limitsOf, watchOf } from '../fhir-server.ts';
import { Tally } from '../learn/findings.ts';
import { membersOf } from '../learn/members.ts';
import { createSince } from '../learn/since.ts';
import { createWalk, type WalkFindings } from '../learn/walk.ts';
import { probeServer } from '../matrix/probe.ts';
import { openSmart } from '../smart/index.ts';
import { fhirWriting, fhirWritingCapabilities } from './act/index.ts';
import { type FhirConfig, fhirFields, parseFhir } from './config.ts';
import { fhirConnectorFailure } from './failures.ts';
import { byId, learntResources, patientIdOf, specOf, walked } from './resources.ts';
import { tryWrites } from './try-writes.ts';

export { fhirConnectorFailures } from './failures.ts';

const resources: readonly ResourceSpec[] = learntResources.map(specOf);
const capabilities = resources.flatMap((resource) => resource.capabilities);

class Remarks extends Tally implements WalkFindings {
  addSearch(page: SearchPage): void {
    for (const issue of page.issues) {
      for (const code of codesOf([issue])) this.add(code, `The server remarked ${code} on the result.`);
    }
    this.check('LEARN_FILTER_IGNORED', Math.max(page.strays, page.ignored.length > 0 ? 1 : 0));
  }
}

interface Session {
  readonly client: FhirClient;
  readonly tokens: Tokens | undefined;
  readonly signIn: ReturnType<typeof openSmart>['signIn'] | undefined;
  close(): Promise<void>;
}

function openSession(config: FhirConfig, context: ConnectionContext, watch: Watch, afresh = false): Session {
  const { clock } = context;
  const { auth, clientId, fhirBase, tokenUrl } = config;
  const http = createHttp(clock, limitsOf(config));
  const reads = context.learnt.map((resource) => `system/${resource}.rs`);
  const smart =
    auth === undefined || clientId === undefined
      ? undefined
      : openSmart({
          fhirBase,
          tokenUrl,
          clientId,
          auth,
          http,
          context,
          watch,
          reads,
          afresh,
          asksAsBackend: true,
        });
  const client = createFhirClient({
    baseUrl: fhirBase,
    clock,
    http,
    watch,
    ...(smart === undefined ? {} : { tokens: smart.tokens }),
  });
  return {
    client,
    tokens: smart?.tokens,
    signIn: smart?.signIn,
    close: async () => void (await Promise.all([client.close(), http.close()])),
  };
}

/** The patient of the roster by an identifier; nobody, when it leads to several. */
async function resolve(
  client: FhirClient,
  context: ConnectionContext,
  entry: RosterEntry,
  signal: AbortSignal,
  findings: WalkFindings,
): Promise<string | undefined> {
  const number = entry.identifiers.find(({ system }) => system === context.identifiers.mrn);
  if (number !== undefined) {
    const token = `${number.system}|${number.value}`.replace(/[\\,$]/g, '\\$&');
    const found = await client.searchAll('Patient', { identifier: token }, signal);
    const fitting = found.entries.filter(
      ({ mode, resource }) =>
        mode === 'match' &&
        identifiersOf(resource).some(
          (each) => each.system === number.system && each.value?.trim() === number.value.trim(),
        ),
    );
    const ids = new Set(fitting.flatMap(({ resource }) => resource.id ?? []));
    if (ids.size === 1) return [...ids][0];
  }
  findings.check('LEARN_PATIENT_UNRESOLVED');
  return undefined;
}

function learners(
  config: FhirConfig,
  client: FhirClient,
  context: ConnectionContext,
): ReadonlyMap<string, (request: LearnRequest) => Promise<LearnAnswer>> {
  const findings = (): Remarks => new Remarks();
  const patientOf = (record: FhirResource): string | undefined => {
    const id = patientIdOf(record, client.baseUrl);
    return id === undefined ? undefined : context.patientKey(`${client.baseUrl}/Patient`, id);
  };
  return new Map(
    learntResources.map((resource) => {
      const walk = createWalk({
        client,
        context,
        learnable: walked(resource),
        findings,
        resolve: (entry, signal, told) => resolve(client, context, entry, signal, told),
      });
      const way = config.changesOf[resource] ?? config.changes;
      const since = createSince({
        client,
        context,
        learnable: { resource, identify: byId },
        findings,
        patientOf,
        history: way === 'history',
        countEvery: config.countEvery,
      });
      const learn = (request: LearnRequest) =>
        way === 'roster' || request.wake !== undefined || request.settings.method === 'feed wakes read'
          ? walk(request)
          : since(request);
      return [resource, learn];
    }),
  );
}

const readArguments = z.union([
  z.strictObject({ id: z.string().trim().min(1) }),
  z.strictObject({ reference: z.string().trim().min(1) }),
]);
const findArguments = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_:.-]*$/),
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
);

async function read(client: FhirClient, resource: string, args: Json, signal: AbortSignal): Promise<Json> {
  const parsed = readArguments.safeParse(args);
  const given = parsed.success ? ('id' in parsed.data ? parsed.data.id : parsed.data.reference) : undefined;
  const id = given?.includes('/') ? referencedId(given, resource, client.baseUrl) : given;
  if (id === undefined) {
    throw fhirConnectorFailure('FHIR_ARGUMENTS', {
      message: `A read of ${resource} takes { id } or { reference: "${resource}/<id>" }.`,
    });
  }
  try {
    return { matches: [(await client.read(resource, id, signal)) as Json] };
  } catch (error) {
    if (error instanceof Failure && error.code === 'FHIR_NOT_FOUND') return { matches: [] };
    throw error;
  }
}

/** Every match. What a server ignores of the question is told as a finding, never taken for an answer. */
async function find(client: FhirClient, resource: string, args: Json, signal: AbortSignal): Promise<Json> {
  const parsed = findArguments.safeParse(args);
  // Without a question all of a hospital would answer it.
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    throw fhirConnectorFailure('FHIR_ARGUMENTS', {
      message: `A find of ${resource} takes search parameters by name, each a text or a list of texts, none of them empty.`,
    });
  }
  const page = await client.searchAll(resource, parsed.data, signal);
  const findings = new Remarks();
  findings.addSearch(page);
  const matches = page.entries.filter(({ mode }) => mode === 'match').map((entry) => entry.resource as Json);
  const told = findings.list();
  return told.length === 0
    ? { matches }
    : { matches, findings: told.map(({ code, text, count }) => ({ code, text, count })) };
}

async function check(
  config: FhirConfig,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<readonly TestResult[]> {
  const session = openSession(
    config,
    context,
    { ...unwatched, before: (stop) => context.budget.take(stop) },
    true,
  );
  const results: TestResult[] = [];
  try {
    for (const resource of context.learnt.length > 0 ? context.learnt : ['Patient']) {
      const name = `${resource} (search)`;
      try {
        await session.client.searchAll(resource, { _id: 'suture-connection-test' }, signal);
        results.push({ check: name, ok: true, text: 'May be asked.' });
      } catch (error) {
        signal.throwIfAborted();
        const failure = asFailure(error, { site: context.site, connection: context.connection });
        results.push({ check: name, ok: false, text: `${failure.message} ${failure.fix}`, failure });
      }
    }
  } finally {
    await session.close();
  }
  return results;
}

/** What this server is and has, as it says: for the capability matrix. */
async function observe(
  config: FhirConfig,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<Observed> {
  const session = openSession(config, context, watchOf(context), true);
  const { tokens } = session;
  const http = createHttp(context.clock, limitsOf(config));
  try {
    return await probeServer({
      http,
      clock: context.clock,
      budget: context.budget,
      fhirBase: config.fhirBase,
      ...(tokens === undefined
        ? {}
        : {
            async token(stop: AbortSignal) {
              const accessToken = await tokens.get(stop);
              return { accessToken, scopes: tokens.granted() };
            },
          }),
      signal,
    });
  } finally {
    await http.close();
    await session.close();
  }
}

/** Files of exports are streamed over sockets of their own: they take long, and nobody waits behind them. */
function openExports(
  config: FhirConfig,
  context: ConnectionContext,
  { tokens }: Session,
): BulkLearner & { close(): Promise<void> } {
  const http = createHttp(context.clock, limitsOf(config));
  const learner = createBulkLearner({
    http,
    random: systemRandom,
    fhirBase: config.fhirBase,
    ...(tokens === undefined
      ? {}
      : {
          token: (signal: AbortSignal) => tokens.get(signal),
          refused: (token: string) => tokens.invalidate(token),
        }),
    watch: watchOf(context),
    context,
    learnables: learntResources.map((resource) => ({ resource, identify: byId })),
  });
  return { ...learner, close: () => http.close() };
}

function open(config: FhirConfig, context: ConnectionContext): Connection {
  const session = openSession(config, context, watchOf(context));
  const { client } = session;
  const { auth } = config;
  // Made and published from the start: servers keep key sets for a while.
  if (auth?.client === 'key') context.secrets.signingKey(auth.key, auth.algorithm).catch(() => undefined);
  const learn = learners(config, client, context);
  const exports = openExports(config, context, session);
  const web = openWebServices(context.clock);
  return {
    ...(session.signIn === undefined ? {} : { signIn: session.signIn }),
    test: (signal) => check(config, context, signal),
    observe: (signal) => observe(config, context, signal),
    async tryWrites(signal) {
      const http = createHttp(context.clock, limitsOf(config));
      const { clock } = context;
      try {
        return { writes: await tryWrites({ client, http, tokens: session.tokens, clock, signal }) };
      } finally {
        await http.close();
      }
    },
    learns: learntResources.map((resource) => ({ resource, methods: ['poll', 'feed wakes read', 'bulk'] })),
    async learn(request) {
      const own = learn.get(request.resource);
      if (own === undefined) throw fhirConnectorFailure('FHIR_NOT_LEARNT');
      if (request.settings.method === 'bulk') return exports.learn(request);
      return own(request);
    },
    members: (list, signal) => membersOf(client, list, signal),
    async call(call: Call, about: CallContext): Promise<Json> {
      const { signal } = about;
      const write = fhirWriting.get(call.do);
      if (write !== undefined) return write(call.args, { client, web, config, context, about });
      const known = capabilities.find(({ name }) => name === call.do);
      if (known?.resource === undefined) {
        throw fhirConnectorFailure('FHIR_CAPABILITY_UNKNOWN', {
          message: `The FHIR connector cannot do "${call.do}"; it can do ${[...capabilities, ...fhirWritingCapabilities].map(({ name }) => name).join(', ')}.`,
        });
      }
      return known.name.endsWith('.read')
        ? read(client, known.resource, call.args, signal)
        : find(client, known.resource, call.args, signal);
    },
    async close() {
      await exports.close();
      await web.close();
      await session.close();
    },
  };
}

/**
 * @example
 * // sites/lakeside/site.yaml
 * // connections:
 * //   ehr: { connector: fhir, fhirBase: https://ehr.example/fhir/R4, clientId: suture, auth: { method: backend } }
 * // learn:
 * //   Patient: { method: poll, from: ehr, every: 1m }
 */
export const fhir: Connector<FhirConfig> = {
  name: 'fhir',
  about:
    'Any FHIR R4 server: finds and reads, and learns changes by _lastUpdated, by history, over a roster, or from bulk exports.',
  fields: fhirFields,
  parse: parseFhir,
  open,
  capabilities: [...capabilities, ...fhirWritingCapabilities],
  resources,
};
